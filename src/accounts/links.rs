//! The links in account emails. Each works once, and until a newer one of the same purpose replaces it. Its token is a keyed
//! hash of the row's id, of which only a hash is stored: a copy of the database contains no link that works.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diesel::prelude::*;

use crate::app::App;
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::{account_links, users};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::http::json::sha256;
use crate::base::ids::{AccountLinkId, ActorId, EmailId, UserId};
use crate::base::text::email::EmailAddress;
use crate::outbox;
use crate::users::store::UserRow;

/// How long a password can be reset after the mail server has accepted the email.
const RESET_FOR: Duration = Duration::from_secs(10 * 60);
/// How long rows of links are kept after they have expired.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// The longest text that is parsed as a token.
const MAX_BYTES: usize = 100;
/// Separates sealed addresses from other seals made with the same key.
const SEAL: &str = "new-email";

const HOUR: u64 = 3600;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Accepting an invitation by choosing a password.
    Invitation,
    /// Choosing another password.
    PasswordReset,
    /// Confirming a new email address.
    EmailChange,
}

impl Purpose {
    /// The purposes of links that set a password.
    pub const OF_PASSWORDS: [Self; 2] = [Self::Invitation, Self::PasswordReset];
    /// All purposes.
    pub const ALL: [Self; 3] = [Self::Invitation, Self::PasswordReset, Self::EmailChange];

    fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::PasswordReset => "password_reset",
            Self::EmailChange => "email_change",
        }
    }

    /// How long a link works at most.
    fn life(self) -> Duration {
        Duration::from_secs(match self {
            Self::Invitation => 72 * HOUR,
            Self::PasswordReset => HOUR,
            Self::EmailChange => 24 * HOUR,
        })
    }
}

/// The token of a link: 256 bits. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(String);

impl std::fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl LinkToken {
    fn of(keys: &Keys, link: AccountLinkId) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(keys.mac("account-link", &link.to_string())))
    }

    /// The token in a link; `None` if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() <= MAX_BYTES && !text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The token as links contain it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn hash(&self) -> Vec<u8> {
        sha256(self.0.as_bytes()).to_vec()
    }
}

/// A link that is not stored yet, so that its email can be written first.
#[derive(Debug)]
pub struct NewLink {
    id: AccountLinkId,
    purpose: Purpose,
    /// Its token.
    pub token: LinkToken,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Whether it was asked for from a network that the user has logged in from.
    pub from_known_network: bool,
}

impl NewLink {
    /// A link that was asked for at that time.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn new(tx: &Tx<'_>, keys: &Keys, purpose: Purpose, asked_at: Timestamp) -> Result<Self> {
        let id = tx.new_id()?;
        let (token, expires_at) = (LinkToken::of(keys, id), asked_at.plus(purpose.life()));
        Ok(Self { id, purpose, token, expires_at, from_known_network: false })
    }

    /// When its email is no longer worth sending: a reset needs the time that it is promised.
    #[must_use]
    pub fn email_expires_at(&self) -> Timestamp {
        match self.purpose {
            Purpose::PasswordReset => self.expires_at.minus(RESET_FOR),
            Purpose::Invitation | Purpose::EmailChange => self.expires_at,
        }
    }

    /// Stores the link, which was sent in `email`, and makes older ones for the same purpose useless. The actor of the
    /// unit of work is recorded as the one who asked for it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn insert(
        self,
        tx: &mut Tx<'_>,
        keys: &Keys,
        user: UserId,
        email: Option<EmailId>,
        new_email: Option<&EmailAddress>,
    ) -> Result<()> {
        close(tx, user, &[self.purpose])?;
        let seal = |address: &EmailAddress| keys.seal(SEAL, address.as_str().as_bytes(), tx.random());
        let sealed = new_email.map(seal).transpose()?;
        let (now, asked_by) = (tx.now(), tx.actor());
        diesel::insert_into(account_links::table)
            .values((
                account_links::id.eq(self.id),
                account_links::user_id.eq(user),
                account_links::purpose.eq(self.purpose.as_str()),
                account_links::token_hash.eq(self.token.hash()),
                account_links::email_id.eq(email),
                account_links::new_email.eq(sealed),
                account_links::asked_by.eq(asked_by),
                account_links::from_known_network.eq(self.from_known_network),
                account_links::created_at.eq(now),
                account_links::expires_at.eq(self.expires_at),
            ))
            .execute(&mut **tx)?;
        Ok(())
    }
}

/// A link that works.
#[derive(Debug, Clone)]
pub struct Link {
    id: AccountLinkId,
    /// What it is for.
    pub purpose: Purpose,
    /// Whose it is.
    pub user: UserRow,
    /// Who asked for it; `None` for the command line, and where nobody was logged in.
    pub asked_by: Option<ActorId>,
    new_email: Option<Vec<u8>>,
}

/// What became of the link with a token.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// It works.
    Good(Box<Link>),
    /// It has expired, was used or replaced, or its user can no longer log in.
    Expired,
    /// There is no such link.
    Unknown,
}

#[derive(Queryable)]
struct Row {
    id: AccountLinkId,
    purpose: String,
    new_email: Option<Vec<u8>>,
    asked_by: Option<ActorId>,
    email: Option<EmailId>,
    expires_at: Timestamp,
    used_at: Option<Timestamp>,
}

/// The link with the token that a request contains, if it is for one of these purposes.
///
/// # Errors
/// Those of the database.
pub async fn look_up(app: &App, token: &str, purposes: &'static [Purpose]) -> Result<Lookup> {
    let (Some(token), now) = (LinkToken::parse(token), app.clock.now()) else { return Ok(Lookup::Unknown) };
    app.db.read(move |conn| find(conn, &token, purposes, now)).await
}

/// The link with that token, if it is for one of these purposes.
///
/// # Errors
/// Those of the database.
pub fn find(
    conn: &mut Connection,
    token: &LinkToken,
    purposes: &[Purpose],
    now: Timestamp,
) -> Result<Lookup> {
    let found: Option<(Row, UserRow)> = account_links::table
        .inner_join(users::table.on(users::id.eq(account_links::user_id)))
        .filter(account_links::token_hash.eq(token.hash()))
        .select((
            (
                account_links::id,
                account_links::purpose,
                account_links::new_email,
                account_links::asked_by,
                account_links::email_id,
                account_links::expires_at,
                account_links::used_at,
            ),
            users::all_columns,
        ))
        .get_result(conn)
        .optional()?;
    let Some((row, user)) = found else { return Ok(Lookup::Unknown) };
    let Row { id, purpose, new_email, asked_by, email, expires_at, used_at } = row;
    let Some(purpose) = purposes.iter().copied().find(|wanted| wanted.as_str() == purpose) else {
        return Ok(Lookup::Unknown);
    };
    let ends_at = ends_at(conn, purpose, email, expires_at)?;
    let is_gone = user.disabled_at.is_some() || user.erased_at.is_some();
    if used_at.is_some() || ends_at <= now || is_gone {
        return Ok(Lookup::Expired);
    }
    Ok(Lookup::Good(Box::new(Link { id, purpose, user, asked_by, new_email })))
}

/// When a link that was sent in `email` expires.
fn ends_at(
    conn: &mut Connection,
    purpose: Purpose,
    email: Option<EmailId>,
    expires_at: Timestamp,
) -> Result<Timestamp> {
    let sent_at = match (purpose, email) {
        (Purpose::PasswordReset, Some(email)) => outbox::sent_at(conn, email)?,
        _ => None,
    };
    Ok(sent_at.map_or(expires_at, |at| at.plus(RESET_FOR).min(expires_at)))
}

/// Whether a user has a valid link for that purpose.
///
/// # Errors
/// Those of the database.
pub fn has_open(conn: &mut Connection, user: UserId, purpose: Purpose, now: Timestamp) -> Result<bool> {
    // A new link replaces the one before: there is at most one.
    let unused: Option<(Option<EmailId>, Timestamp)> = account_links::table
        .filter(account_links::user_id.eq(user))
        .filter(account_links::purpose.eq(purpose.as_str()))
        .filter(account_links::used_at.is_null())
        .filter(account_links::expires_at.gt(now))
        .order(account_links::id.desc())
        .select((account_links::email_id, account_links::expires_at))
        .first(conn)
        .optional()?;
    let Some((email, expires_at)) = unused else { return Ok(false) };
    Ok(ends_at(conn, purpose, email, expires_at)? > now)
}

/// The link with that token, which is used up by this.
///
/// # Errors
/// Conflict `link-invalid`, if it does not work or another request has just used it.
pub fn use_up(tx: &mut Tx<'_>, token: &LinkToken, purposes: &[Purpose]) -> Result<Link> {
    AdvisoryLock::Accounts.take(tx)?;
    let now = tx.now();
    let Lookup::Good(link) = find(tx, token, purposes, now)? else { return Err(invalid()) };
    let unused =
        account_links::table.filter(account_links::id.eq(link.id)).filter(account_links::used_at.is_null());
    let used = diesel::update(unused).set(account_links::used_at.eq(Some(now))).execute(&mut **tx)?;
    if used == 1 { Ok(*link) } else { Err(invalid()) }
}

/// The refusal of a link that does not work, for whatever reason.
#[must_use]
pub fn invalid() -> Error {
    Error::conflict("link-invalid", "This link is unknown, has expired, or was used or replaced.")
}

impl Link {
    /// The address that the link confirms.
    ///
    /// # Errors
    /// Internal, if it has none.
    pub fn new_email(&self, keys: &Keys) -> Result<EmailAddress> {
        let broken = || Error::internal(format!("the account link {} has no new address", self.id));
        let sealed = self.new_email.as_deref().ok_or_else(broken)?;
        let text = String::from_utf8(keys.unseal(SEAL, sealed)?).map_err(|_| broken())?;
        EmailAddress::parse(&text).map_err(|_| broken())
    }
}

/// Makes the links of a user for these purposes useless, and cancels those of their emails that are not sent yet.
///
/// # Errors
/// Those of the database.
pub fn close(tx: &mut Tx<'_>, user: UserId, purposes: &[Purpose]) -> Result<()> {
    let now = tx.now();
    let names: Vec<&str> = purposes.iter().map(|purpose| purpose.as_str()).collect();
    let open = account_links::table
        .filter(account_links::user_id.eq(user))
        .filter(account_links::purpose.eq_any(names))
        .filter(account_links::used_at.is_null());
    let found: Vec<(AccountLinkId, Option<EmailId>)> =
        open.select((account_links::id, account_links::email_id)).load(&mut **tx)?;
    if found.is_empty() {
        return Ok(());
    }
    let (ids, emails): (Vec<AccountLinkId>, Vec<Option<EmailId>>) = found.into_iter().unzip();
    diesel::update(account_links::table.filter(account_links::id.eq_any(ids)))
        .set(account_links::used_at.eq(Some(now)))
        .execute(&mut **tx)?;
    outbox::cancel_emails(tx, &emails.into_iter().flatten().collect::<Vec<_>>())
}

/// How many password resets of a user were asked for since then, from networks that are known to be the user's or from
/// all others. Rows are kept for a day at least.
///
/// # Errors
/// Those of the database.
pub fn count_resets(
    conn: &mut Connection,
    user: UserId,
    from_known_network: bool,
    since: Timestamp,
) -> Result<i64> {
    Ok(account_links::table
        .filter(account_links::user_id.eq(user))
        .filter(account_links::purpose.eq(Purpose::PasswordReset.as_str()))
        .filter(account_links::from_known_network.eq(from_known_network))
        .filter(account_links::created_at.gt(since))
        .count()
        .get_result(conn)?)
}

/// Deletes up to 500 links that expired more than a day ago. Returns whether there may be more.
///
/// # Errors
/// Those of the database.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now().minus(KEPT_FOR);
    let old: Vec<AccountLinkId> = account_links::table
        .filter(account_links::expires_at.le(before))
        .select(account_links::id)
        .limit(500)
        .load(&mut **tx)?;
    diesel::delete(account_links::table.filter(account_links::id.eq_any(&old))).execute(&mut **tx)?;
    Ok(old.len() == 500)
}
