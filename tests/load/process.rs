//! Servers in processes of their own, and what the operating system says of them.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::read_answer;
use crate::fixture;

/// The kernel counts processor time in hundredths of a second.
const TICKS_PER_SECOND: u64 = 100;

pub struct Process {
    pub address: SocketAddr,
    child: Child,
}

impl Process {
    /// The release server on a database, with its access log going where logs go: to a file.
    pub fn lede(database: &Path) -> Self {
        let address = free_address();
        let log = std::fs::File::create(database.with_extension("log")).expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_lede"))
            .args(["serve", "--website-url", fixture::WEBSITE, "--bind", &address.to_string()])
            .args(["--database-url", &format!("sqlite://{}", database.display())])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the server");
        Self { address, child }
    }

    /// This program once more, as a ceiling that serves the bytes of a file.
    pub fn ceiling(role: &str, body: &Path) -> Self {
        let address = free_address();
        let log = std::fs::File::create(body.with_extension(role)).expect("a log");
        let child = Command::new(std::env::current_exe().expect("this program"))
            .arg(role)
            .arg(body)
            .env("LOAD_BIND", address.to_string())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("a ceiling");
        Self { address, child }
    }

    /// Asks until there is an answer, and returns its body.
    pub async fn first_answer(&mut self, path: &str) -> Vec<u8> {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            assert!(Instant::now() < patience, "the server does not answer");
            assert!(self.child.try_wait().expect("the server").is_none(), "the server has ended");
            let Ok(mut stream) = TcpStream::connect(self.address).await else {
                tokio::time::sleep(Duration::from_millis(2)).await;
                continue;
            };
            let request = format!("GET {path} HTTP/1.1\r\nHost: load\r\n\r\n");
            stream.write_all(request.as_bytes()).await.expect("a request");
            let mut body = Vec::new();
            assert!(read_answer(&mut stream, &mut body).await, "{}", String::from_utf8_lossy(&body));
            return body;
        }
    }

    /// The processor time it has taken so far, in user and kernel mode.
    pub fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("a process");
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<u64> = after_name.split_whitespace().filter_map(|field| field.parse().ok()).collect();
        // The state, which is a letter, is not among them: the 14th and 15th field of the line are these.
        let ticks = fields[10] + fields[11];
        Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
    }

    pub fn resident_megabytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("resident memory");
        line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).expect("a number") / 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().expect("to end the server");
        self.child.wait().expect("the server to end");
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}
