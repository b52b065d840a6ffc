//! The server that listens: actix-web's own, but for the [`Socket`] between the client and the HTTP protocol, which
//! `actix_web::HttpServer` leaves no place for.

use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, ServiceConfig};

use super::routes::home;
use super::{pipeline, ports, unparsed};
use crate::app::App;
use crate::base::compute::cores;
use crate::base::error::{Error, Result};
use crate::base::http::admission::Admission;
use crate::base::http::memory::SLICE;
use crate::base::http::socket::{Refuse, Socket};
use crate::changes::live::Live;

/// How many seconds requests under way have to finish when the server stops.
const SHUTDOWN_SECONDS: u64 = 30;

/// Starts the server: its future ends when it has stopped. With a listener for `metrics`, they are served there and
/// nowhere else.
///
/// # Errors
/// Unavailable, if the system refuses a listener.
pub fn listen(
    app: &App,
    live: &Data<Live>,
    listener: TcpListener,
    metrics: Option<TcpListener>,
) -> Result<Server> {
    let failed = |e: std::io::Error| Error::unavailable(e.to_string());
    let (app, data, live) = (app.clone(), Data::new(app.clone()), live.clone());
    let patience = Duration::from_secs(app.config.limits.reader_seconds.into());
    let connections = app.config.limits.connections as usize;
    let builder = Server::build()
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .max_concurrent_connections(connections.div_ceil(cores()));
    let stopping = builder.graceful_shutdown_signal();
    let admission = Admission::new(connections, &app.config.server.trusted_proxies);
    let http = |address: SocketAddr, served: fn(&mut ServiceConfig)| {
        let (app, data, live, stopping) = (app.clone(), data.clone(), live.clone(), stopping.clone());
        let admission = admission.clone();
        move || {
            let (app, data, live, stopping) = (app.clone(), data.clone(), live.clone(), stopping.clone());
            let service = actix_web::App::new()
                .app_data(data)
                .app_data(live)
                .app_data(web::PathConfig::default().error_handler(|_, _| Error::NotFound("page").into()))
                .configure(served)
                .default_service(web::to(home::not_found))
                .wrap(from_fn(pipeline::around));
            let (clock, memory) = (app.clock.clone(), app.memory.clone());
            let refuse: Refuse = Rc::new(move |status| unparsed::respond(&app, status));
            let protocol = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                // Also what a client has to take the end of a response, after its last slice.
                .client_disconnect_timeout(patience)
                .on_connect_ext(move |socket: &Socket, data| {
                    data.insert(socket.connection());
                    data.insert(memory.clone());
                })
                .h1_write_buffer_size(SLICE)
                .local_addr(address)
                .finish(map_config(service, |()| AppConfig::default()));
            let admission = admission.clone();
            let accept = move |stream: TcpStream| {
                let peer = stream.peer_addr().ok();
                // One too many is closed at once.
                let admitted = admission.admit(peer).ok_or(DispatchError::DisconnectTimeout);
                let socket = admitted
                    .map(|admitted| Socket::new(stream, admitted, clock.clone(), patience, refuse.clone()));
                std::future::ready(socket.map(|socket| (socket, Protocol::Http1, peer)))
            };
            fn_service(accept).and_then(protocol)
        }
    };
    let served = if metrics.is_some() { ports::configure_without_metrics } else { ports::configure };
    let address = listener.local_addr().map_err(failed)?;
    let mut builder = builder.listen("http", listener, http(address, served)).map_err(failed)?;
    if let Some(listener) = metrics {
        let address = listener.local_addr().map_err(failed)?;
        let metrics = http(address, ports::configure_metrics);
        builder = builder.listen("metrics", listener, metrics).map_err(failed)?;
    }
    Ok(builder.run())
}
