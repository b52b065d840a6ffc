//! `lede health`: calls the server's readiness check, so that a container image needs no HTTP client.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use crate::base::config::Config;

pub(super) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut address = config.server.bind;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    let status = tokio::task::spawn_blocking(move || ask(address)).await??;
    println!("{status}");
    Ok(if status.contains(" 200 ") { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The status line of the readiness check's response.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let patience = Duration::from_secs(3);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    write!(stream, "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut response = String::new();
    stream.take(64 * 1024).read_to_string(&mut response)?;
    Ok(response.lines().next().unwrap_or_default().to_owned())
}
