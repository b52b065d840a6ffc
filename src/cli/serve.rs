//! `lede serve`: runs the server.

use std::net::TcpListener;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::user::FirstAdmin;
use crate::base::config::Config;
use crate::server;

/// Serves until SIGTERM or SIGINT. A second signal ends the process at once.
pub(super) async fn run(mut config: Config) -> anyhow::Result<ExitCode> {
    warn_of_unknown_settings();
    let bind = config.server.bind;
    let listener = TcpListener::bind(bind).with_context(|| format!("cannot listen on {bind}"))?;
    // With port 0 the system chooses a free port.
    let bind = listener.local_addr()?;
    config.server.bind = bind;
    let stop = stop_on_signal()?;
    let admin = FirstAdmin::read(&config)?;
    let app = super::open(config).await?;
    if let Some(admin) = admin {
        admin.add(&app).await?;
    }
    log::info!("listening on http://{bind}");
    server::serve(app, listener, stop).await?;
    log::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// A receiver that turns true at the first signal. The second signal ends the process.
pub(super) fn stop_on_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let (stop, stopped) = watch::channel(false);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    actix_web::rt::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.send_replace(true) {
                crate::base::logger::finish();
                std::process::exit(1);
            }
            log::info!("stopping");
        }
    });
    Ok(stopped)
}

fn warn_of_unknown_settings() {
    for name in super::config::unknown_settings() {
        log::warn!("unknown setting {name}");
    }
}
