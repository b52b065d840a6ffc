//! Tells users by mail that someone has logged in from a device and network from which they had not logged in before.

use diesel::prelude::*;

use super::emails::AccountEmails;
use super::sessions::SessionRow;
use crate::base::db::schema::{events, sessions};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::EventKind;
use crate::base::ids::{ActorId, UserId};
use crate::users::Notifications;
use crate::users::store::UserRow;

/// How many earlier sessions are compared, the newest first.
const MAX_COMPARED: i64 = 500;

/// Whether nobody has logged in as this user from that device and network yet, though somebody has from elsewhere. Asked
/// before the session starts.
///
/// # Errors
/// Those of the database.
pub fn is_new(conn: &mut Connection, user: UserId, (device, network): &(String, String)) -> Result<bool> {
    let earlier: Vec<(String, String)> = sessions::table
        .filter(sessions::user_id.eq(user))
        .order(sessions::id.desc())
        .limit(MAX_COMPARED)
        .select((sessions::device, sessions::network))
        .load(conn)?;
    if earlier.is_empty() {
        // Rows of sessions are deleted after a while; that there was one stays known.
        let logins = events::table
            .filter(events::actor_id.eq(ActorId::from(user)))
            .filter(events::kind.eq(EventKind::SessionCreated.as_str()));
        return Ok(diesel::select(diesel::dsl::exists(logins)).get_result(conn)?);
    }
    let device = without_versions(device);
    Ok(!earlier.iter().any(|(other, place)| place == network && without_versions(other) == device))
}

/// Sends the email, unless the user has turned it off.
///
/// # Errors
/// Those of the database.
pub fn notify(tx: &mut Tx<'_>, emails: &AccountEmails, user: &UserRow, session: &SessionRow) -> Result<()> {
    if Notifications::of(user).new_device {
        emails.new_device(tx, user, session)?;
    }
    Ok(())
}

/// A `User-Agent` without digits: an update does not make a browser another device.
fn without_versions(device: &str) -> String {
    device.chars().filter(|c| !c.is_ascii_digit()).collect()
}
