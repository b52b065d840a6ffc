//! Runs the server: listens, follows the log of events, tells streams what changes, runs jobs, the schedule and webhooks, and
//! drains before it stops.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use tokio::sync::watch;

use super::listen::listen;
use super::{jobs, settings};
use crate::app::App;
use crate::audit::refusals;
use crate::base::clock::Clock;
use crate::base::db::presence;
use crate::base::error::{Error, Result};
use crate::base::events;
use crate::cdn::{self, Purger};
use crate::changes::live::Live;
use crate::schedules::scheduler;
use crate::webhooks::dispatcher;

/// How often the signing keys are loaded.
const SIGNING_KEYS: Duration = Duration::from_secs(5);
/// How often refusals are stored.
const REFUSALS: Duration = Duration::from_secs(1);

/// Serves until `stop` turns true. Then readiness fails first, the listener closes, and requests under way are finished.
/// Jobs run, scheduled actions are done, webhooks are sent and refusals are stored in the background. With the fixed clock of a test none of this
/// happens by itself, so the test does it.
///
/// # Errors
/// Unavailable, if the port for metrics is taken, the system refuses a listener, or two live articles would have the same
/// address under the settings.
pub async fn serve(app: App, listener: TcpListener, mut stop: watch::Receiver<bool>) -> Result<()> {
    let failed = |e: std::io::Error| Error::unavailable(e.to_string());
    let metrics = app.config.server.metrics_bind.map(listen_for_metrics).transpose()?;
    let server = presence::Server::open(&app.config.database.url)?;
    app.db.generation().set_taken(server.is_none());
    if let Some(since) = app.db.generation().quiet_since() {
        log::warn!(
            "this database is a quiet copy since {since}: scheduled articles are not published and nothing is sent, until \
             `lede resume`"
        );
    }
    settings::save(&app).await?;
    let work = jobs::run_until(app.clone(), stop.clone());
    let (generation, url) = (app.db.generation().clone(), app.config.database.url.clone());
    // The last to stop: requests and jobs under way still need to know what other processes write.
    let (end, ended) = watch::channel(false);
    let follower = actix_web::rt::spawn(events::follow(generation, url, server, ended));
    let keys = renew_signing_keys(app.clone(), stop.clone());
    let storing = store_refusals(app.clone(), stop.clone());
    let scheduler = scheduler::run_until(app.clone(), stop.clone());
    let purging = purge(Purger::open(&app)?, app.clone(), stop.clone());
    let dispatcher = dispatcher::run_until(app.clone(), stop.clone());
    let background = matches!(app.clock, Clock::System).then(|| {
        [
            actix_web::rt::spawn(work),
            actix_web::rt::spawn(scheduler),
            actix_web::rt::spawn(dispatcher),
            actix_web::rt::spawn(keys),
            actix_web::rt::spawn(storing),
            actix_web::rt::spawn(purging),
        ]
    });
    let live = Data::new(Live::new(&app));
    let streams = {
        let (app, live, stop) = (app.clone(), live.clone(), stop.clone());
        actix_web::rt::spawn(async move { live.run(&app, stop).await })
    };
    let server = listen(&app, &live, listener, metrics)?;
    actix_web::rt::spawn(drain(app.clone(), server.handle(), async move {
        let _ = stop.wait_for(|stop| *stop).await;
    }));
    server.await.map_err(failed)?;
    for ended in background.into_iter().flatten() {
        ended.await.map_err(|e| Error::internal(e.to_string()))?;
    }
    streams.await.map_err(|e| Error::internal(e.to_string()))?;
    while refusals::store_some(&app).await > 0 {}
    end.send_replace(true);
    follower.await.map_err(|e| Error::internal(e.to_string()))
}

/// Purges the cache in front, if there is one.
async fn purge(purger: Option<Purger>, app: App, stop: watch::Receiver<bool>) {
    if let Some(purger) = purger {
        cdn::run_until(purger, app, stop).await;
    }
}

/// Loads the signing keys now and then, so that this replica signs with the newest.
async fn renew_signing_keys(app: App, mut stop: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(SIGNING_KEYS);
    turns.tick().await;
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = turns.tick() => {
                if let Err(error) = app.tokens.keys().reload().await {
                    log::warn!("the signing keys could not be loaded: {error}");
                }
            }
        }
    }
}

/// Stores refusals a few at a time: so many a second and no more, however many there are.
async fn store_refusals(app: App, mut stop: watch::Receiver<bool>) {
    let mut turns = tokio::time::interval(REFUSALS);
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            _ = turns.tick() => {
                refusals::store_some(&app).await;
            }
        }
    }
}

fn listen_for_metrics(bind: SocketAddr) -> Result<TcpListener> {
    let failed =
        |e: std::io::Error| Error::unavailable(format!("LEDE_METRICS_BIND: cannot listen on {bind}: {e}"));
    let listener = TcpListener::bind(bind).map_err(failed)?;
    log::info!("metrics are at http://{}/metrics", listener.local_addr().map_err(failed)?);
    Ok(listener)
}

async fn drain(app: App, server: ServerHandle, stopped: impl Future<Output = ()>) {
    stopped.await;
    app.draining.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(app.config.server.drain_seconds)).await;
    server.stop(true).await;
}
