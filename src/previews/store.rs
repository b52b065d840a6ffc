//! How preview links are stored. Revoking one deletes its row. One that has expired is kept for a while, so that whoever
//! opens it is told why it does not work.

use std::time::Duration;

use diesel::prelude::*;

use super::{MAX_LINKS, NewLink};
use crate::articles::resolve::covers;
use crate::articles::store::ArticleRow;
use crate::auth::preview_token::PreviewToken;
use crate::auth::{Identity, ReadDrafts, Role};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{api_keys, preview_links, users};
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
    /// Who created the link.
    creator: Identity,
}

impl Opened {
    /// Checks that the link opens that article, and that its creator may still read the draft. One in the trash is not
    /// shown to strangers.
    ///
    /// # Errors
    /// Hidden, if it is another article or in the trash; unauthenticated, if the creator may no longer read it.
    pub fn check(&self, conn: &mut Connection, row: &ArticleRow) -> Result<()> {
        if row.id != self.article || row.trashed_at.is_some() {
            return Err(Error::Hidden("article"));
        }
        if covers::<ReadDrafts>(conn, &self.creator, row)? {
            return Ok(());
        }
        Err(Error::Unauthenticated(AuthFailure::InvalidToken))
    }
}

/// The links of an article that work at `now`, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Connection, article: ArticleId, now: Timestamp) -> Result<Vec<LinkRow>> {
    Ok(preview_links::table
        .inner_join(users::table.on(users::id.eq(preview_links::user_id)))
        .filter(preview_links::article_id.eq(article))
        .filter(preview_links::expires_at.gt(now))
        .filter(users::disabled_at.is_null())
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
    let working = preview_links::table
        .inner_join(users::table.on(users::id.eq(preview_links::user_id)))
        .filter(users::disabled_at.is_null())
        .filter(preview_links::article_id.eq(article.id))
        .filter(preview_links::expires_at.gt(tx.now()));
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
/// Unauthenticated, if it has expired, or if there is no such link, or none of an active user and a valid API key.
pub fn open(conn: &mut Connection, token: &PreviewToken, now: Timestamp) -> Result<Opened> {
    type Row = (ArticleId, Option<i64>, Timestamp, UserId, String, ActorId);
    let found: Option<Row> = preview_links::table
        .inner_join(users::table.on(users::id.eq(preview_links::user_id)))
        .filter(preview_links::token_hash.eq(token.hash().to_vec()))
        .filter(users::disabled_at.is_null())
        .select((
            preview_links::article_id,
            preview_links::revision,
            preview_links::expires_at,
            users::id,
            users::role,
            preview_links::actor_id,
        ))
        .get_result(conn)
        .optional()?;
    let unknown = || Error::Unauthenticated(AuthFailure::InvalidToken);
    let (article, revision, expires_at, user, role, actor) = found.ok_or_else(unknown)?;
    let role = Role::parse(&role).ok_or_else(unknown)?;
    let is_ended = api_keys::revoked_at.is_not_null().or(api_keys::expires_at.le(now).assume_not_null());
    let ended = api_keys::table.filter(api_keys::id.eq(actor)).filter(is_ended);
    if diesel::select(diesel::dsl::exists(ended)).get_result(conn)? {
        return Err(unknown());
    }
    if expires_at <= now {
        return Err(Error::Unauthenticated(AuthFailure::ExpiredLink));
    }
    Ok(Opened { article, revision, creator: Identity::of(user, role) })
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
