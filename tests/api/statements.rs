//! What an operation asks of the database does not grow with what there is: every read runs the same number of statements
//! on a hundred of everything as on ten. A read without a line here fails.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::contract;
use crate::given;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, id, publish, published};

/// The most statements that any read runs, the beginning and the end of its transaction included.
const MOST: u64 = 16;

/// A publication with `n` of everything, and one article that has `n` of everything itself.
struct Filled {
    server: Server,
    admin: Client,
    article: Value,
    subscriber: String,
    links: Value,
}

impl Filled {
    async fn with(n: usize) -> Self {
        let server = Server::start_with(|config| config.cache_megabytes = 0).await;
        let admin = server.login(Role::Admin).await;
        for number in 0..n {
            let article = published(&admin, one(number)).await;
            rename(&admin, &article, number).await;
            let email = format!("reader-{number}@reader.example");
            server.client().post("/v1/subscribers").json(json!({"email": email})).await.is(202);
        }
        let mut article = create(&admin, large(n)).await;
        for number in 0..n {
            let change = json!({"intro": format!("Round {number} of the tide.")});
            let edit = admin.patch(at(&article, "/draft")).header("if-match", "*").json(change);
            article = publish(&admin, &edit.await.expect(200)).await;
        }
        let mail = given::mail_to(&server, "reader-0@reader.example").await;
        let links = json!({"confirm": given::link(&mail, "confirm"), "leave": given::link(&mail, "leave")});
        let list = admin.get("/v1/subscribers").await.expect(200);
        let subscriber = id(&list["items"][0]);
        server.run_jobs().await;
        Self { server, admin, article, subscriber, links }
    }

    /// How a read is asked with as much as it can give; `None` if there is no line for it.
    fn path(&self, operation: &str) -> Option<String> {
        let of = |rest: &str| at(&self.article, rest);
        let section = id(&self.article["sections"][0]);
        let bodies = "limit=100&fields=id,intro,sections,content_text&formats=html,markdown,text";
        Some(match operation {
            "get_liveness" => "/health/live".into(),
            "get_readiness" => "/health/ready".into(),
            "get_metrics" => "/metrics".into(),
            "get_openapi" => "/openapi.json".into(),
            "get_rss_feed" => "/feeds/rss.xml".into(),
            "get_atom_feed" => "/feeds/atom.xml?topic=sea".into(),
            "get_json_feed" => "/feeds/feed.json".into(),
            "get_sitemap" => "/sitemap.xml".into(),
            "get_subscribe_page" => "/subscribe".into(),
            "get_confirm_page" => self.links["confirm"].as_str()?.into(),
            "get_leave_page" => self.links["leave"].as_str()?.into(),
            "list_articles" => format!("{ARTICLES}?topic=sea&author=ada&include_total=true&{bodies}"),
            "get_article" => of("?fields=content_html"),
            "get_adjacent_articles" => of("/adjacent?topic=sea"),
            "list_related_articles" => of("/related?limit=20"),
            "get_article_html" => of("/html"),
            "get_article_markdown" => of("/markdown"),
            "list_sections" => of("/sections"),
            "get_section" => of(&format!("/sections/{section}")),
            "get_preview" => of("/preview"),
            "get_draft" => of("/draft"),
            "get_draft_markdown" => of("/draft/markdown"),
            "list_draft_sections" => of("/draft/sections"),
            "get_draft_section" => of(&format!("/draft/sections/{section}")),
            "list_editions" => of("/editions?limit=100"),
            "get_edition" => of("/editions/1"),
            "list_revisions" => of("/revisions?limit=100"),
            "get_revision" => of("/revisions/2"),
            "list_authors" => "/v1/authors?limit=100&fields=id,article_count&include_total=true".into(),
            "get_author" => "/v1/authors/ada?fields=id,article_count".into(),
            "list_topics" => "/v1/topics?limit=100&fields=id,article_count&include_total=true".into(),
            "get_topic" => "/v1/topics/sea?fields=id,article_count".into(),
            "list_changes" => format!("/v1/changes?{bodies}"),
            "list_drafts" => "/v1/drafts?limit=100&include_total=true".into(),
            "get_me" => "/v1/me".into(),
            "list_redirects" => "/v1/redirects?limit=100&include_total=true".into(),
            "get_redirect_rules" => "/v1/redirects/nginx".into(),
            "search_articles" => "/v1/search?q=tide&limit=100".into(),
            "get_site" => "/v1/site".into(),
            "list_subscribers" => {
                "/v1/subscribers?limit=100&fields=id,unsubscribe_url&include_total=true".into()
            }
            "get_subscriber" => format!("/v1/subscribers/{}", self.subscriber),
            _ => return None,
        })
    }

    /// How many statements a read runs.
    async fn cost(&self, path: &str) -> u64 {
        // Once for what a connection prepares and a process makes on first use.
        self.admin.get(path).await.is(200);
        let before = self.server.statements();
        self.admin.get(path).await.is(200);
        self.server.statements() - before
    }
}

fn one(number: usize) -> Value {
    json!({
        "title": format!("Article {number}"), "topics": ["sea", format!("topic-{number}")],
        "authors": ["ada", format!("author-{number}")], "aliases": [format!("/old/{number}")],
        "sections": [{"heading": "Ebb", "body": "The tide goes."}, {"heading": "Flow", "body": "The tide comes."}]
    })
}

async fn rename(admin: &Client, article: &Value, number: usize) {
    let slug = json!({"slug": format!("renamed-{number}")});
    let renamed = admin.patch(at(article, "/draft")).header("if-match", "*").json(slug).await.expect(200);
    publish(admin, &renamed).await;
}

fn large(n: usize) -> Value {
    let sections: Vec<Value> =
        (0..n).map(|number| json!({"heading": format!("Part {number}"), "body": "The tide."})).collect();
    json!({"title": "Tides", "topics": ["sea", "topic-1"], "authors": ["ada"], "sections": sections})
}

#[tokio::test]
async fn a_read_runs_as_many_statements_on_a_hundred_of_everything_as_on_ten() {
    let (ten, hundred) = (Filled::with(10).await, Filled::with(100).await);
    let mut wrong = Vec::new();
    for operation in contract::operations().into_iter().filter(|operation| operation.method == "get") {
        let paths = ten.path(operation.id).zip(hundred.path(operation.id));
        let Some((few, many)) = paths else {
            wrong.push(format!("{} has no line", operation.id));
            continue;
        };
        let (few, many) = (ten.cost(&few).await, hundred.cost(&many).await);
        println!("{}: {few}", operation.id);
        if few != many || many > MOST {
            wrong.push(format!("{}: {few} on ten, {many} on a hundred", operation.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
