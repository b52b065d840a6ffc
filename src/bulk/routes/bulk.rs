//! `POST /v1/drafts/bulk`.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::filter::BulkFilter;
use crate::app::App;
use crate::articles::checks::{MAX_TOPICS, check_named};
use crate::articles::draft_list::{self, DraftFilter};
use crate::articles::input::{DraftPatch, UpdateDraft};
use crate::auth::{Actor, Identity, ReadDrafts, WriteArticles};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Error, Invalid, Location, Result, Violations};
use crate::base::http::limit::{Key, Policy};
use crate::base::http::problem::status_and_code;
use crate::base::http::{Json, PageRequest, Response};
use crate::base::ids::ArticleId;
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::bulk::{Bulk, Change, Target};
use crate::schedules::plan;

/// The most articles of one request.
const MAX_ITEMS: usize = 100;
/// Why a field is refused that other actions take.
const OTHER_ACTION: &str = "Not with this action.";

/// What is done to each article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BulkActionInput)]
pub enum BulkAction {
    /// Publish the `revision` of each item, with the right `articles:publish`.
    Publish,
    /// Unpublish, with the right `articles:publish`.
    Unpublish,
    /// Publish the `revision` of each item at `publish_at`, with the right `articles:publish`. An article that has a
    /// schedule fails with 428.
    Schedule,
    /// Move to the trash, with the right `articles:delete`.
    Trash,
    /// Restore from the trash, with the right `articles:delete`.
    Restore,
    /// Delete for good from the trash, with the right `articles:purge`.
    Purge,
    /// Change metadata and intro by `patch`, if neither has changed since the `version` of the item.
    Update,
    /// Add `topics` after those that each article has.
    AddTopics,
    /// Remove `topics` from each article.
    RemoveTopics,
}

/// One change to many articles, which are named by `items` or found by `filter`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkChange {
    action: BulkAction,
    /// The articles, in the order in which they are changed.
    #[serde(default)]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    items: Option<Vec<BulkItem>>,
    /// Which articles, for the actions `unpublish`, `trash`, `restore`, `purge`, `add_topics` and `remove_topics`: the
    /// filters of `GET /v1/drafts`. At most 100 are changed at once; `next_cursor` leads to the next ones.
    #[serde(default)]
    #[schema(nullable = false)]
    filter: Option<BulkFilter>,
    /// `next_cursor` of the previous response, with the same filter.
    #[serde(default)]
    #[schema(nullable = false, max_length = 4000)]
    cursor: Option<String>,
    /// For `update`: what `PATCH /v1/articles/{article}/draft` takes.
    #[serde(default)]
    #[schema(value_type = Option<UpdateDraft>, nullable = false)]
    patch: Option<Value>,
    /// For `schedule`: a time in the future.
    #[serde(default)]
    #[schema(nullable = false)]
    publish_at: Option<Timestamp>,
    /// For `add_topics` and `remove_topics`: slugs.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Slug>>, nullable = false, min_items = 1, max_items = 50)]
    topics: Option<Vec<String>>,
    /// Whether everything is checked and nothing saved. Each article is checked alone: two that are to get the same slug
    /// both pass.
    #[serde(default)]
    dry_run: bool,
}

/// An article that is to be changed.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkItem {
    /// The article.
    id: ArticleId,
    /// The revision to publish. Required for `publish` and `schedule`, and ignored otherwise.
    #[serde(default)]
    #[schema(nullable = false, minimum = 1, maximum = 2_147_483_647)]
    revision: Option<i64>,
    /// The version that the caller has read. Required for `update`, and ignored otherwise.
    #[serde(default)]
    #[schema(nullable = false, minimum = 1, maximum = 2_147_483_647)]
    version: Option<i64>,
}

fn missing() -> Invalid {
    Invalid::new("field-missing", "Required.")
}

/// What became of each article.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResults {
    /// The articles, in the order in which they were changed.
    #[schema(max_items = 100)]
    items: Vec<BulkResult>,
    /// The `cursor` for the next articles of the filter; `null` if there are none, and for `items`.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
}

/// What became of one article.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    id: ArticleId,
    /// 200, or the status that the operation for one article would have had.
    #[schema(minimum = 200, maximum = 599)]
    status: u16,
    /// Why it failed: the code of the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 60, pattern = "^[a-z0-9-]+$")]
    code: Option<&'static str>,
    /// The new version of the article, if it was changed and exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 2_147_483_647)]
    version: Option<i64>,
}

/// A request that can be carried out.
struct Checked {
    bulk: Bulk,
    targets: Targets,
}

enum Targets {
    Named(Vec<Target>),
    Found(Box<DraftFilter>, PageRequest),
}

impl BulkAction {
    /// Whether the articles may be found by a filter: their revision or version need not be known.
    fn takes_filter(self) -> bool {
        !self.takes_revision() && self != Self::Update
    }

    fn takes_revision(self) -> bool {
        matches!(self, Self::Publish | Self::Schedule)
    }

    fn is_of_trash(self) -> bool {
        matches!(self, Self::Restore | Self::Purge)
    }

    fn takes_topics(self) -> bool {
        matches!(self, Self::AddTopics | Self::RemoveTopics)
    }
}

impl BulkChange {
    fn check(self, identity: Identity, now: Timestamp) -> Result<Checked> {
        let Self { action, items, filter, cursor, patch, publish_at, topics, dry_run } = self;
        let mut violations = Violations::default();
        let mut refuse = |name: &str, detail: &'static str| {
            violations.push(Location::Pointer(format!("/{name}")), Invalid::new("field-unknown", detail));
        };
        if filter.is_some() && !action.takes_filter() {
            refuse("filter", OTHER_ACTION);
        } else if filter.is_some() && items.is_some() {
            refuse("items", "Not together with `filter`.");
        }
        if filter.is_none() && cursor.is_some() {
            refuse("cursor", "Only with `filter`.");
        }
        if filter.is_none() && items.is_none() {
            violations.push(Location::Pointer("/items".into()), missing());
        }
        let mut require = |name: &str, is_there: bool, is_taken: bool| match (is_there, is_taken) {
            (true, false) => violations
                .push(Location::Pointer(format!("/{name}")), Invalid::new("field-unknown", OTHER_ACTION)),
            (false, true) => violations.push(Location::Pointer(format!("/{name}")), missing()),
            _ => {}
        };
        require("patch", patch.is_some(), action == BulkAction::Update);
        require("publish_at", publish_at.is_some(), action == BulkAction::Schedule);
        require("topics", topics.is_some(), action.takes_topics());
        let patch = patch.map(DraftPatch::new);
        if let Some(patch) = patch.as_ref().filter(|_| action == BulkAction::Update) {
            let checked = patch.check().map_err(|error| match error {
                Error::Invalid(found) => Error::Invalid(found.below("/patch")),
                error => error,
            });
            violations.gather(checked)?;
        }
        if items.as_ref().is_some_and(Vec::is_empty) {
            violations.take("/items", Err::<(), _>(missing()));
        }
        let items = items.unwrap_or_default();
        violations.take("/items", validate::count("items", items.len(), MAX_ITEMS));
        for (at, item) in items.iter().take(MAX_ITEMS).enumerate() {
            if action.takes_revision() && item.revision.is_none() {
                violations.take(format!("/items/{at}/revision"), Err::<(), _>(missing()));
            }
            if action == BulkAction::Update && item.version.is_none() {
                violations.take(format!("/items/{at}/version"), Err::<(), _>(missing()));
            }
        }
        let topics = check_named(&topics.unwrap_or_default(), "topics", MAX_TOPICS, &mut violations);
        let filter = filter.map(BulkFilter::parse);
        let filter = filter.map(|filter| violations.gather(filter)).transpose()?.flatten();
        violations.take("/publish_at", plan::check_publish_at(publish_at, now));
        violations.check()?;
        let targets = match filter {
            Some(filter) => {
                let page = PageRequest { limit: 100, cursor, include_total: false };
                Targets::Found(Box::new(filter.by_creation(action.is_of_trash())), page)
            }
            None => Targets::Named(items.into_iter().map(BulkItem::target).collect()),
        };
        let change = match action {
            BulkAction::Publish => Change::Publish(Actor::new(identity)?),
            BulkAction::Unpublish => Change::Unpublish(Actor::new(identity)?),
            BulkAction::Schedule => Change::Schedule(Actor::new(identity)?, publish_at.unwrap_or(now)),
            BulkAction::Trash => Change::Trash(Actor::new(identity)?),
            BulkAction::Restore => Change::Restore(Actor::new(identity)?),
            BulkAction::Purge => Change::Purge(Actor::new(identity)?),
            BulkAction::Update => {
                let patch = patch.unwrap_or_else(|| DraftPatch::new(Value::default()));
                Change::Update(Actor::new(identity)?, Box::new(patch))
            }
            BulkAction::AddTopics => Change::AddTopics(Actor::new(identity)?, topics),
            BulkAction::RemoveTopics => Change::RemoveTopics(Actor::new(identity)?, topics),
        };
        Ok(Checked { bulk: Bulk { identity, change, dry_run }, targets })
    }
}

impl BulkItem {
    fn target(self) -> Target {
        Target { id: self.id, revision: self.revision, version: self.version }
    }
}

impl Targets {
    async fn find(self, app: &App, actor: &Actor<WriteArticles>) -> Result<(Vec<Target>, Option<String>)> {
        let (filter, page) = match self {
            Self::Named(targets) => return Ok((targets, None)),
            Self::Found(filter, page) => (filter, page),
        };
        let reader = Actor::<ReadDrafts>::new(actor.identity)?;
        let read = move |conn: &mut Connection| {
            page.read(
                conn,
                &filter,
                |conn, after, limit| draft_list::list(conn, &filter, reader, after, limit),
                |row| filter.position(row),
                |_| Ok(0),
            )
        };
        let page = app.db.snapshot(read).await?;
        let target = |id| Target { id, revision: None, version: None };
        Ok((page.items.into_iter().map(|row| target(row.id)).collect(), page.next_cursor))
    }
}

/// Change many articles
///
/// Requires the right `articles:write`, and the right of the action. Makes one change to up to 100 articles, one after
/// the other, each in a transaction of its own: responds with 200 even if some fail, and says for each what became of
/// it. Each article counts as a request for the limit of writes. The request takes no `Idempotency-Key`; repeating it is
/// safe: a revision is published once, and an `update` fails with 412 the second time. With `dry_run`, nothing is
/// saved.
#[utoipa::path(post, path = "/v1/drafts/bulk", tag = "drafts", security(("bearer" = [])), request_body = BulkChange,
    responses((status = 200, description = "What became of each article.", body = BulkResults)))]
pub async fn change_drafts(
    app: Data<App>,
    actor: Actor<WriteArticles>,
    req: HttpRequest,
    body: Json<BulkChange>,
) -> Result<Response> {
    let Checked { bulk, targets } = body.value.check(actor.identity, app.clock.now())?;
    let (targets, next_cursor) = targets.find(&app, &actor).await?;
    let mut items = Vec::with_capacity(targets.len());
    for (at, target) in targets.into_iter().enumerate() {
        // The request itself has been counted.
        let admitted = match at {
            0 => Ok(()),
            _ => app.limits.admit(&req, Policy::Write, Key::Actor(actor.identity.actor())),
        };
        let outcome = match admitted {
            Ok(()) => bulk.apply(&app, target).await,
            Err(error) => Err(error),
        };
        // Before anything is done, an ended session refuses the request as a whole.
        if items.is_empty()
            && let Err(error @ Error::Unauthenticated(_)) = outcome
        {
            return Err(error);
        }
        items.push(BulkResult::new(&app, target.id, outcome));
    }
    Response::ok(&BulkResults { items, next_cursor })
}

impl BulkResult {
    fn new(app: &App, id: ArticleId, outcome: Result<Option<i64>>) -> Self {
        match outcome {
            Ok(version) => Self { id, status: 200, code: None, version },
            Err(error) => {
                if matches!(error, Error::Internal(_) | Error::Hidden(_)) {
                    app.refusals.record(&error, format_args!("article {id} in POST /v1/drafts/bulk"));
                }
                let (status, code) = status_and_code(&error);
                Self { id, status, code: Some(code), version: None }
            }
        }
    }
}
