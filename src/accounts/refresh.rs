//! Refresh tokens. Each works once and leads to the next, which is computed from it: a client that lost the response asks
//! again and gets the same one, from any replica. A token that is used later was stolen, from whichever side, and ends the
//! session.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diesel::prelude::*;

use super::sessions::{self, Lifetime, SessionRow, Which};
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{refresh_tokens as tokens, sessions as session_rows, users};
use crate::base::db::{Connection, Tx};
use crate::base::error::{AuthFailure, Result};
use crate::base::events::Event;
use crate::base::http::json::sha256;
use crate::base::ids::{SessionId, UserId};
use crate::users::store::UserRow;

/// How long a client that lost the response may ask again.
const GRACE: Duration = Duration::from_secs(10);
/// The characters of a refresh token.
const LENGTH: usize = 43;

/// A refresh token: 256 bits. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl RefreshToken {
    /// The token with that text; `None` if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == LENGTH && BASE64_URL_SAFE_NO_PAD.decode(text).is_ok()).then(|| Self(text.to_owned()))
    }

    /// The token itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The token that takes this one's place.
    fn successor(&self, keys: &Keys) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(keys.mac("refresh", &self.0)))
    }

    fn hash(&self) -> Vec<u8> {
        sha256(self.0.as_bytes()).to_vec()
    }
}

/// A session and the token that refreshes it next.
#[derive(Debug)]
pub struct Refreshable {
    /// The session.
    pub session: SessionRow,
    /// Whose it is.
    pub user: UserRow,
    /// The token.
    pub token: RefreshToken,
    /// When the token expires.
    pub expires_at: Timestamp,
}

impl Refreshable {
    fn new(session: SessionRow, user: UserRow, token: RefreshToken) -> Self {
        let expires_at = session.idle_at;
        Self { session, user, token, expires_at }
    }
}

/// The first token of a new session.
///
/// # Errors
/// Those of the database.
pub fn first(tx: &mut Tx<'_>, session: SessionRow, user: UserRow) -> Result<Refreshable> {
    let token = RefreshToken(tx.random().token()?);
    insert(tx, &token, session.id)?;
    Ok(Refreshable::new(session, user, token))
}

/// The session that a token is of, and its user, whether it has ended or not; `None` if there is no such token.
///
/// # Errors
/// Those of the database.
pub fn session_of(conn: &mut Connection, token: &RefreshToken) -> Result<Option<(SessionId, UserId)>> {
    Ok(tokens::table
        .inner_join(session_rows::table.on(session_rows::id.eq(tokens::session_id)))
        .filter(tokens::hash.eq(token.hash()))
        .select((session_rows::id, session_rows::user_id))
        .get_result(conn)
        .optional()?)
}

/// The session that a token could refresh now, and its user: the session has not ended, and the token was not used
/// before or just now.
///
/// # Errors
/// Those of the database.
pub fn find_usable(tx: &mut Tx<'_>, token: &RefreshToken) -> Result<Option<(SessionId, UserId)>> {
    let now = tx.now();
    let Some((used_at, session, user)) = find(tx, token)? else { return Ok(None) };
    let is_usable = is_alive(&session, &user, now) && used_at.is_none_or(|at| at.plus(GRACE) > now);
    Ok(is_usable.then_some((session.id, user.id)))
}

fn is_alive(session: &SessionRow, user: &UserRow, now: Timestamp) -> bool {
    session.ended_at.is_none() && session.idle_at > now && user.disabled_at.is_none()
}

/// What is read of a presented token: when it was used, its session and the session's user.
type Presented = (Option<Timestamp>, SessionRow, UserRow);

/// Exchanges a token for its successor. A failure is a value, because the end of a session has to be committed.
///
/// # Errors
/// Those of the database.
pub fn exchange(
    tx: &mut Tx<'_>,
    keys: &Keys,
    token: &RefreshToken,
    lifetime: Lifetime,
) -> Result<Result<Refreshable, AuthFailure>> {
    let now = tx.now();
    let unused = tokens::table.filter(tokens::hash.eq(token.hash())).filter(tokens::used_at.is_null());
    let is_first_use = diesel::update(unused).set(tokens::used_at.eq(Some(now))).execute(&mut **tx)? == 1;
    let Some((used_at, mut session, user)) = find(tx, token)? else {
        return Ok(Err(AuthFailure::InvalidToken));
    };
    if !is_alive(&session, &user, now) {
        return Ok(Err(AuthFailure::EndedSession));
    }
    let successor = token.successor(keys);
    if is_first_use {
        insert(tx, &successor, session.id)?;
        sessions::note_refresh(tx, &mut session, lifetime)?;
        return Ok(Ok(Refreshable::new(session, user, successor)));
    }
    let is_recent = used_at.is_some_and(|at| at.plus(GRACE) > now);
    match find(tx, &successor)? {
        Some((None, ..)) if is_recent => Ok(Ok(Refreshable::new(session, user, successor))),
        _ => {
            sessions::end(tx, user.id, Which::Only(session.id))?;
            tx.append(Event::SessionReuseDetected { user: user.id, session: session.id });
            Ok(Err(AuthFailure::ReusedToken))
        }
    }
}

fn find(conn: &mut Connection, token: &RefreshToken) -> Result<Option<Presented>> {
    Ok(tokens::table
        .inner_join(session_rows::table.on(session_rows::id.eq(tokens::session_id)))
        .inner_join(users::table.on(users::id.eq(session_rows::user_id)))
        .filter(tokens::hash.eq(token.hash()))
        .select((tokens::used_at, session_rows::all_columns, users::all_columns))
        .get_result(conn)
        .optional()?)
}

fn insert(tx: &mut Tx<'_>, token: &RefreshToken, session: SessionId) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(tokens::table)
        .values((tokens::hash.eq(token.hash()), tokens::session_id.eq(session), tokens::created_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}
