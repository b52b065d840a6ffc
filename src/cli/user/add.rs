//! `lede user add`: adds a user with a password, the first one included.

use super::{NewUser, password};
use crate::app::App;
use crate::auth::{Password, Role};
use crate::base::db::Tx;
use crate::base::events::Event;
use crate::base::ids::UserId;
use crate::base::text::email::EmailAddress;
use crate::users::store::{self, UserRow};

pub(super) async fn run(app: &App, user: NewUser, password_stdin: bool) -> anyhow::Result<()> {
    let user = user.parse(app)?;
    let password = password::read(app, &user, password_stdin).await?;
    let added = format!("added {} {} as {}", user.id, user.email, user.role);
    insert(app, user, password).await?;
    println!("{added}");
    Ok(())
}

/// Adds a user and returns the id.
pub(in crate::cli) async fn add(
    app: &App,
    email: EmailAddress,
    role: Role,
    name: String,
    password: Password,
) -> anyhow::Result<UserId> {
    let now = app.clock.now();
    let user = UserRow::new(app.random.id(now)?, &email, name, role, now);
    let id = user.id;
    insert(app, user, password).await?;
    Ok(id)
}

async fn insert(app: &App, user: UserRow, password: Password) -> anyhow::Result<()> {
    let user = user.with_password(app.passwords.hash(password).await?);
    let insert = move |tx: &mut Tx<'_>| {
        store::insert(tx, &user)?;
        tx.append(Event::UserCreated(user.id));
        Ok(())
    };
    Ok(app.db.write(insert).await?)
}
