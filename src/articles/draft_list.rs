//! The list of drafts: all articles as their editors have them.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::custom::CustomFilter;
use super::equality::same_as_published;
use super::store::ArticleRow;
use super::{ReviewState, custom_store, translation_store};
use crate::auth::{Actor, Identity, ReadDrafts};
use crate::base::clock::Timestamp;
use crate::base::db::like;
use crate::base::db::schema::{article_terms, articles, reviews, schedules};
use crate::base::db::{Connection, MultiBackend};
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::page;
use crate::base::http::query::{FromParams, Params};
use crate::base::ids::{ArticleId, AuthorId, IsId as _, TermId, TopicId, UserId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::terms::{self, IsTerm};

/// The filters and the order of the list of drafts.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DraftFilter {
    /// With any of these statuses.
    #[param(inline, value_type = Option<Vec<StatusFilter>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    status: Vec<StatusFilter>,
    /// Whether the draft differs from what is published.
    #[param(value_type = Option<bool>)]
    has_unpublished_changes: Option<bool>,
    /// Whether anything is scheduled for them.
    #[param(value_type = Option<bool>)]
    scheduled: Option<bool>,
    /// Whether they are in the trash. Default: false.
    #[param(value_type = Option<bool>)]
    trashed: bool,
    /// Owned by this user: the id, or `me`.
    #[param(value_type = Option<String>, pattern = "^(me|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$", max_length = 36, example = "me")]
    owner: Option<Person>,
    /// Articles whose current review is in any of these states.
    #[param(inline, value_type = Option<Vec<ReviewState>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    review: Vec<ReviewState>,
    /// Articles that this user is asked to review: the id, or `me`. With `me`, also returns articles of other owners.
    #[param(value_type = Option<String>, pattern = "^(me|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$", max_length = 36, example = "me")]
    assignee: Option<Person>,
    /// By any of these authors: slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    author: Vec<Slug>,
    /// About any of these topics: slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    topic: Vec<Slug>,
    /// In any of these languages.
    #[param(inline, value_type = Option<Vec<Locale>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    locale: Vec<Locale>,
    /// In another language, and without a translation into this one that is not in the trash.
    #[param(value_type = Option<Locale>)]
    untranslated: Option<Locale>,
    /// Whether the article that they are a translation of has a newer edition, not a minor one, than when they were last
    /// published: `behind` of their items.
    #[param(value_type = Option<bool>)]
    translation_behind: Option<bool>,
    /// Words that the title contains. Case is ignored for a–z.
    #[param(value_type = Option<String>, max_length = 200)]
    q: Option<String>,
    /// Last changed at this time or later.
    #[param(value_type = Option<Timestamp>)]
    updated_at_gte: Option<Timestamp>,
    /// `updated_at`, `created_at` or `title`; with `-` in front for descending order. Default: `-updated_at`.
    #[param(value_type = Option<String>, pattern = "^-?(updated_at|created_at|title)$", max_length = 20, example = "-updated_at")]
    sort: DraftSort,
    #[param(ignore)]
    custom: CustomFilter,
}

/// A status in a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StatusFilter {
    Draft,
    Published,
    Unpublished,
}

/// A user in a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Person {
    /// The caller.
    Me,
    /// The user with that id.
    User(UserId),
}

impl Person {
    fn parse(text: &str) -> Result<Self, Invalid> {
        if text == "me" {
            return Ok(Self::Me);
        }
        let id = uuid::Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        let id = id.ok_or_else(|| validate::malformed("id", "Must be a UUID, or me."))?;
        Ok(Self::User(UserId::from_uuid(id)))
    }

    fn id(self, caller: &Identity) -> UserId {
        match self {
            Self::Me => caller.user,
            Self::User(id) => id,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DraftKey {
    UpdatedAt,
    CreatedAt,
    Title,
}

/// A sort key, and whether the order is descending. Ties are broken by id.
#[derive(Debug, Clone, Copy)]
struct DraftSort(DraftKey, bool);

impl FromParams for DraftFilter {
    fn from_params(params: &mut Params) -> Self {
        let known = [
            ("updated_at", DraftKey::UpdatedAt),
            ("created_at", DraftKey::CreatedAt),
            ("title", DraftKey::Title),
        ];
        let one = |text: &str| match page::sort(text, &known)?.as_slice() {
            [(key, descending)] => Ok(DraftSort(*key, *descending)),
            _ => Err(validate::unknown("sort", ["updated_at", "created_at", "title"])),
        };
        Self {
            status: params.list("status", |text| match text {
                "draft" => Ok(StatusFilter::Draft),
                "published" => Ok(StatusFilter::Published),
                "unpublished" => Ok(StatusFilter::Unpublished),
                _ => Err(validate::unknown("status", ["draft", "published", "unpublished"])),
            }),
            has_unpublished_changes: params.flag("has_unpublished_changes"),
            scheduled: params.flag("scheduled"),
            trashed: params.flag("trashed").unwrap_or(false),
            owner: params.parsed("owner", Person::parse),
            review: params.list("review", |text| {
                ReviewState::parse(text).ok_or_else(|| validate::unknown("state", ReviewState::texts()))
            }),
            assignee: params.parsed("assignee", Person::parse),
            author: params.list("author", Slug::parse),
            topic: params.list("topic", Slug::parse),
            locale: params.list("locale", Locale::parse),
            untranslated: params.parsed("untranslated", Locale::parse),
            translation_behind: params.flag("translation_behind"),
            q: params.text_within("q", 200).filter(|q| !q.trim().is_empty()),
            updated_at_gte: params.time("updated_at_gte"),
            sort: params.parsed("sort", one).unwrap_or(DraftSort(DraftKey::UpdatedAt, true)),
            custom: CustomFilter::from_params(params),
        }
    }
}

impl DraftFilter {
    /// The same filter for articles in the trash, or for all others, in the order of their creation, which no change to
    /// an article changes.
    #[must_use]
    pub fn by_creation(self, trashed: bool) -> Self {
        Self { trashed, sort: DraftSort(DraftKey::CreatedAt, false), ..self }
    }
}

/// A position in the list: the value of the sort key, and the id.
pub type Position = (String, ArticleId);

impl DraftFilter {
    /// The position of an article in this order.
    #[must_use]
    pub fn position(&self, row: &ArticleRow) -> Position {
        let value = match self.sort.0 {
            DraftKey::UpdatedAt => row.updated_at.as_micros().to_string(),
            DraftKey::CreatedAt => row.created_at.as_micros().to_string(),
            DraftKey::Title => row.title.clone(),
        };
        (value, row.id)
    }
}

type Matching<'a> = articles::BoxedQuery<'a, MultiBackend>;

fn matching(
    conn: &mut Connection,
    filter: &DraftFilter,
    reader: Actor<ReadDrafts>,
) -> Result<Matching<'static>> {
    let mut query = articles::table.filter(articles::purging_at.is_null()).into_boxed();
    query = if filter.trashed {
        query.filter(articles::trashed_at.is_not_null())
    } else {
        query.filter(articles::trashed_at.is_null())
    };
    let assignee = filter.assignee.map(|person| person.id(&reader));
    // Those who may read their own articles only may also read those that they are asked to review.
    let own = reader.only_of().filter(|own| filter.trashed || assignee != Some(*own));
    for owner in filter.owner.map(|person| person.id(&reader)).into_iter().chain(own) {
        query = query.filter(articles::owner_id.eq(owner));
    }
    if let Some(assignee) = assignee {
        query = query.filter(articles::id.eq_any(assigned_to(assignee)));
    }
    if !filter.review.is_empty() {
        query = in_review(query, &filter.review);
    }
    if !filter.status.is_empty() {
        let has = |status| filter.status.contains(&status);
        // Each status that is not asked for is excluded.
        if !has(StatusFilter::Published) {
            query = query.filter(articles::live_edition.is_null());
        }
        if !has(StatusFilter::Draft) {
            query = query.filter(articles::last_edition.gt(0));
        }
        if !has(StatusFilter::Unpublished) {
            query = query.filter(articles::live_edition.is_not_null().or(articles::last_edition.eq(0)));
        }
    }
    let published = articles::published_revision
        .eq(articles::revision.nullable())
        .or(diesel::dsl::exists(same_as_published()));
    query = match filter.has_unpublished_changes {
        Some(true) => query.filter(articles::published_revision.is_null().or(diesel::dsl::not(published))),
        Some(false) => query.filter(published),
        None => query,
    };
    let scheduled = diesel::dsl::exists(schedules::table.filter(schedules::article_id.eq(articles::id)));
    query = match filter.scheduled {
        Some(true) => query.filter(scheduled),
        Some(false) => query.filter(diesel::dsl::not(scheduled)),
        None => query,
    };
    let authors = resolve::<AuthorId>(conn, &filter.author)?;
    let topics = resolve::<TopicId>(conn, &filter.topic)?;
    for group in [authors, topics].into_iter().flatten() {
        query = query.filter(articles::id.eq_any(carrying(group)));
    }
    if !filter.locale.is_empty() {
        query = query.filter(articles::locale.eq_any(filter.locale.clone()));
    }
    if let Some(locale) = &filter.untranslated {
        let translated = exists(translation_store::in_language(locale.clone()));
        query = query.filter(articles::locale.ne(locale.clone())).filter(not(translated));
    }
    query = match filter.translation_behind {
        Some(true) => query.filter(articles::id.eq_any(translation_store::behind())),
        Some(false) => query.filter(articles::id.ne_all(translation_store::behind())),
        None => query,
    };
    for (name, values) in &filter.custom.0 {
        query = custom_store::filter(conn, query, name, values)?;
    }
    for word in filter.q.iter().flat_map(|q| q.split_whitespace()) {
        query = query.filter(like::lower(articles::title).like(like::containing(word)).escape('\\'));
    }
    if let Some(at) = filter.updated_at_gte {
        query = query.filter(articles::updated_at.ge(at));
    }
    Ok(query)
}

/// Those whose current review is in any of these states, as [`ReviewRow::state_of`](super::review_store::ReviewRow::state_of)
/// says.
fn in_review<'a>(query: Matching<'a>, states: &[ReviewState]) -> Matching<'a> {
    let wants = |state| states.contains(&state);
    let (requested, approved) = (wants(ReviewState::Requested), wants(ReviewState::Approved));
    // An approval of an earlier revision counts as requested.
    let outdated = (requested && !approved).then_some(ReviewState::Approved);
    let query =
        query.filter(articles::id.eq_any(with_review_in(states.iter().copied().chain(outdated).collect())));
    let approval = current_review_in(ReviewState::Approved);
    match (requested, approved) {
        (true, false) => query.filter(not(exists(approval.filter(reviews::revision.eq(articles::revision))))),
        (false, true) => query.filter(not(exists(approval.filter(reviews::revision.ne(articles::revision))))),
        _ => query,
    }
}

/// The articles whose current review was given in one of these states.
#[diesel::dsl::auto_type]
fn with_review_in(states: Vec<ReviewState>) -> _ {
    reviews::table
        .filter(reviews::ended_at.is_null())
        .filter(reviews::state.eq_any(states))
        .select(reviews::article_id)
}

/// The articles that a user is asked to review.
#[diesel::dsl::auto_type]
fn assigned_to(user: UserId) -> _ {
    reviews::table
        .filter(reviews::ended_at.is_null())
        .filter(reviews::assignee_id.eq(user))
        .select(reviews::article_id)
}

/// The current review of an article, if it is in this state.
#[diesel::dsl::auto_type]
fn current_review_in(state: ReviewState) -> _ {
    reviews::table
        .filter(reviews::article_id.eq(articles::id))
        .filter(reviews::ended_at.is_null())
        .filter(reviews::state.eq(state))
}

/// The terms with these slugs, merged ones replaced by what they were merged into; `None` if the filter names none.
fn resolve<I: IsTerm>(conn: &mut Connection, slugs: &[Slug]) -> Result<Option<Vec<TermId>>> {
    let found = terms::slugs::find::<I>(conn, slugs)?;
    Ok((!slugs.is_empty()).then(|| found.into_iter().flatten().map(I::term).collect()))
}

/// The articles that carry one of these terms.
#[diesel::dsl::auto_type]
fn carrying(group: Vec<TermId>) -> _ {
    article_terms::table.filter(article_terms::term_id.eq_any(group)).select(article_terms::article_id)
}

/// How many articles there are that `reader` may read.
pub fn count(conn: &mut Connection, filter: &DraftFilter, reader: Actor<ReadDrafts>) -> Result<i64> {
    Ok(matching(conn, filter, reader)?.count().get_result(conn)?)
}

/// At most `limit` articles after a position, of those that `reader` may read.
pub fn list(
    conn: &mut Connection,
    filter: &DraftFilter,
    reader: Actor<ReadDrafts>,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<ArticleRow>> {
    let DraftSort(key, descending) = filter.sort;
    let mut query = matching(conn, filter, reader)?.limit(limit);
    macro_rules! keyset {
        ($column:expr, $parse:expr) => {{
            if let Some((value, id)) = after {
                let value = $parse(value)?;
                // The bound on the first column alone lets SQLite begin there in its index.
                query = if descending {
                    query
                        .filter($column.le(value.clone()))
                        .filter($column.lt(value.clone()).or($column.eq(value).and(articles::id.lt(id))))
                } else {
                    query
                        .filter($column.ge(value.clone()))
                        .filter($column.gt(value.clone()).or($column.eq(value).and(articles::id.gt(id))))
                };
            }
            if descending {
                query.order(($column.desc(), articles::id.desc()))
            } else {
                query.order(($column.asc(), articles::id.asc()))
            }
        }};
    }
    let moment = |text: String| {
        let micros = text.parse().ok().and_then(|micros| Timestamp::from_micros(micros).ok());
        micros.ok_or_else(page::foreign_cursor)
    };
    let query = match key {
        DraftKey::UpdatedAt => keyset!(articles::updated_at, moment),
        DraftKey::CreatedAt => keyset!(articles::created_at, moment),
        DraftKey::Title => keyset!(articles::title, Ok::<String, Error>),
    };
    Ok(query.load(conn)?)
}
