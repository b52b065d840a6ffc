//! What the requests of the policy are about. An admin makes it, articles are made by their owner; each call makes a new
//! one, so that what one request changes is not what another finds.

use std::sync::atomic::{AtomicUsize, Ordering};

use lede::auth::Role;
use serde_json::{Value, json};

use crate::authenticator::Authenticator;
use crate::client::{Call, Client};
use crate::given::{self, Factor};
use crate::server::Server;
use crate::writing::{self, at};

/// A server, and who makes things on it.
pub struct Fixtures {
    pub server: Server,
    /// Makes what has no owner. Not the admin whose rights are tried.
    pub admin: Client,
    /// An author who is none of those whose rights are tried.
    pub somebody: Client,
    /// Who owns the articles that are made.
    pub owner: Client,
    made: AtomicUsize,
}

impl Fixtures {
    pub async fn start() -> Self {
        let server = Server::start().await;
        let admin = server.login_as("maker", Role::Admin).await;
        let somebody = server.login_as("somebody", Role::Author).await;
        Self { admin, owner: somebody.clone(), somebody, made: AtomicUsize::new(0), server }
    }

    pub fn get(&self, path: impl Into<String>) -> Call {
        self.admin.get(path)
    }
    pub fn post(&self, path: impl Into<String>) -> Call {
        self.admin.post(path)
    }
    pub fn put(&self, path: impl Into<String>) -> Call {
        self.admin.put(path)
    }
    pub fn patch(&self, path: impl Into<String>) -> Call {
        self.admin.patch(path)
    }
    pub fn delete(&self, path: impl Into<String>) -> Call {
        self.admin.delete(path)
    }

    /// A name that nothing has yet.
    pub fn name(&self) -> String {
        format!("Number {}", self.made.fetch_add(1, Ordering::Relaxed))
    }

    /// An address that nobody has yet.
    pub fn email(&self) -> String {
        format!("reader-{}@reader.example", self.made.fetch_add(1, Ordering::Relaxed))
    }

    /// The draft of an article of the owner's, at version 1.
    async fn draft(&self) -> Value {
        let section = json!({"heading": "Slack water", "body": "It comes between the tides."});
        writing::create(&self.owner, json!({"title": "Tides", "sections": [section]})).await
    }

    /// The path of an article of the owner's that has never been published.
    pub async fn article(&self) -> String {
        at(&self.draft().await, "")
    }

    /// A preview link of an article of the owner's: the path of the article, and the link.
    async fn preview(&self) -> (String, Value) {
        let article = self.article().await;
        let link = self.post(article.clone() + "/preview-links").await.expect(201);
        (article, link)
    }

    /// The path of a preview link of an article of the owner's.
    pub async fn preview_link(&self) -> String {
        let (article, link) = self.preview().await;
        format!("{article}/preview-links/{}", writing::id(&link))
    }

    /// The path of the page of such a link.
    pub async fn preview_page(&self) -> String {
        let (_, link) = self.preview().await;
        format!("/preview/{}", link["token"].as_str().expect("a token"))
    }

    /// The path of an article of the owner's that readers see.
    pub async fn live(&self) -> String {
        at(&writing::publish(&self.admin, &self.draft().await).await, "")
    }

    /// The path of an article of the owner's in the trash.
    pub async fn trashed(&self) -> String {
        let article = self.article().await;
        self.delete(article.clone()).await.is(204);
        article
    }

    /// The path of an article of the owner's that is scheduled.
    pub async fn scheduled(&self) -> String {
        let article = self.article().await;
        let body = json!({"unpublish_at": "2030-01-01T00:00:00Z"});
        self.put(format!("{article}/schedule")).json(body).await.is(200);
        article
    }

    /// The path of an article of the owner's of which the owner has requested a review.
    pub async fn in_review(&self) -> String {
        let article = self.article().await;
        let request = json!({"revision": 1, "state": "requested"});
        self.owner.post(format!("{article}/reviews")).json(request).await.is(201);
        article
    }

    /// The path of a note of the owner's, on an article of theirs.
    pub async fn note(&self) -> String {
        let article = self.article().await;
        let note = self.owner.post(format!("{article}/notes")).json(json!({"text": "Who says so?"}));
        format!("{article}/notes/{}", writing::id(&note.await.expect(201)))
    }

    /// The path of the redirect of a slug that an article of the owner's had.
    pub async fn redirect(&self) -> String {
        let draft = writing::publish(&self.admin, &self.draft().await).await;
        let slug = format!("moved-{}", writing::id(&draft));
        let change = self.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"slug": slug}));
        writing::publish(&self.admin, &change.await.expect(200)).await;
        format!("/v1/redirects?from=/{}", draft["slug"].as_str().expect("a slug"))
    }

    /// The slug of a new topic or author.
    pub async fn slug(&self, list: &str) -> String {
        let made = self.post(list).json(json!({"name": self.name()})).await.expect(201);
        made["slug"].as_str().expect("a slug").to_owned()
    }

    /// The path of a new topic.
    pub async fn topic(&self) -> String {
        format!("/v1/topics/{}", self.slug("/v1/topics").await)
    }

    /// The path of a new author.
    pub async fn author(&self) -> String {
        format!("/v1/authors/{}", self.slug("/v1/authors").await)
    }

    /// The address of someone who has just signed up.
    async fn signed_up(&self) -> String {
        let email = self.email();
        self.post("/v1/subscribers").json(json!({"email": email})).await.is(202);
        email
    }

    /// The path of a new subscriber.
    pub async fn subscriber(&self) -> String {
        let email = self.signed_up().await;
        let found = self.get("/v1/subscribers").query(&[("q", &email)]).await.expect(200);
        format!("/v1/subscribers/{}", writing::id(&found["items"][0]))
    }

    /// The upload of a file of subscribers.
    pub fn import(&self) -> Call {
        let file = format!("email\n{}\n", self.email());
        self.post("/v1/subscriber-imports?dry_run=true").body("text/csv", file)
    }

    /// The path of an import.
    pub async fn imported(&self) -> String {
        self.import().await.location().to_owned()
    }

    /// The path of a link in a mail to someone who has just signed up.
    pub async fn link(&self, what: &str) -> String {
        let email = self.signed_up().await;
        given::link(&given::mail_to(&self.server, &email).await, what)
    }

    /// The path of the preferences of someone who has just confirmed.
    pub async fn preferences(&self) -> String {
        let done = self.post(self.link("confirm").await).await;
        let (_, rest) = done.is(200).text().split_once("/subscribe/preferences/").expect("a link");
        format!("/subscribe/preferences/{}", rest.split('"').next().expect("a token"))
    }

    /// Tokens of the owner, from a login of their own.
    async fn log_in(&self) -> Value {
        let email = self.owner.email();
        self.post("/v1/auth/sessions")
            .json(json!({"email": email, "password": given::PASSWORD}))
            .await
            .expect(201)
    }

    /// A refresh token of the owner.
    pub async fn refresh_token(&self) -> String {
        self.log_in().await["refresh_token"].as_str().expect("a token").to_owned()
    }

    /// The path of a session of the owner.
    pub async fn session(&self) -> String {
        format!("/v1/auth/sessions/{}", writing::id(&self.log_in().await["session"]))
    }

    /// The path of a user who was invited.
    pub async fn user(&self) -> String {
        let body = json!({"email": self.email(), "name": self.name(), "role": "author"});
        self.post("/v1/users").json(body).await.is(201).location().to_owned()
    }

    /// Gives everyone whose rights are tried, and the admin, a second factor of one secret, or takes it away. Returns its code of
    /// the moment.
    pub async fn second_factor(&self, factor: Factor) -> String {
        let names = ["contributor", "author", "editor", "admin", "maker"];
        given::second_factor(&self.server, &names, factor).await;
        Authenticator { secret: given::TOTP_SECRET.to_vec() }.code(self.server.clock.now())
    }

    /// The path of the second factor of somebody else.
    pub async fn lost_second_factor(&self) -> String {
        self.second_factor(Factor::None).await;
        let user = given::user(&self.server, "forgetful", Role::Author).await;
        given::second_factor(&self.server, &["forgetful"], Factor::Active).await;
        format!("/v1/users/{user}/totp")
    }

    /// The path of the link in an invitation to somebody new.
    pub async fn invitation(&self) -> String {
        let name = format!("invited-{}", self.made.fetch_add(1, Ordering::Relaxed));
        given::invited(&self.server, &name, Role::Author).await
    }

    /// The path of the link in a mail to a user's new address.
    pub async fn new_email(&self) -> String {
        let name = format!("moving-{}", self.made.fetch_add(1, Ordering::Relaxed));
        let user = given::user(&self.server, &name, Role::Author).await;
        given::new_email(&self.server, user, &self.email()).await
    }

    /// The path of a new API key of the owner's.
    pub async fn api_key(&self) -> String {
        given::api_key(&self.owner, &["articles:read"]).await.0
    }

    /// The path of a job that has died.
    pub async fn dead_job(&self) -> String {
        given::dead_job(&self.server).await
    }
}
