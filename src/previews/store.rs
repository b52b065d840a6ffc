//! How preview links are stored. Revoking one deletes its row. One that has expired is kept for a while, so that whoever
//! opens it is told why it does not work.

use std::time::Duration;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::{MAX_LINKS, NewLink};
use crate::articles::store::ArticleRow;
use crate::auth::preview_token::PreviewToken;
use crate::auth::{Identity, ReadDrafts, Role, Scope};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{api_keys, articles, preview_links, reviews, users};
use crate::base::db::{Connection, Tx};
use crate::base::error::{AuthFailure, Denial, Error, Result};
use crate::base::events::Event;
use crate::base::ids::{ActorId, ArticleId, PreviewLinkId, UserId};

/// How long rows are kept after the links have expired.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// A preview link, without its token.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct LinkRow {
    /// The id.
    pub id: PreviewLinkId,
    /// The revision that it shows; `None` for the draft as it is.
    pub revision: Option<i64>,
    /// Who created it.
    pub actor_id: ActorId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// What a link opens.
#[derive(Debug, Clone, Copy)]
pub struct Opened {
    /// The article.
    pub article: ArticleId,
    /// The revision; `None` for the draft as it is.
    pub revision: Option<i64>,
}

impl Opened {
    /// Checks that the link opens that article. One in the trash is not shown to strangers.
    ///
    /// # Errors
    /// Hidden, if it is another article or in the trash.
    pub fn check(&self, row: &ArticleRow) -> Result<()> {
        if row.id != self.article || row.trashed_at.is_some() {
            return Err(Error::Hidden("article"));
        }
        Ok(())
    }
}

/// The names of the roles that have the right to read drafts in this scope.
fn readers(scope: Scope) -> Vec<&'static str> {
    Role::ALL.into_iter().filter(|role| role.scope::<ReadDrafts>() == scope).map(Role::as_str).collect()
}

/// Whether the creator of a link is active, with a valid API key if they used one, and may read the draft: as its owner
/// or as the assignee of its review, or because their role may read all.
#[diesel::dsl::auto_type]
fn has_creator(now: Timestamp) -> _ {
    let of_all: Vec<&'static str> = readers(Scope::Any);
    let of_own: Vec<&'static str> = readers(Scope::Own);
    let ended_key = api_keys::table
        .filter(api_keys::id.eq(preview_links::actor_id))
        .filter(api_keys::revoked_at.is_not_null().or(api_keys::expires_at.le(now).assume_not_null()));
    let owned = articles::table
        .filter(articles::id.eq(preview_links::article_id))
        .filter(articles::owner_id.eq(preview_links::user_id));
    let assigned = reviews::table
        .filter(reviews::article_id.eq(preview_links::article_id))
        .filter(reviews::ended_at.is_null())
        .filter(reviews::assignee_id.eq(preview_links::user_id.nullable()));
    let creator = users::table
        .filter(users::id.eq(preview_links::user_id))
        .filter(users::disabled_at.is_null())
        .filter(
            users::role.eq_any(of_all).or(users::role.eq_any(of_own).and(exists(owned).or(exists(assigned)))),
        );
    exists(creator).and(not(exists(ended_key)))
}

/// Whether a link works at this time.
#[diesel::dsl::auto_type]
fn works(now: Timestamp) -> _ {
    let has_creator: has_creator = has_creator(now);
    preview_links::expires_at.gt(now).and(has_creator)
}

/// The links of an article that work at `now`, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Connection, article: ArticleId, now: Timestamp) -> Result<Vec<LinkRow>> {
    Ok(preview_links::table
        .filter(preview_links::article_id.eq(article))
        .filter(works(now))
        .order(preview_links::id.desc())
        .select((
            preview_links::id,
            preview_links::revision,
            preview_links::actor_id,
            preview_links::created_at,
            preview_links::expires_at,
        ))
        .limit(MAX_LINKS)
        .load(conn)?)
}

/// Creates a link of an article, which the caller has locked, and returns it with the token that is shown once.
///
/// # Errors
/// Conflict `preview-links-too-many`.
pub fn create(
    tx: &mut Tx<'_>,
    creator: &Identity,
    article: &ArticleRow,
    new: NewLink,
) -> Result<(LinkRow, PreviewToken)> {
    let of_article = preview_links::table.filter(preview_links::article_id.eq(article.id));
    let working = of_article.filter(works(tx.now()));
    if working.count().get_result::<i64>(&mut **tx)? >= MAX_LINKS {
        let detail = format!("An article can have {MAX_LINKS} preview links. Revoke one that is not needed.");
        return Err(Error::conflict("preview-links-too-many", detail));
    }
    let token = PreviewToken::make(tx.random())?;
    let row = LinkRow {
        id: tx.new_id()?,
        revision: new.revision,
        actor_id: creator.actor(),
        created_at: tx.now(),
        expires_at: new.expires_at,
    };
    diesel::insert_into(preview_links::table)
        .values((
            preview_links::id.eq(row.id),
            preview_links::article_id.eq(article.id),
            preview_links::token_hash.eq(token.hash().to_vec()),
            preview_links::revision.eq(row.revision),
            preview_links::user_id.eq(creator.user),
            preview_links::actor_id.eq(row.actor_id),
            preview_links::created_at.eq(row.created_at),
            preview_links::expires_at.eq(row.expires_at),
        ))
        .execute(&mut **tx)?;
    tx.append(Event::PreviewLinkCreated { article: article.id, link: row.id });
    Ok((row, token))
}

/// Revokes a link of an article, of `only_of` if it is given: it is refused from the next request on.
///
/// # Errors
/// Not found; forbidden, if it is somebody else's.
pub fn revoke(tx: &mut Tx<'_>, article: ArticleId, id: PreviewLinkId, only_of: Option<UserId>) -> Result<()> {
    let own =
        preview_links::table.filter(preview_links::id.eq(id)).filter(preview_links::article_id.eq(article));
    let creator: Option<UserId> = own.select(preview_links::user_id).get_result(&mut **tx).optional()?;
    if only_of.is_some() && creator.is_some() && creator != only_of {
        return Err(Error::Forbidden(Denial::Right));
    }
    if diesel::delete(own).execute(&mut **tx)? == 0 {
        return Err(Error::NotFound("preview link"));
    }
    tx.append(Event::PreviewLinkRevoked { article, link: id });
    Ok(())
}

/// Revokes every link that a user or one of their API keys created.
///
/// # Errors
/// Those of the database.
pub fn revoke_all_of(tx: &mut Tx<'_>, user: UserId) -> Result<()> {
    diesel::delete(preview_links::table.filter(preview_links::user_id.eq(user))).execute(&mut **tx)?;
    Ok(())
}

/// What the link with that token opens at `now`.
///
/// # Errors
/// Unauthenticated, if there is no such link, or if it does not work: it has expired, or its creator is not active, has
/// no valid API key or may no longer read the draft.
pub fn open(conn: &mut Connection, token: &PreviewToken, now: Timestamp) -> Result<Opened> {
    let found: Option<(ArticleId, Option<i64>, Timestamp)> = preview_links::table
        .filter(preview_links::token_hash.eq(token.hash().to_vec()))
        .filter(has_creator(now))
        .select((preview_links::article_id, preview_links::revision, preview_links::expires_at))
        .get_result(conn)
        .optional()?;
    let (article, revision, expires_at) = found.ok_or(Error::Unauthenticated(AuthFailure::UnknownLink))?;
    if expires_at <= now {
        return Err(Error::Unauthenticated(AuthFailure::ExpiredLink));
    }
    Ok(Opened { article, revision })
}

/// Deletes up to 500 links that expired more than 30 days ago. Returns whether there may be more.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now().minus(KEPT_FOR);
    let old: Vec<PreviewLinkId> = preview_links::table
        .filter(preview_links::expires_at.le(before))
        .select(preview_links::id)
        .limit(500)
        .load(&mut **tx)?;
    diesel::delete(preview_links::table.filter(preview_links::id.eq_any(&old))).execute(&mut **tx)?;
    Ok(old.len() == 500)
}
