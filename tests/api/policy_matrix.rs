//! Who may do what: every operation of the document, done by every role to its own things and to others', and without a
//! token. An operation without a line here fails.
//!
//! A line says how far each role reaches, and how to ask:
//!
//! ```ignore
//! //               contributor author editor admin
//! update_topic:    nothing     nothing any   any    => |on| on.actor.patch(on.topic().await).json(json!({"name": "Sea"}));
//! ```
//!
//! `on.actor` asks; what it asks about belongs to `on.owner`, who is the actor or somebody else. What is asked has to be
//! in order, so that only the right decides: an allowed one is answered with 2xx or 3xx, a forbidden one with 403, or
//! with 404 if the actor may not even know.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::rc::Rc;

use lede::auth::Role;
use serde_json::json;

use crate::client::{Call, Client};
use crate::contract;
use crate::given::{self, PASSWORD};
use crate::server::Server;

/// How far a role reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "a column may hold any of them")]
enum Reach {
    Nothing,
    Own,
    Any,
}

/// How far each role reaches, or that no token is needed.
#[derive(Debug, Clone, Copy)]
enum Who {
    Anyone,
    Roles([Reach; 4]),
}

/// One try: who asks about whose things.
#[allow(dead_code, reason = "not every line needs both")]
struct Stage {
    actor: Client,
    owner: Client,
    /// Makes what an editor has to.
    editor: Client,
    server: Rc<Server>,
}

impl Stage {
    /// The path of a fresh subscriber, or of nobody for those who may not see the list.
    async fn subscriber(&self) -> String {
        self.actor.post("/v1/subscribers").json(json!({"email": "ada@reader.example"})).await.is(202);
        let list = self.actor.get("/v1/subscribers").await.json();
        let id = list["items"][0]["id"].as_str().unwrap_or("019b8d1c-0000-7000-8000-000000000000");
        format!("/v1/subscribers/{id}")
    }

    /// Sends a list.
    fn import(&self) -> Call {
        self.actor.post("/v1/subscribers/import?dry_run=true").body("text/csv", "email\nada@reader.example\n")
    }

    /// The path of a list that was sent, or of none for those who may not.
    async fn imported(&self) -> String {
        let sent = self.import().await;
        let none = "/v1/imports/019b8d1c-0000-7000-8000-000000000000";
        sent.header("location").unwrap_or(none).to_owned()
    }

    /// The path of the preferences of someone who has just joined.
    async fn preferences(&self) -> String {
        let done = self.actor.post(self.link("confirm").await).await;
        let (_, rest) = done.is(200).text().split_once("/subscribe/preferences/").expect("a link");
        format!("/subscribe/preferences/{}", rest.split('"').next().expect("an address"))
    }

    /// The path of a link in a mail to someone who has just joined.
    async fn link(&self, what: &str) -> String {
        let count = self.server.mail.all().len();
        let address = format!("reader-{count}@reader.example");
        self.actor.post("/v1/subscribers").json(json!({"email": address})).await.is(202);
        given::link(&given::mail_to(&self.server, &address).await, what)
    }
}

struct Line {
    operation: &'static str,
    who: Who,
    ask: fn(Stage) -> Pin<Box<dyn Future<Output = Call>>>,
}

macro_rules! who {
    (anyone) => {
        Who::Anyone
    };
    ($($reach:ident)*) => {
        Who::Roles([$(reach!($reach)),*])
    };
}

macro_rules! reach {
    (nothing) => {
        Reach::Nothing
    };
    (own) => {
        Reach::Own
    };
    (any) => {
        Reach::Any
    };
}

macro_rules! matrix {
    ($($operation:ident: $($who:ident)* => |$on:ident| $ask:expr;)*) => {
        const MATRIX: &[Line] = &[$(
            Line {
                operation: stringify!($operation),
                who: who!($($who)*),
                ask: |$on| Box::pin(async move { $ask }),
            },
        )*];
    };
}

#[rustfmt::skip]
matrix! {
    //                   contributor author editor admin
    create_session:      anyone                  => |on| on.actor.post("/v1/auth/sessions").json(json!({"email": "somebody@lede.example", "password": PASSWORD}));
    get_me:              any     any     any any => |on| on.actor.get("/v1/me");

    list_articles:       anyone                  => |on| on.actor.get("/v1/articles");
    get_article:         anyone                  => |on| on.actor.get(on.live().await);
    get_article_html:    anyone                  => |on| on.actor.get(on.live().await + "/html");
    get_article_markdown: anyone                 => |on| on.actor.get(on.live().await + "/markdown");
    list_sections:       anyone                  => |on| on.actor.get(on.live().await + "/sections");
    get_section:         anyone                  => |on| on.actor.get(on.live().await + "/sections/slack-water");
    get_adjacent_articles: anyone                => |on| on.actor.get(on.live().await + "/adjacent");
    list_related_articles: anyone                => |on| on.actor.get(on.live().await + "/related");
    get_preview:         own     own     any any => |on| on.actor.get(on.article().await + "/preview");

    get_rss_feed:        anyone                  => |on| on.actor.get("/feeds/rss.xml");
    get_atom_feed:       anyone                  => |on| on.actor.get("/feeds/atom.xml");
    get_json_feed:       anyone                  => |on| on.actor.get("/feeds/feed.json");
    get_sitemap:         anyone                  => |on| on.actor.get("/sitemap.xml");

    list_changes:        anyone                  => |on| on.actor.get("/v1/changes");
    get_site:            anyone                  => |on| on.actor.get("/v1/site");
    update_site:         nothing nothing nothing any => |on| on.actor.patch("/v1/site").json(json!({"title": "The Almanac"}));

    list_redirects:      anyone                  => |on| on.actor.get("/v1/redirects");
    get_redirect_rules:  anyone                  => |on| on.actor.get("/v1/redirects/netlify");
    remove_redirect:     nothing nothing any any => |on| on.actor.delete(on.redirect().await);

    search_articles:     anyone                  => |on| on.actor.get("/v1/search?q=tides");

    create_article:      any     any     any any => |on| on.actor.post("/v1/articles").json(json!({"title": "Tides"}));
    list_drafts:         any     any     any any => |on| on.actor.get("/v1/drafts");
    get_draft:           own     own     any any => |on| on.actor.get(on.article().await + "/draft");
    update_draft:        own     own     any any => |on| on.actor.patch(on.article().await + "/draft").if_match(1).json(json!({"subtitle": "By the sea"}));
    get_draft_markdown:  own     own     any any => |on| on.actor.get(on.article().await + "/draft/markdown");
    replace_draft_markdown: own  own     any any => |on| on.actor.put(on.article().await + "/draft/markdown").if_match(1).body("text/markdown", "# Tides");
    list_draft_sections: own     own     any any => |on| on.actor.get(on.article().await + "/draft/sections");
    create_section:         own     own     any any => |on| on.actor.post(on.article().await + "/draft/sections").json(json!({"heading": "Neaps"}));
    replace_sections:    own     own     any any => |on| on.actor.put(on.article().await + "/draft/sections").if_match(1).json(json!({"sections": []}));
    get_draft_section:   own     own     any any => |on| on.actor.get(on.article().await + "/draft/sections/slack-water");
    update_section:      own     own     any any => |on| on.actor.patch(on.article().await + "/draft/sections/slack-water").if_match(1).json(json!({"body": "Wait."}));
    delete_section:      own     own     any any => |on| on.actor.delete(on.article().await + "/draft/sections/slack-water").if_match(1);
    publish_article:     nothing own     any any => |on| on.actor.post(on.article().await + "/publish").json(json!({"revision": 1}));
    unpublish_article:   nothing own     any any => |on| on.actor.post(on.live().await + "/unpublish");
    trash_article:      own     own     any any => |on| on.actor.delete(on.article().await);
    restore_article:     own     own     any any => |on| on.actor.post(on.trashed().await + "/restore");
    list_revisions:      own     own     any any => |on| on.actor.get(on.article().await + "/revisions");
    get_revision:        own     own     any any => |on| on.actor.get(on.article().await + "/revisions/1");
    restore_revision:    own     own     any any => |on| on.actor.post(on.article().await + "/revisions/1/restore").if_match(1);
    list_editions:       own     own     any any => |on| on.actor.get(on.article().await + "/editions");
    get_edition:         own     own     any any => |on| on.actor.get(on.live().await + "/editions/1");

    list_topics:         anyone                  => |on| on.actor.get("/v1/topics");
    get_topic:           anyone                  => |on| on.actor.get(on.made("/v1/topics").await);
    create_topic:        nothing nothing any any => |on| on.actor.post("/v1/topics").json(json!({"name": "Sea"}));
    update_topic:        nothing nothing any any => |on| on.actor.patch(on.made("/v1/topics").await).json(json!({"name": "Sea"}));
    delete_topic:        nothing nothing any any => |on| on.actor.delete(on.made("/v1/topics").await);
    merge_topic:         nothing nothing any any => |on| on.actor.post(on.made("/v1/topics").await + "/merge").json(json!({"into": on.other("/v1/topics").await}));

    list_authors:        anyone                  => |on| on.actor.get("/v1/authors");
    get_author:          anyone                  => |on| on.actor.get(on.made("/v1/authors").await);
    create_author:       nothing nothing any any => |on| on.actor.post("/v1/authors").json(json!({"name": "Ada"}));
    update_author:       nothing nothing any any => |on| on.actor.patch(on.made("/v1/authors").await).json(json!({"name": "Ada"}));
    delete_author:       nothing nothing any any => |on| on.actor.delete(on.made("/v1/authors").await);
    merge_author:        nothing nothing any any => |on| on.actor.post(on.made("/v1/authors").await + "/merge").json(json!({"into": on.other("/v1/authors").await}));

    join_subscribers: anyone => |on| on.actor.post("/v1/subscribers").json(json!({"email": "ada@reader.example"}));
    list_subscribers:  nothing nothing any any => |on| on.actor.get("/v1/subscribers");
    get_subscriber:    nothing nothing any any => |on| on.actor.get(on.subscriber().await);
    update_subscriber: nothing nothing any any => |on| on.actor.patch(on.subscriber().await).json(json!({"name": "Ada"}));
    erase_subscriber:  nothing nothing nothing any => |on| on.actor.delete(on.subscriber().await);
    get_subscriber_stats: nothing nothing any any => |on| on.actor.get("/v1/subscribers/stats");
    list_consents:     nothing nothing any any => |on| on.actor.get(on.subscriber().await + "/consents");
    export_subscriber: nothing nothing nothing any => |on| on.actor.get(on.subscriber().await + "/export");
    unsubscribe_subscriber: nothing nothing any any => |on| on.actor.post(on.subscriber().await + "/unsubscribe");
    list_suppressions: nothing nothing any any => |on| on.actor.get("/v1/suppressions");
    suppress_address:  nothing nothing any any => |on| on.actor.post("/v1/suppressions").json(json!({"email": "ada@reader.example", "reason": "bounced"}));
    export_subscribers:  nothing nothing nothing any => |on| on.actor.get("/v1/subscribers/export");
    import_subscribers:  nothing nothing nothing any => |on| on.import();
    list_subscriber_imports: nothing nothing nothing any => |on| on.actor.get("/v1/imports");
    get_subscriber_import: nothing nothing nothing any => |on| on.actor.get(on.imported().await);
    list_subscriber_import_rows: nothing nothing nothing any => |on| on.actor.get(on.imported().await + "/rows");
    get_subscribe_page:    anyone => |on| on.actor.get("/subscribe");
    submit_subscribe_page: anyone => |on| on.actor.post("/subscribe").form(&[("email", "ada@reader.example"), ("stamp", &on.server.stamp())]);
    get_embed_page:        anyone => |on| on.actor.get("/subscribe/embed");
    get_preferences_page:  anyone => |on| on.actor.get(on.preferences().await);
    submit_preferences_page: anyone => |on| on.actor.post(on.preferences().await).form(&[("action", "save")]);
    export_own_data:       anyone => |on| on.actor.post(on.preferences().await + "/export");
    get_confirm_page:      anyone => |on| on.actor.get(on.link("confirm").await);
    submit_confirm_page:   anyone => |on| on.actor.post(on.link("confirm").await);
    get_leave_page:        anyone => |on| on.actor.get(on.link("leave").await);
    submit_leave_page:     anyone => |on| on.actor.post(on.link("leave").await);

    list_jobs:           nothing nothing nothing any => |on| on.actor.get("/v1/jobs");
    get_job:             nothing nothing nothing any => |on| on.actor.get(given::dead_job(&on.server).await);
    retry_job:           nothing nothing nothing any => |on| on.actor.post(given::dead_job(&on.server).await + "/retry");

    get_openapi:         anyone                  => |on| on.actor.get("/openapi.json");
    get_liveness:        anyone                  => |on| on.actor.get("/health/live");
    get_readiness:       anyone                  => |on| on.actor.get("/health/ready");
    get_metrics:         anyone                  => |on| on.actor.get("/metrics");
}

impl Stage {
    /// The path of a draft of the owner's.
    async fn article(&self) -> String {
        let section = json!({"heading": "Slack water", "body": "It comes between the tides."});
        let made =
            self.owner.post("/v1/articles").json(json!({"title": "Tides", "sections": [section]})).await;
        format!("/v1/articles/{}", made.expect(201)["id"].as_str().expect("an id"))
    }

    /// The path of an article of the owner's that readers see.
    async fn live(&self) -> String {
        let article = self.article().await;
        self.editor.post(article.clone() + "/publish").json(json!({"revision": 1})).await.is(200);
        article
    }

    /// The redirect of a slug that an article of the owner's had.
    async fn redirect(&self) -> String {
        let article = self.live().await;
        let draft = self.owner.get(article.clone() + "/draft").await.expect(200);
        let slug = draft["slug"].as_str().expect("a slug");
        let change = json!({"slug": format!("moved-{}", draft["id"].as_str().expect("an id"))});
        let changed = self
            .owner
            .patch(article.clone() + "/draft")
            .header("if-match", "*")
            .json(change)
            .await
            .expect(200);
        self.editor.post(article + "/publish").json(json!({"revision": changed["revision"]})).await.is(200);
        format!("/v1/redirects?from=/{slug}")
    }

    /// The path of an article of the owner's in the trash.
    async fn trashed(&self) -> String {
        let article = self.article().await;
        self.editor.delete(article.clone()).await.is(204);
        article
    }

    /// Where a topic or author stands that an editor has just made.
    async fn made(&self, list: &str) -> String {
        format!("{list}/{}", self.other(list).await)
    }

    /// The slug of a topic or author that an editor has just made.
    async fn other(&self, list: &str) -> String {
        let made = self.editor.post(list).json(json!({"name": "Somebody or something"})).await.expect(201);
        made["slug"].as_str().expect("a slug").to_owned()
    }
}

#[test]
fn every_operation_has_its_line() {
    let lines: BTreeSet<&str> = MATRIX.iter().map(|line| line.operation).collect();
    let operations: BTreeSet<&str> = contract::operations().iter().map(|operation| operation.id).collect();
    assert_eq!(lines.len(), MATRIX.len(), "a line comes twice");
    assert_eq!(lines, operations);
}

#[tokio::test]
async fn every_role_reaches_as_far_as_its_line_says() {
    let mut wrong = Vec::new();
    for line in MATRIX {
        let server = Rc::new(Server::start().await);
        for role in Role::ALL {
            let somebody = server.login_as("somebody", Role::Author).await;
            let editor = server.login_as("helper", Role::Editor).await;
            let actor = server.login(role).await;
            for (is_own, owner) in [(true, &actor), (false, &somebody)] {
                let stage = Stage {
                    actor: actor.clone(),
                    owner: owner.clone(),
                    editor: editor.clone(),
                    server: server.clone(),
                };
                let ask = (line.ask)(stage).await;
                let status = ask.await.status();
                if !fits(line.who, role, is_own, status) {
                    let whose = if is_own { "its own" } else { "somebody else's" };
                    wrong.push(format!("{} by {} on {whose}: {status}", line.operation, role.as_str()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn fits(who: Who, role: Role, is_own: bool, status: u16) -> bool {
    let reach = match who {
        Who::Anyone => Reach::Any,
        Who::Roles(reaches) => reaches[Role::ALL.iter().position(|other| *other == role).expect("a role")],
    };
    let may = reach == Reach::Any || (reach == Reach::Own && is_own);
    if may { (200..400).contains(&status) } else { matches!(status, 403 | 404) }
}

#[tokio::test]
async fn without_a_token_only_what_is_open_to_all_is_answered() {
    let mut wrong = Vec::new();
    for line in MATRIX {
        let server = Rc::new(Server::start().await);
        let owner = server.login_as("somebody", Role::Author).await;
        let editor = server.login_as("helper", Role::Editor).await;
        for stranger in [server.client(), server.client().with_token("not.a.token")] {
            let stage = Stage {
                actor: stranger,
                owner: owner.clone(),
                editor: editor.clone(),
                server: server.clone(),
            };
            let status = (line.ask)(stage).await.await.status();
            let fits = match line.who {
                Who::Anyone => (200..400).contains(&status),
                Who::Roles(_) => status == 401,
            };
            if !fits {
                wrong.push(format!("{}: {status}", line.operation));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_document_says_which_operations_need_a_token() {
    for line in MATRIX {
        let operation = contract::operations().into_iter().find(|operation| operation.id == line.operation);
        let security = &operation.expect("an operation").value["security"];
        let wanted = match line.who {
            // A website's server may speak for its visitors, and shows a token then.
            Who::Anyone if line.operation == "join_subscribers" => json!([{}, {"bearer": []}]),
            Who::Anyone => json!([{}]),
            Who::Roles(_) => json!([{"bearer": []}]),
        };
        assert_eq!(security, &wanted, "{}", line.operation);
    }
}
