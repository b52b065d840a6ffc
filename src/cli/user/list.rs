//! `lede user list`: lists all users.

use crate::app::App;
use crate::users::list::{self, UserFilter};
use crate::users::store::UserRow;

/// How many users one query reads.
const BATCH: i64 = 500;

pub(super) async fn run(app: &App) -> anyhow::Result<()> {
    let mut users: Vec<UserRow> = Vec::new();
    loop {
        let after = users.last().map(|user| user.id);
        let more = app.db.read(move |conn| list::list(conn, &UserFilter::default(), after, BATCH)).await?;
        if more.is_empty() {
            break;
        }
        users.extend(more);
    }
    let width = users.iter().map(|user| user.email.len()).max().unwrap_or(0);
    for user in users.iter().rev() {
        println!("{:width$}  {:11}  {:8}  {}", user.email, user.role, user.state().as_str(), user.name);
    }
    Ok(())
}
