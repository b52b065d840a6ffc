//! `lede user sessions`: lists a user's sessions, or ends them.

use crate::accounts::sessions::{self, Which};
use crate::app::App;

pub(super) async fn run(app: &App, email: &str, end: bool) -> anyhow::Result<()> {
    let user = super::find(app, email).await?;
    if end {
        let ended = app.db.write(move |tx| sessions::end(tx, user.id, Which::All)).await?;
        println!("{}: {ended} sessions ended", user.email);
        return Ok(());
    }
    let now = app.clock.now();
    for session in app.db.read(move |conn| sessions::list(conn, user.id, now)).await? {
        println!("{}  {}  {}  {}", session.created_at, session.last_used_at, session.network, session.device);
    }
    Ok(())
}
