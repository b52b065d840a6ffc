//! What is purged, when, and within the limits of each CDN.

use std::collections::BTreeSet;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use lede::auth::Role;
use lede::base::config::Secret;
use lede::base::config::cdn::Cdn as Name;
use lede::cdn::Purger;
use serde_json::json;

use super::fake::{Cdn, Kind, Purge, TOKEN};
use crate::client::Client;
use crate::given::{milliseconds, moment, seconds};
use crate::metrics::value;
use crate::server::Server;
use crate::writing::{at, id, published};

/// A server in front of which a cache stands.
struct Stage {
    server: Server,
    cdn: Cdn,
    purger: Purger,
    editor: Client,
}

impl Stage {
    async fn new(kind: Kind) -> Self {
        let clock = lede::base::clock::Clock::fixed(moment());
        let cdn = Cdn::start(kind, &clock);
        let url = cdn.url.parse().expect("a URL");
        let server = Server::start_on(
            std::sync::Arc::new(crate::test_database::TestDatabase::fresh()),
            clock,
            |config| {
                config.cdn.cdn = Some(match kind {
                    Kind::Fastly => Name::Fastly,
                    Kind::Cloudflare => Name::Cloudflare,
                    Kind::Http => Name::Http,
                });
                config.cdn.url = Some(url);
                config.cdn.token = Some(Secret::opaque(TOKEN.to_owned()));
            },
        )
        .await;
        let purger = Purger::open(&server.app).expect("settings").expect("a cache");
        let editor = server.login(Role::Admin).await;
        let mut stage = Self { server, cdn, purger, editor };
        stage.pass(seconds(3)).await;
        // What the cache has had before the first start is unknown.
        assert_eq!(stage.keys(), [["all"], ["all"]]);
        stage
    }

    /// Lets time pass, in which the server purges what falls due.
    async fn pass(&mut self, time: std::time::Duration) {
        let end = self.server.clock.now().plus(time);
        loop {
            let pause = self.purger.turn(&self.server.app).await.expect("a turn");
            let now = self.server.clock.now();
            if now >= end && !pause.is_zero() {
                return;
            }
            self.server.clock.advance(pause.min(milliseconds(50)));
        }
    }

    fn keys(&self) -> Vec<Vec<String>> {
        self.cdn.take().into_iter().map(|purge| purge.keys).collect()
    }

    /// Publishes so many articles, and returns their ids.
    async fn publish(&self, count: usize) -> BTreeSet<String> {
        let one = |number| {
            published(&self.editor, json!({ "title": format!("Article {number}") })).map(|draft| id(&draft))
        };
        join_all((0..count).map(one)).await.into_iter().collect()
    }
}

#[tokio::test]
async fn a_publication_purges_its_article_and_lists_at_once_and_again_two_seconds_later() {
    for kind in [Kind::Fastly, Kind::Cloudflare, Kind::Http] {
        let mut stage = Stage::new(kind).await;
        let ids = stage.publish(2).await;
        let begun = stage.server.clock.now();
        stage.pass(seconds(3)).await;
        let purges = stage.cdn.take();
        let wanted: BTreeSet<String> = ids.into_iter().chain(["articles".to_owned()]).collect();
        let sets: Vec<BTreeSet<String>> =
            purges.iter().map(|purge| purge.keys.iter().cloned().collect()).collect();
        assert_eq!(sets, [wanted.clone(), wanted], "{kind:?}");
        let [first, second] = purges.as_slice() else { unreachable!("two") };
        assert!(first.at < begun.plus(milliseconds(400)), "{kind:?}");
        assert!(
            second.at >= first.at.plus(seconds(2)) && second.at < first.at.plus(milliseconds(2200)),
            "{kind:?}"
        );
        assert_eq!(stage.cdn.refused(), [0; 0]);
        // What readers do not see purges nothing.
        stage.editor.post("/v1/articles").json(json!({"title": "Draft"})).await.is(201);
        stage.pass(seconds(5)).await;
        assert_eq!(stage.keys(), [[""; 0]; 0], "{kind:?}");
        assert_eq!(value(&stage.server, "lede_cdn_purges_total{result=\"purged\"}").await, Some(4.0));
    }
}

#[tokio::test]
async fn a_topic_that_is_renamed_purges_what_names_it_and_nothing_else() {
    let mut stage = Stage::new(Kind::Http).await;
    let sea = published(&stage.editor, json!({"title": "Sea", "topics": ["sea"]})).await;
    let land = published(&stage.editor, json!({"title": "Land", "topics": ["land"]})).await;
    stage.pass(seconds(3)).await;
    stage.keys();
    stage.editor.patch("/v1/topics/sea").json(json!({"name": "The sea"})).await.is(200);
    stage.server.run_jobs().await;
    stage.pass(seconds(3)).await;
    let purged: BTreeSet<String> = stage.keys().concat().into_iter().collect();
    let topic = sea["topics"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(purged, BTreeSet::from([id(&sea), topic, "articles".to_owned()]));
    assert!(!purged.contains(&id(&land)));
    stage.editor.post(at(&sea, "/unpublish")).await.is(200);
    stage.pass(seconds(3)).await;
    assert!(stage.keys().iter().all(|keys| keys.contains(&id(&sea))));
}

#[tokio::test]
async fn more_keys_than_a_request_takes_are_purged_by_the_one_that_all_have() {
    for (kind, fitting) in [(Kind::Fastly, 255), (Kind::Cloudflare, 99), (Kind::Http, 99)] {
        let mut stage = Stage::new(kind).await;
        // The limit of Cloudflare's requests is over.
        stage.pass(seconds(60)).await;
        stage.publish(fitting).await;
        stage.pass(seconds(3)).await;
        assert_eq!(stage.keys().iter().map(Vec::len).collect::<Vec<_>>(), [fitting + 1; 2], "{kind:?}");
        stage.publish(fitting + 1).await;
        stage.pass(seconds(3)).await;
        assert_eq!(stage.keys(), [["all"], ["all"]], "{kind:?}");
        assert_eq!(stage.cdn.refused(), [0; 0]);
    }
}

#[tokio::test]
async fn more_requests_than_cloudflare_takes_wait_and_none_of_their_keys_is_left_out() {
    let mut stage = Stage::new(Kind::Cloudflare).await;
    let mut ids = BTreeSet::new();
    for _ in 0..20 {
        ids.extend(stage.publish(1).await);
        stage.pass(seconds(1)).await;
    }
    stage.pass(seconds(180)).await;
    assert_eq!(stage.cdn.refused(), [0; 0]);
    let purges = stage.cdn.take();
    for id in ids {
        let times = purges.iter().filter(|purge| purge.keys.contains(&id) || purge.keys == ["all"]).count();
        assert!(times >= 2, "{id} was purged {times} times");
    }
    assert!(!stage.purger.has_work());
}

#[tokio::test]
async fn what_fails_is_tried_again_until_it_succeeds() {
    let mut stage = Stage::new(Kind::Fastly).await;
    stage.cdn.fail(3);
    let mut ids = stage.publish(1).await;
    stage.pass(seconds(3)).await;
    assert_eq!((stage.cdn.refused(), stage.keys().len()), (vec![503], 0));
    // What comes meanwhile goes along.
    ids.extend(stage.publish(2).await);
    stage.pass(seconds(60)).await;
    let purges = stage.cdn.take();
    assert_eq!(stage.cdn.refused(), [503; 3]);
    let wanted: BTreeSet<String> = ids.into_iter().chain(["articles".to_owned()]).collect();
    let sets: Vec<BTreeSet<String>> =
        purges.iter().map(|purge| purge.keys.iter().cloned().collect()).collect();
    assert_eq!(sets, [wanted.clone(), wanted]);
    assert_eq!(value(&stage.server, "lede_cdn_purges_total{result=\"failed\"}").await, Some(3.0));
}

#[tokio::test]
async fn one_server_of_several_purges_and_another_takes_over_where_it_has_stopped() {
    let mut stage = Stage::new(Kind::Http).await;
    let mut other = Purger::open(&stage.server.app).expect("settings").expect("a cache");
    let first = stage.publish(1).await;
    for _ in 0..10 {
        other.turn(&stage.server.app).await.expect("a turn");
    }
    assert_eq!(stage.keys().len(), 0, "two servers purge");
    stage.pass(milliseconds(500)).await;
    let purged = stage.keys();
    assert!(purged.len() == 1 && first.iter().all(|id| purged[0].contains(id)));
    // It dies before the second time: the other purges again when the lease has ended.
    stage.purger = other;
    let second = stage.publish(1).await;
    stage.pass(seconds(15)).await;
    let purged: Vec<Purge> = stage.cdn.take();
    assert_eq!(purged.len(), 2);
    for purge in purged {
        assert!(first.iter().chain(&second).all(|id| purge.keys.contains(id)), "{:?}", purge.keys);
    }
    // Nothing is done twice that has been done.
    stage.purger = Purger::open(&stage.server.app).expect("settings").expect("a cache");
    stage.pass(seconds(15)).await;
    assert_eq!(stage.keys().len(), 0);
}
