//! Articles that lists and search are filtered over, and which of them each filter lets through.

use lede::auth::Role;
use serde_json::json;

use crate::client::Client;
use crate::given::hours;
use crate::server::Server;
use crate::writing::{create, published};

/// Articles `a` to `h`, published an hour apart, with labels that differ.
pub async fn publication(server: &Server) -> Client {
    let editor = server.login(Role::Editor).await;
    for (title, more) in [
        ("a", json!({"topics": ["sea"], "authors": ["ada"], "featured": true})),
        ("b", json!({"topics": ["sea", "land"], "authors": ["bob"]})),
        ("c", json!({"topics": ["land"], "authors": ["ada", "bob"]})),
        ("d", json!({"locale": "de-AT"})),
        ("e", json!({"published_at": "2020-01-01T00:00:00.5Z"})),
        ("f", json!({"published_at": "2020-01-01T00:00:00.5Z"})),
        ("g", json!({"published_at": "1848-03-01T00:00:00Z"})),
        ("h", json!({"listed": false, "topics": ["sea"]})),
    ] {
        let mut body = json!({"title": title, "slug": title, "intro": "The same tide."});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        published(&editor, body).await;
        server.clock.advance(hours(1));
    }
    create(&editor, json!({"title": "draft", "topics": ["sea"], "intro": "The same tide."})).await;
    server.client()
}

/// What lists and search can both be asked, and the slugs of what they give then, newest first.
pub const FILTERED: &[(&str, &str)] = &[
    ("", "d c b a f e g"),
    ("topic=sea", "b a"),
    ("topic=sea,land", "c b a"),
    ("topic=sea&topic=land", "c b a"),
    ("topic_all=sea,land", "b"),
    ("topic=sea&topic_all=land", "b"),
    ("topic=nothing", ""),
    ("topic=sea,nothing", "b a"),
    ("topic_all=sea,nothing", ""),
    ("author=ada", "c a"),
    ("author=ada,bob", "c b a"),
    ("author=nobody", ""),
    ("author=ada&topic=sea", "a"),
    ("locale=de_at", "d"),
    ("locale=de", ""),
    ("locale=de-AT,en&topic=land", "c b"),
    ("featured=true", "a"),
    ("featured=false&locale=en", "c b f e g"),
    ("published_at_gte=2026-01-05T10:00:00Z", "d c b"),
    ("published_at_gt=2026-01-05T10:00:00Z", "d c"),
    ("published_at_lte=2026-01-05T10:00:00Z", "b a f e g"),
    ("published_at_lt=2026-01-05T11:00:00%2B01:00", "a f e g"),
    ("published_at_gte=2020-01-01T00:00:00.5Z&published_at_lte=2020-01-01T00:00:00.5Z", "f e"),
    ("published_at_gt=2020-01-01T00:00:00.5Z&published_at_lt=2026-01-05T09:00:00.000001Z", "a"),
    ("published_at_lt=2020-01-01T00:00:00.5Z", "g"),
    ("published_at_gte=2020-01-01T00:00:00.500001Z", "d c b a"),
    ("published_at_gte=0001-01-01T00:00:00Z&published_at_lte=9999-01-01T00:00:00Z", "d c b a f e g"),
    ("limit=2", "d c"),
];
