//! Invitations: the link with which a new user chooses a password. Inviting again replaces the link before.

use super::emails::AccountEmails;
use super::links::{NewLink, Purpose};
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::events::Event;
use crate::users::store::UserRow;

/// Sends an invitation to a user who has no password yet.
///
/// # Errors
/// Those of the database.
pub fn send(tx: &mut Tx<'_>, emails: &AccountEmails, user: &UserRow) -> Result<()> {
    let link = NewLink::new(tx, emails.keys(), Purpose::Invitation, tx.now())?;
    let email = emails.invitation(tx, user, &link)?;
    link.insert(tx, emails.keys(), user.id, Some(email), None)?;
    tx.append(Event::UserInvited(user.id));
    Ok(())
}

/// Invites a user who has no password yet with a link that is not mailed, and returns the link.
///
/// # Errors
/// Those of the database.
pub fn link(tx: &mut Tx<'_>, emails: &AccountEmails, user: &UserRow) -> Result<String> {
    let link = NewLink::new(tx, emails.keys(), Purpose::Invitation, tx.now())?;
    let url = emails.password_url(&link.token);
    link.insert(tx, emails.keys(), user.id, None, None)?;
    tx.append(Event::UserInvited(user.id));
    Ok(url)
}
