//! `lede user role | disable | enable`: changes a user.

use crate::accounts::emails::AccountEmails;
use crate::accounts::management::{self, UserChange};
use crate::app::App;
use crate::auth::Role;
use crate::users::store::UserRow;

pub(super) async fn role(app: &App, email: &str, role: Role) -> anyhow::Result<()> {
    let user = update(app, email, UserChange { role: Some(role), ..UserChange::default() }).await?;
    println!("{} is {}", user.email, user.role);
    Ok(())
}

pub(super) async fn disabled(app: &App, email: &str, disabled: bool) -> anyhow::Result<()> {
    let user = update(app, email, UserChange { disabled: Some(disabled), ..UserChange::default() }).await?;
    println!("{} is {}", user.email, user.state().as_str());
    Ok(())
}

async fn update(app: &App, email: &str, change: UserChange) -> anyhow::Result<UserRow> {
    let user = super::find(app, email).await?;
    let emails = AccountEmails::new(app);
    Ok(app.db.write(move |tx| management::update(tx, &emails, user.id, &change)).await?)
}
