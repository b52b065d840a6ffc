//! Changes of a user's email address. The new address counts once its owner has confirmed it; the old one is told when
//! the change is asked for, and when it counts.

use super::emails::AccountEmails;
use super::links::{self, LinkToken, NewLink, Purpose};
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::UserId;
use crate::base::text::email::EmailAddress;
use crate::users::store::{self, UserRow};

/// Sends a link to the new address that confirms it, and tells the old one.
///
/// # Errors
/// Conflict `email-taken`.
pub fn request(tx: &mut Tx<'_>, emails: &AccountEmails, user: &UserRow, new: &EmailAddress) -> Result<()> {
    store::check_email_free(tx, user.id, new)?;
    let link = NewLink::new(tx, emails.keys(), Purpose::EmailChange, tx.now())?;
    let email = emails.email_change(tx, user, new, &link)?;
    link.insert(tx, emails.keys(), user.id, Some(email), Some(new))?;
    emails.email_change_requested(tx, user, new)?;
    tx.append(Event::UserEmailChangeRequested(user.id));
    Ok(())
}

/// Withdraws the change that waits for its confirmation, if there is one.
///
/// # Errors
/// Those of the database.
pub fn withdraw(tx: &mut Tx<'_>, user: UserId) -> Result<()> {
    links::close(tx, user, &[Purpose::EmailChange])
}

/// Gives the user of a link the address that it confirms. Links in emails to the old address no longer work.
///
/// # Errors
/// Conflict `link-invalid`, `email-taken`.
pub fn confirm(tx: &mut Tx<'_>, emails: &AccountEmails, token: &LinkToken) -> Result<()> {
    let link = links::use_up(tx, token, &[Purpose::EmailChange])?;
    let (user, asked_by, new) = (&link.user, link.asked_by, link.new_email(emails.keys())?);
    store::set_email(tx, user.id, &new)?;
    links::close(tx, user.id, &Purpose::OF_PASSWORDS)?;
    emails.email_changed(tx, user, &new)?;
    tx.append(Event::UserEmailChanged { user: user.id, asked_by });
    Ok(())
}
