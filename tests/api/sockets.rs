//! Connections whose bytes a test sends and reads itself.

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::server::Server;

/// A connection that takes little before it is read.
pub async fn connect(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(64 * 1024).expect("a small buffer");
    let address = server.address().trim_start_matches("http://").parse().expect("an address");
    socket.connect(address).await.expect("a connection")
}

/// Waits until a response begins, and reads no more of it than its status.
pub async fn answered(stream: &mut (impl AsyncRead + Unpin)) -> u16 {
    let mut beginning = [0; 12];
    stream.read_exact(&mut beginning).await.expect("a response");
    let beginning = String::from_utf8_lossy(&beginning);
    let status = beginning.strip_prefix("HTTP/1.1 ").and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("no response: {beginning}"))
}
