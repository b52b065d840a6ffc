//! Translation groups: the articles that are one text in several languages. The group of an article is no part of its
//! content: joining and leaving makes no revision, and readers see it at once. A language of a group has one row, so that two
//! articles that take it at the same time cannot both have it.

use std::collections::HashMap;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::Status;
use super::store::ArticleRow;
use crate::base::clock::Timestamp;
use crate::base::db::fragment::Fragment;
use crate::base::db::schema::{articles, renderings, translation_groups, translation_locales, translations};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::http::details::Details;
use crate::base::ids::{ArticleId, IsId as _, TranslationGroupId, UserId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::render_context;

/// A translation group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Group {
    /// Its id.
    pub id: TranslationGroupId,
    /// The member that the others are translations of, in the trash or not; `None` once it has left or was purged.
    pub source: Option<ArticleId>,
}

impl Group {
    /// What a member of the group is a translation of.
    #[must_use]
    pub fn source_of(&self, member: ArticleId) -> Option<ArticleId> {
        self.source.filter(|source| *source != member)
    }
}

/// Whether a row of `translations` is of an article whose source has an edition, not a minor one, that is newer than its own
/// last edition.
const IS_BEHIND: Fragment<Bool> = Fragment::new(
    "EXISTS (SELECT 1 FROM translation_groups AS its JOIN editions AS newer ON newer.article_id = its.source_id \
     WHERE its.id = translations.group_id AND its.source_id <> translations.article_id AND NOT newer.minor \
     AND newer.published_at > (SELECT max(published_at) FROM editions WHERE article_id = translations.article_id))",
);

/// A member of a group: as readers see it, or as its draft is if it is not live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The article.
    pub id: ArticleId,
    /// Who owns it.
    pub owner: UserId,
    /// Its status.
    pub status: Status,
    /// Its language.
    pub locale: Locale,
    /// Its slug.
    pub slug: Slug,
    /// Its title.
    pub title: String,
    /// When it was first published; when it was last changed if it never was.
    pub published_at: Timestamp,
    /// Whether the source has a newer edition, not a minor one, than when it was last published.
    pub is_behind: bool,
}

/// The group of an article.
pub fn find(conn: &mut Connection, article: ArticleId) -> Result<Option<Group>> {
    Ok(translations::table
        .inner_join(translation_groups::table.on(translation_groups::id.eq(translations::group_id)))
        .filter(translations::article_id.eq(article))
        .select((translation_groups::id, translation_groups::source_id))
        .get_result(conn)
        .optional()?)
}

/// What the articles of these that are in a group translate, and whether they are behind it.
pub fn find_all(
    conn: &mut Connection,
    articles: &[ArticleId],
) -> Result<HashMap<ArticleId, (Option<ArticleId>, bool)>> {
    if articles.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(ArticleId, Option<ArticleId>, bool)> = translations::table
        .inner_join(translation_groups::table.on(translation_groups::id.eq(translations::group_id)))
        .filter(translations::article_id.eq_any(articles))
        .select((translations::article_id, translation_groups::source_id, translations::behind))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, source, behind)| (id, (source.filter(|of| *of != id), behind))).collect())
}

/// The members of a group that are not in the trash.
pub fn list(conn: &mut Connection, group: TranslationGroupId) -> Result<Vec<Member>> {
    type Row = (ArticleRow, Option<(Locale, Slug, String)>, bool);
    let rows: Vec<Row> = translations::table
        .inner_join(articles::table.on(articles::id.eq(translations::article_id)))
        .left_join(renderings::table.on(renderings::article_id.eq(translations::article_id)))
        .filter(translations::group_id.eq(group))
        .filter(articles::trashed_at.is_null())
        .select((
            articles::all_columns,
            (renderings::locale, renderings::slug, renderings::title).nullable(),
            translations::behind,
        ))
        .load(conn)?;
    let mut members: Vec<Member> = rows
        .into_iter()
        .map(|(row, live, is_behind)| {
            let status = row.status();
            let (locale, slug, title) = live.unwrap_or((row.locale, row.slug, row.title));
            let published_at = row.published_at.unwrap_or(row.updated_at);
            Member { id: row.id, owner: row.owner_id, status, locale, slug, title, published_at, is_behind }
        })
        .collect();
    members.sort_by(|one, other| (&one.locale, one.id).cmp(&(&other.locale, other.id)));
    Ok(members)
}

/// The rows of the member that has a language in the group of one of `articles`.
#[must_use]
#[diesel::dsl::auto_type(no_type_alias)]
pub fn in_language(locale: Locale) -> _ {
    translations::table
        .inner_join(translation_locales::table.on(translation_locales::group_id.eq(translations::group_id)))
        .filter(translations::article_id.eq(articles::id))
        .filter(translation_locales::locale.eq(locale))
}

/// The articles that are behind the source of their group.
#[must_use]
#[diesel::dsl::auto_type(no_type_alias)]
pub fn behind() -> _ {
    translations::table.filter(translations::behind.eq(true)).select(translations::article_id)
}

/// Finds out which members of a group are behind: after a publication of one, and when it has another member or source.
pub fn update_behind(tx: &mut Tx<'_>, group: TranslationGroupId) -> Result<()> {
    // Two publications at the same time would otherwise not see each other.
    if let Connection::Postgres(conn) = &mut **tx {
        let own = translation_groups::table.filter(translation_groups::id.eq(group));
        let _: Option<TranslationGroupId> =
            own.select(translation_groups::id).for_no_key_update().get_result(conn).optional()?;
    }
    let stale = translations::table
        .filter(translations::group_id.eq(group))
        .filter(translations::behind.ne(IS_BEHIND));
    diesel::update(stale)
        .set(translations::behind.eq(diesel::dsl::not(translations::behind)))
        .execute(&mut **tx)?;
    Ok(())
}

/// The owners of the live members of a group.
pub fn live_owners(conn: &mut Connection, group: TranslationGroupId) -> Result<Vec<UserId>> {
    Ok(translations::table
        .inner_join(articles::table.on(articles::id.eq(translations::article_id)))
        .filter(translations::group_id.eq(group))
        .filter(articles::live_edition.is_not_null())
        .select(articles::owner_id)
        .distinct()
        .load(conn)?)
}

/// Whether a group has other members than this article.
pub fn has_others(conn: &mut Connection, group: TranslationGroupId, article: ArticleId) -> Result<bool> {
    let others = translations::table
        .filter(translations::group_id.eq(group))
        .filter(translations::article_id.ne(article));
    Ok(diesel::select(exists(others)).get_result(conn)?)
}

/// Creates a group of one article, which is its source.
pub fn create(tx: &mut Tx<'_>, source: &ArticleRow) -> Result<Group> {
    let group = Group { id: tx.new_id()?, source: Some(source.id) };
    let row = (translation_groups::id.eq(group.id), translation_groups::source_id.eq(group.source));
    let insert = diesel::insert_into(translation_groups::table).values(row);
    crate::on_each!(&mut **tx, conn => insert.execute(conn))?;
    join(tx, source, group.id)?;
    Ok(group)
}

/// Makes an article the source of a group.
pub fn set_source(tx: &mut Tx<'_>, group: TranslationGroupId, source: ArticleId) -> Result<()> {
    let own = translation_groups::table.filter(translation_groups::id.eq(group));
    diesel::update(own).set(translation_groups::source_id.eq(source)).execute(&mut **tx)?;
    Ok(())
}

/// Makes an article a member of a group. Conflict `translation-exists`.
fn join(tx: &mut Tx<'_>, row: &ArticleRow, group: TranslationGroupId) -> Result<()> {
    diesel::insert_into(translations::table)
        .values((
            translations::article_id.eq(row.id),
            translations::group_id.eq(group),
            translations::behind.eq(false),
        ))
        .execute(&mut **tx)?;
    claim_all(tx, row, group)
}

/// Takes an article out of its group, which has no source then if it was this one, and deletes the group if it was the
/// last.
pub fn leave(tx: &mut Tx<'_>, article: ArticleId, group: Group) -> Result<()> {
    let own = translation_locales::table.filter(translation_locales::article_id.eq(article));
    diesel::delete(own).execute(&mut **tx)?;
    diesel::delete(translations::table.filter(translations::article_id.eq(article))).execute(&mut **tx)?;
    let left = translation_groups::table.filter(translation_groups::id.eq(group.id));
    let members = translations::table.filter(translations::group_id.eq(translation_groups::id));
    let is_deleted = diesel::delete(left.filter(not(exists(members)))).execute(&mut **tx)? == 1;
    if group.source == Some(article) && !is_deleted {
        let nobody = translation_groups::source_id.eq(None::<ArticleId>);
        let update = diesel::update(left).set(nobody);
        crate::on_each!(&mut **tx, conn => update.execute(conn))?;
        update_behind(tx, group.id)?;
    }
    Ok(())
}

/// Moves an article that is stored from one group to another. Returns the event, if these differ. Conflict
/// `translation-exists`.
pub fn change(
    tx: &mut Tx<'_>,
    row: &ArticleRow,
    before: Option<Group>,
    after: Option<Group>,
) -> Result<Option<Event>> {
    if before == after {
        return Ok(None);
    }
    let id = |group: Option<Group>| group.map(|group| group.id);
    if id(before) != id(after) {
        if let Some(group) = before {
            leave(tx, row.id, group)?;
        }
        if let Some(group) = after {
            join(tx, row, group.id)?;
        }
    }
    if let Some(group) = after {
        update_behind(tx, group.id)?;
    }
    // After the lock of the group, as when an article is published: no two transactions wait for each other.
    if id(before) != id(after) && row.live_edition.is_some() {
        render_context::invalidate(tx)?;
    }
    Ok(Some(Event::ArticleTranslationsChanged { article: row.id }))
}

/// Takes the languages of a draft and of its live edition in a group, like [`claim`].
pub fn claim_all(tx: &mut Tx<'_>, row: &ArticleRow, group: TranslationGroupId) -> Result<()> {
    if row.trashed_at.is_some() {
        return claim(tx, row.id, group, &[]);
    }
    let live = renderings::table.filter(renderings::article_id.eq(row.id)).select(renderings::locale);
    let live: Option<Locale> = match row.live_edition {
        Some(_) => live.get_result(&mut **tx).optional()?,
        None => None,
    };
    let locales: Vec<&Locale> = live.iter().chain([&row.locale]).collect();
    claim(tx, row.id, group, &locales)
}

/// Makes an article the member of its group with these languages and no others. Conflict `translation-exists`.
pub fn claim(
    tx: &mut Tx<'_>,
    article: ArticleId,
    group: TranslationGroupId,
    locales: &[&Locale],
) -> Result<()> {
    let own = translation_locales::table.filter(translation_locales::article_id.eq(article));
    let held: Vec<Locale> = own.select(translation_locales::locale).load(&mut **tx)?;
    let freed: Vec<&Locale> = held.iter().filter(|locale| !locales.contains(locale)).collect();
    if !freed.is_empty() {
        diesel::delete(own.filter(translation_locales::locale.eq_any(freed))).execute(&mut **tx)?;
    }
    for locale in locales.iter().filter(|locale| !held.contains(locale)) {
        take(tx, article, group, locale)?;
    }
    Ok(())
}

fn take(tx: &mut Tx<'_>, article: ArticleId, group: TranslationGroupId, locale: &Locale) -> Result<()> {
    let row = diesel::insert_into(translation_locales::table).values((
        translation_locales::group_id.eq(group),
        translation_locales::locale.eq(locale),
        translation_locales::article_id.eq(article),
    ));
    let inserted = crate::on_each!(&mut **tx, conn => row.on_conflict_do_nothing().execute(conn))?;
    if inserted == 1 {
        return Ok(());
    }
    let holder: Option<ArticleId> = translation_locales::table
        .filter(translation_locales::group_id.eq(group))
        .filter(translation_locales::locale.eq(locale))
        .select(translation_locales::article_id)
        .get_result(&mut **tx)
        .optional()?;
    match holder {
        Some(holder) if holder == article => Ok(()),
        Some(holder) => {
            let details = Details { id: Some(holder.uuid()), ..Details::default() };
            let detail = format!("The translation group has another article in {locale}.");
            Err(details.conflict("translation-exists", detail))
        }
        // It was freed a moment ago.
        None => Err(Tx::retry()),
    }
}
