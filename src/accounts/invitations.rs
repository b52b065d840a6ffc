//! Invitations: the link with which a new user chooses a password. Inviting again replaces the link before.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diesel::prelude::*;

use super::emails::AccountEmails;
use crate::base::db::Tx;
use crate::base::db::schema::account_links;
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::http::json::sha256;
use crate::base::ids::AccountLinkId;
use crate::users::store::UserRow;

/// How long an invitation is good.
const GOOD_FOR: Duration = Duration::from_secs(72 * 3600);

/// Sends an invitation to a user who has no password yet.
///
/// # Errors
/// Those of the database.
pub fn send(tx: &mut Tx<'_>, emails: &AccountEmails, user: &UserRow) -> Result<()> {
    link(tx, emails, user).map(|_| ())
}

/// Invites a user who has no password yet with a link that is not mailed, and returns the link.
///
/// # Errors
/// Those of the database.
pub fn link(tx: &mut Tx<'_>, emails: &AccountEmails, user: &UserRow) -> Result<String> {
    let (id, now) = (tx.new_id::<AccountLinkId>()?, tx.now());
    let token = BASE64_URL_SAFE_NO_PAD.encode(emails.keys().mac("account-link", &id.to_string()));
    let earlier = account_links::table
        .filter(account_links::user_id.eq(user.id))
        .filter(account_links::purpose.eq("invitation"));
    diesel::delete(earlier).execute(&mut **tx)?;
    diesel::insert_into(account_links::table)
        .values((
            account_links::id.eq(id),
            account_links::user_id.eq(user.id),
            account_links::purpose.eq("invitation"),
            account_links::token_hash.eq(sha256(token.as_bytes()).to_vec()),
            account_links::created_at.eq(now),
            account_links::expires_at.eq(now.plus(GOOD_FOR)),
        ))
        .execute(&mut **tx)?;
    tx.append(Event::UserInvited(user.id));
    Ok(emails.password_url(&token))
}
