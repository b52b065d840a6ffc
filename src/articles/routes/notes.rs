//! `/v1/articles/{article}/notes`.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::article_in_path::{ArticleInPath, DraftRead};
use super::paths::{ArticlePath, InLocale};
use crate::app::App;
use crate::articles::notes::{self, MAX_TEXT, NoteChange, NoteRow};
use crate::auth::ReviewArticles;
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Invalid, Result, Violations};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::page::PageParams;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{IdempotencyKey, Json, PageRequest, Query, Response};
use crate::base::ids::{NoteId, SectionId};
use crate::base::text::validate;
use crate::users::Actors;

/// A note on a draft.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ArticleNote)]
pub struct Note {
    id: NoteId,
    /// The section that it is about; `null` for the whole article.
    section_id: Option<SectionId>,
    /// The heading of that section, or the last one if it was removed.
    #[schema(max_length = 300)]
    section_heading: Option<String>,
    /// Whether the draft no longer has that section.
    section_removed: bool,
    /// Plain text.
    #[schema(max_length = 5000)]
    text: String,
    /// Whether it is resolved.
    resolved: bool,
    /// Who wrote it.
    by: ActorRef,
    /// When it was written.
    created_at: Timestamp,
    /// When it was last changed.
    updated_at: Timestamp,
}

/// A new note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateNote {
    /// The section that it is about. Default: the whole article.
    #[serde(default)]
    section_id: Option<SectionId>,
    /// Plain text.
    #[schema(format = "filled-text", min_length = 1, max_length = 5000)]
    text: String,
    /// Whether it is resolved. Default: false.
    #[serde(default)]
    #[schema(required = false)]
    resolved: bool,
}

/// A page of notes.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotePage {
    /// The notes.
    #[schema(max_items = 100)]
    items: Vec<Note>,
    /// The cursor of the next page, if there is one.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
    /// The number of notes on all pages, if `include_total` is true.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 2_147_483_647)]
    total: Option<i64>,
}

/// Which notes are listed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NoteFilter {
    /// Whether they are resolved.
    #[param(value_type = Option<bool>)]
    resolved: Option<bool>,
}

impl FromParams for NoteFilter {
    fn from_params(params: &mut Params) -> Self {
        Self { resolved: params.flag("resolved") }
    }
}

impl Note {
    /// The JSON of a note.
    pub fn one(conn: &mut Connection, row: NoteRow) -> Result<Self> {
        Self::all(conn, vec![row])?.pop().ok_or(Error::NotFound("note"))
    }

    fn all(conn: &mut Connection, rows: Vec<NoteRow>) -> Result<Vec<Self>> {
        let actors = Actors::load(conn, rows.iter().map(|row| row.actor_id))?;
        let headings = notes::find_headings(conn, &rows)?;
        let item = |row: NoteRow| {
            let present = row.section_id.and_then(|section| headings.get(&section));
            Self {
                id: row.id,
                section_id: row.section_id,
                section_removed: row.section_id.is_some() && present.is_none(),
                section_heading: present.cloned().unwrap_or(row.heading),
                text: row.text,
                resolved: row.resolved,
                by: actors.get(row.actor_id),
                created_at: row.created_at,
                updated_at: row.updated_at,
            }
        };
        Ok(rows.into_iter().map(item).collect())
    }
}

/// Checks the text of a note.
pub(super) fn check_text(text: &str) -> Result<String, Invalid> {
    validate::filled_text("text", text, MAX_TEXT)
}

/// List notes
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they are
/// asked to review. Returns the notes on an article, the oldest first.
#[utoipa::path(get, path = "/v1/articles/{article}/notes", tag = "reviews", security(("bearer" = [])),
    params(ArticlePath, InLocale, NoteFilter, PageParams),
    responses(
        (status = 200, description = "A page of notes.", body = NotePage),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn list_notes(
    app: Data<App>,
    read: DraftRead,
    req: HttpRequest,
    Query((NoteFilter { resolved }, page)): Query<(NoteFilter, PageRequest)>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| {
        let id = read.row(conn)?.id;
        let page = page.read(
            conn,
            &("notes", id, resolved),
            |conn, after, limit| notes::list(conn, id, resolved, after, limit),
            |row| row.id,
            |conn| notes::count(conn, id, resolved),
        )?;
        page.try_convert(|rows| Note::all(conn, rows))
    };
    app.db.snapshot(read).await?.private(&req)
}

/// Create a note
///
/// Requires the right `articles:review`; contributors and authors have it for their own articles and for those that they
/// are asked to review. A note is about the article or one of its sections. It is no part of revisions, and is deleted
/// with the article. If its section is removed, it keeps the heading.
#[utoipa::path(post, path = "/v1/articles/{article}/notes", tag = "reviews", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
    request_body = CreateNote,
    responses(
        (status = 201, description = "The note.", body = Note),
        (status = 409, description = "`notes-too-many`: the article has 500 notes. `slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn create_note(
    app: Data<App>,
    key: IdempotencyKey,
    write: ArticleInPath<ReviewArticles>,
    body: Json<CreateNote>,
) -> Result<Response> {
    let once = key.once(write.actor.origin, &body.fingerprint);
    let CreateNote { section_id, text, resolved } = body.value;
    let mut violations = Violations::default();
    let text = violations.take("/text", check_text(&text));
    violations.check()?;
    let new = NoteChange { section: Some(section_id), text, resolved: Some(resolved) };
    let work = move |tx: &mut Tx<'_>| {
        let row = notes::create(tx, write.actor, &write.article, &new)?;
        Ok(Response::ok(&Note::one(tx, row)?)?.status(StatusCode::CREATED))
    };
    once.write(&app.db, work).await
}
