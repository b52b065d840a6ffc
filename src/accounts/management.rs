//! What admins, and operators on the command line, change of users. All of it counts from the next request on, on every
//! replica.

use super::emails::AccountEmails;
use super::links::{self, Purpose};
use super::sessions::{self, Which};
use super::{email_changes, invitations};
use crate::auth::Role;
use crate::authors::of_users;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::{AuthorId, UserId};
use crate::base::text::email::EmailAddress;
use crate::outbox::{self, Recipient};
use crate::previews;
use crate::users::UserState;
use crate::users::admins::{self, LockedUser};
use crate::users::store::{self, UserRow};

/// What to change of a user; `None` keeps it.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The name.
    pub name: Option<String>,
    /// The role.
    pub role: Option<Role>,
    /// Whether the user is disabled.
    pub disabled: Option<bool>,
    /// The author that the user is; `Some(None)` removes the link.
    pub author: Option<Option<AuthorId>>,
    /// The email address. The present address withdraws a pending change.
    pub email: Option<EmailAddress>,
}

/// Changes a user, who loses all sessions and links when disabled. Nothing is written if nothing differs.
///
/// # Errors
/// Not found; conflict `last-admin`, `email-taken`, `mail-not-configured`; those of the author.
pub fn update(tx: &mut Tx<'_>, emails: &AccountEmails, id: UserId, change: &UserChange) -> Result<UserRow> {
    let locked = admins::lock(tx, id, None)?;
    let mut new = locked.row.clone();
    if let Some(name) = &change.name {
        new.name.clone_from(name);
    }
    if let Some(role) = change.role {
        role.as_str().clone_into(&mut new.role);
    }
    if let Some(disabled) = change.disabled {
        new.disabled_at = disabled.then(|| new.disabled_at.unwrap_or_else(|| tx.now()));
    }
    let user = save(tx, &locked, new)?;
    if let Some(author) = change.author {
        of_users::set(tx, id, author)?;
    }
    match &change.email {
        Some(email) => change_email(tx, emails, user, email),
        None => Ok(user),
    }
}

/// Asks the user to confirm a new address. A user in the state `invited` is sent the invitation there instead.
fn change_email(
    tx: &mut Tx<'_>,
    emails: &AccountEmails,
    user: UserRow,
    new: &EmailAddress,
) -> Result<UserRow> {
    if new.as_str() == user.email {
        email_changes::withdraw(tx, user.id)?;
        return Ok(user);
    }
    emails.check_reach()?;
    if user.state() != UserState::Invited {
        email_changes::request(tx, emails, &user, new)?;
        return Ok(user);
    }
    store::set_email(tx, user.id, new)?;
    tx.append(Event::UserEmailChanged { user: user.id, asked_by: None });
    let user = store::find(tx, user.id)?.ok_or(Error::NotFound("user"))?;
    invitations::send(tx, emails, &user)?;
    Ok(user)
}

fn save(tx: &mut Tx<'_>, locked: &LockedUser, mut new: UserRow) -> Result<UserRow> {
    let (old, user) = (&locked.row, new.id);
    if new == *old {
        return Ok(new);
    }
    locked.check_admin_remains(Some(&new))?;
    new.updated_at = tx.now();
    store::update(tx, &new)?;
    if new.name != old.name {
        tx.append(Event::UserUpdated(user));
    }
    if new.role != old.role {
        tx.append(Event::UserRoleChanged { user, role: new.role.clone() });
    }
    match (old.disabled_at, new.disabled_at) {
        (None, Some(_)) => {
            tx.append(Event::UserDisabled(user));
            sessions::end(tx, user, Which::All)?;
            links::close(tx, user, &Purpose::ALL)?;
            outbox::cancel(tx, Recipient::User(user))?;
            previews::store::revoke_all_of(tx, user)?;
        }
        (Some(_), None) => tx.append(Event::UserEnabled(user)),
        _ => {}
    }
    Ok(new)
}

/// Checks that a user is invited and has not accepted yet.
///
/// # Errors
/// Conflict `not-invited`.
pub fn check_invited(user: &UserRow) -> Result<()> {
    match user.state() {
        UserState::Invited => Ok(()),
        UserState::Active => Err(Error::conflict("not-invited", "The user has a password already.")),
        UserState::Disabled => {
            Err(Error::conflict("not-invited", "The user is disabled. Enable them first."))
        }
    }
}
