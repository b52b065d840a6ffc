//! How users are stored.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::{EmailAddress, User, UserState};
use crate::auth::Role;
use crate::base::clock::Timestamp;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::users;
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx, violation};
use crate::base::error::{Error, Result};
use crate::base::ids::UserId;
use crate::base::text::Locale;

/// A row of `users`. `Debug` shows neither the address nor the hash.
#[derive(Clone, PartialEq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = users, treat_none_as_null = true)]
pub struct UserRow {
    /// The id.
    pub id: UserId,
    /// The email address as typed.
    pub email: String,
    /// The email address as compared.
    pub email_key: String,
    /// The name.
    pub name: String,
    /// The role.
    pub role: String,
    /// The password's hash, as a PHC string; `None` for a user who is invited or erased.
    pub password_hash: Option<String>,
    /// The language of account emails.
    pub locale: Option<String>,
    /// Which emails the user has turned off.
    pub notifications: Json<Map<String, Value>>,
    /// When a second factor was set up.
    pub second_factor_at: Option<Timestamp>,
    /// When the user was disabled.
    pub disabled_at: Option<Timestamp>,
    /// When the user was erased.
    pub erased_at: Option<Timestamp>,
    /// Who gets what the erased user owned.
    pub successor_id: Option<UserId>,
    /// When the user was created.
    pub created_at: Timestamp,
    /// When the row was last changed.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UserRow({})", self.id)
    }
}

impl UserRow {
    /// A new user, who has no password yet.
    #[must_use]
    pub fn new(id: UserId, email: &EmailAddress, name: String, role: Role, now: Timestamp) -> Self {
        Self {
            id,
            email: email.as_str().to_owned(),
            email_key: email.key().to_owned(),
            name,
            role: role.as_str().to_owned(),
            password_hash: None,
            locale: None,
            notifications: Json::default(),
            second_factor_at: None,
            disabled_at: None,
            erased_at: None,
            successor_id: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The same user with a password, given its hash.
    #[must_use]
    pub fn with_password(self, hash: String) -> Self {
        Self { password_hash: Some(hash), ..self }
    }

    /// The role.
    #[must_use]
    pub fn role(&self) -> Role {
        Role::parse(&self.role).unwrap_or(Role::Contributor)
    }

    /// The language that the user has chosen.
    #[must_use]
    pub fn locale(&self) -> Option<Locale> {
        self.locale.as_deref().and_then(|tag| Locale::parse(tag).ok())
    }

    /// Whether the user can log in.
    #[must_use]
    pub fn state(&self) -> UserState {
        match self {
            Self { disabled_at: Some(_), .. } => UserState::Disabled,
            Self { password_hash: None, .. } => UserState::Invited,
            _ => UserState::Active,
        }
    }
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let role = row.role();
        Self { id: row.id, email: row.email, name: row.name, role, created_at: row.created_at }
    }
}

/// Inserts a user.
///
/// # Errors
/// Conflict `email-taken`.
pub fn insert(tx: &mut Tx<'_>, user: &UserRow) -> Result<()> {
    diesel::insert_into(users::table).values(user.clone()).execute(&mut **tx).map_err(taken)?;
    Ok(())
}

/// Stores a changed user.
///
/// # Errors
/// Conflict `email-taken`.
pub fn update(tx: &mut Tx<'_>, user: &UserRow) -> Result<()> {
    let own = users::table.filter(users::id.eq(user.id));
    diesel::update(own).set(user.clone()).execute(&mut **tx).map_err(taken)?;
    Ok(())
}

/// Replaces a user's email address.
///
/// # Errors
/// Conflict `email-taken`.
pub fn set_email(tx: &mut Tx<'_>, id: UserId, email: &EmailAddress) -> Result<()> {
    let now = tx.now();
    diesel::update(users::table.filter(users::id.eq(id)))
        .set((users::email.eq(email.as_str()), users::email_key.eq(email.key()), users::updated_at.eq(now)))
        .execute(&mut **tx)
        .map_err(taken)?;
    Ok(())
}

/// Checks that no other user has this email address.
///
/// # Errors
/// Conflict `email-taken`.
pub fn check_email_free(conn: &mut Connection, id: UserId, email: &EmailAddress) -> Result<()> {
    let others = users::table.filter(users::email_key.eq(email.key())).filter(users::id.ne(id));
    let is_taken = diesel::select(diesel::dsl::exists(others)).get_result(conn)?;
    if is_taken { Err(email_taken()) } else { Ok(()) }
}

fn taken(error: diesel::result::Error) -> Error {
    match violation::unique(&error).as_deref() {
        Some("users_email_key") => email_taken(),
        _ => error.into(),
    }
}

fn email_taken() -> Error {
    Error::conflict("email-taken", "Another user has this email address. Addresses must be unique.")
}

/// Stores the hash of a user's password.
pub fn set_password_hash(tx: &mut Tx<'_>, id: UserId, hash: &str) -> Result<()> {
    let now = tx.now();
    diesel::update(users::table.filter(users::id.eq(id)))
        .set((users::password_hash.eq(Some(hash)), users::updated_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whether there are users.
pub fn exist(conn: &mut Connection) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(users::table.select(users::id))).get_result(conn)?)
}

/// The user with that id, unless erased.
pub fn find(conn: &mut Connection, id: UserId) -> Result<Option<UserRow>> {
    let rows = users::table.filter(users::id.eq(id)).filter(users::erased_at.is_null());
    Ok(rows.get_result(conn).optional()?)
}

/// The user with that email address, in whatever state.
pub fn find_by_email(conn: &mut Connection, email: &EmailAddress) -> Result<Option<UserRow>> {
    Ok(users::table.filter(users::email_key.eq(email.key())).get_result(conn).optional()?)
}

/// The user with that id, locked until this unit of work ends. (On SQLite there is one writer anyway.)
pub fn lock(tx: &mut Tx<'_>, id: UserId) -> Result<Option<UserRow>> {
    AdvisoryLock::Accounts.take(tx)?;
    let wanted = users::table.filter(users::id.eq(id));
    Ok(match &mut **tx {
        Connection::Sqlite(conn) => wanted.get_result(conn).optional()?,
        Connection::Postgres(conn) => wanted.for_update().get_result(conn).optional()?,
    })
}

/// The active user with that email address.
pub fn find_active_by_email(conn: &mut Connection, email: &EmailAddress) -> Result<Option<UserRow>> {
    Ok(users::table
        .filter(users::email_key.eq(email.key()))
        .filter(is_active())
        .get_result(conn)
        .optional()?)
}

/// Whether a user is in the state [`UserState::Active`].
#[diesel::dsl::auto_type]
pub(crate) fn is_active() -> _ {
    users::disabled_at.is_null().and(users::password_hash.is_not_null())
}

/// At most `limit` active users with that role, in the order in which they were created.
pub fn list_active(conn: &mut Connection, role: Role, limit: i64) -> Result<Vec<UserRow>> {
    Ok(users::table
        .filter(users::role.eq(role.as_str()))
        .filter(is_active())
        .order(users::id)
        .limit(limit)
        .load(conn)?)
}

/// The active admin who was created first.
pub fn find_first_admin(conn: &mut Connection) -> Result<Option<UserId>> {
    Ok(users::table
        .filter(users::role.eq(Role::Admin.as_str()))
        .filter(is_active())
        .order(users::id)
        .select(users::id)
        .limit(1)
        .get_result(conn)
        .optional()?)
}
