//! Follows the log for events of other processes, on a connection of its own so that busy readers cannot delay it.
//! Reads the newest event only; the cache needs no earlier ones. The same connection says that a server is at work here, and
//! learns whether the database is quiet.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::base::db::presence::Server;
use crate::base::db::{Connection, DatabaseUrl, Generation, log as rows, quiet};
use crate::base::error::{Error, Result};

/// How often the log is read.
const PAUSE: Duration = Duration::from_millis(250);

/// Reads the log once, as at start.
pub fn catch_up(conn: &mut Connection, generation: &Generation) -> Result<()> {
    generation.set_quiet(quiet::since(conn)?);
    generation.update(rows::newest_seen(conn)?);
    Ok(())
}

/// Reads the log every [`PAUSE`] until `stop` turns true. A connection that fails is replaced. As long as a
/// command has the database alone, nothing is written.
pub async fn follow(
    generation: Arc<Generation>,
    url: DatabaseUrl,
    server: Option<Server>,
    mut stop: watch::Receiver<bool>,
) {
    let mut kept = server;
    while !*stop.borrow() {
        let (generation, url, server) = (generation.clone(), url.clone(), kept.take());
        let read = tokio::task::spawn_blocking(move || {
            let opened = server.map_or_else(|| Server::open(&url), |server| Ok(Some(server)))?;
            // Meanwhile a command replaces what is in the database, or moves it away.
            generation.set_taken(opened.is_none());
            let mut server =
                opened.ok_or_else(|| Error::unavailable("the database is being restored or moved"))?;
            catch_up(&mut server.conn, &generation)?;
            Ok::<_, Error>(server)
        });
        match read.await {
            Ok(Ok(server)) => kept = Some(server),
            Ok(Err(error)) => log::warn!("the log of events cannot be read: {error}"),
            Err(error) => log::error!("reading the log of events: {error}"),
        }
        let _ = tokio::time::timeout(PAUSE, stop.changed()).await;
    }
}
