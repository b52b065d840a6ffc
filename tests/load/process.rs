//! Servers in processes of their own, and what the operating system says of them.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::{Response, ask};
use crate::fixture;

pub struct Process {
    pub address: SocketAddr,
    child: Child,
}

impl Process {
    /// The release server on a database, with its access log going where logs go: to a file.
    pub fn lede(database: &Path, cache_megabytes: Option<u32>) -> Self {
        let megabytes = cache_megabytes.map(|megabytes| megabytes.to_string());
        let arguments: Vec<&str> = megabytes.iter().flat_map(|text| ["--cache-megabytes", text]).collect();
        Self::lede_with(database, &arguments)
    }

    /// The same with other settings.
    pub fn lede_with(database: &Path, arguments: &[&str]) -> Self {
        let address = free_address();
        let mut command = Command::new(executable());
        command
            .args(["serve", "--website-url", fixture::WEBSITE, "--bind", &address.to_string()])
            .args(["--database-url", &format!("sqlite://{}", database.display())])
            .args(arguments)
            // As the image has it.
            .env("MIMALLOC_PURGE_DELAY", "0")
            .stderr(log(database, "lede.log"));
        Self::start(address, &mut command)
    }

    /// This program once more, as a ceiling that serves the files of a folder.
    pub fn ceiling(role: &str, folder: &Path) -> Self {
        let address = free_address();
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg(role).arg(folder).env("LOAD_BIND", address.to_string()).stderr(log(folder, role));
        Self::start(address, &mut command)
    }

    /// nginx, serving the same files from disk with a worker a core and an access log; `None` if it is not installed.
    pub fn nginx(folder: &Path) -> Option<Self> {
        let nginx = Path::new("/usr/sbin/nginx");
        if !nginx.exists() {
            return None;
        }
        let address = free_address();
        let (files, around) = (folder.display(), folder.with_extension("nginx"));
        std::fs::create_dir_all(&around).expect("a folder");
        let around = around.display();
        let user =
            if std::fs::metadata("/proc/self").is_ok_and(|me| is_root(&me)) { "user root;" } else { "" };
        let settings = format!(
            "{user} daemon off; worker_processes auto; pid {around}/pid; error_log {around}/error;\n\
             events {{ worker_connections 256; }}\n\
             http {{ access_log {around}/access; keepalive_requests 100000000; sendfile on; tcp_nopush on;\n\
             default_type application/json; client_body_temp_path {around}/body; proxy_temp_path {around}/proxy;\n\
             fastcgi_temp_path {around}/fastcgi; uwsgi_temp_path {around}/uwsgi; scgi_temp_path {around}/scgi;\n\
             server {{ listen {address}; root {files}; }} }}\n"
        );
        let file = format!("{around}/nginx.conf");
        std::fs::write(&file, settings).expect("settings");
        Some(Self::start(address, Command::new(nginx).args(["-c", &file]).stderr(Stdio::null())))
    }

    fn start(address: SocketAddr, command: &mut Command) -> Self {
        let child = command.stdout(Stdio::null()).spawn().expect("the server");
        Self { address, child }
    }

    /// Asks until there is an answer, and returns it with its body.
    pub async fn first_answer(&mut self, path: &str, headers: &str) -> (Response, Vec<u8>) {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            assert!(Instant::now() < patience, "the server does not answer");
            assert!(self.child.try_wait().expect("the server").is_none(), "the server has ended");
            match ask(self.address, path, headers).await {
                Ok(answered) => return answered,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    /// The processor time that the threads of it and of its workers have taken so far, as the scheduler counts it.
    pub fn processor_time(&self) -> Duration {
        let own = self.child.id();
        let children =
            std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let all = children.split_whitespace().filter_map(|id| id.parse().ok()).chain([own]);
        Duration::from_nanos(all.map(nanoseconds).sum())
    }

    pub fn resident_megabytes(&self) -> u64 {
        self.megabytes("VmRSS:")
    }

    /// The most that it has ever had resident.
    pub fn peak_megabytes(&self) -> u64 {
        self.megabytes("VmHWM:")
    }

    fn megabytes(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find(|line| line.starts_with(name)).expect("resident memory");
        line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).expect("a number") / 1024
    }
}

/// The program that is measured.
pub fn executable() -> String {
    std::env::var("LOAD_SERVER").unwrap_or_else(|_| env!("CARGO_BIN_EXE_lede").to_owned())
}

/// The processor time of the children of this process that have ended, as the operating system counts it: in hundredths
/// of a second.
pub fn ended_children() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    // The name of the program comes before, in parentheses, and may contain anything.
    let numbers = text.rsplit(')').next().expect("numbers").split_whitespace();
    let ticks: u64 = numbers.skip(13).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(10 * ticks)
}

fn nanoseconds(process: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let counted = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    counted.filter_map(|text| text.split(' ').next()?.parse::<u64>().ok()).sum()
}

impl Drop for Process {
    fn drop(&mut self) {
        // Asked first: nginx takes its workers along.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        self.child.wait().expect("the server to end");
    }
}

fn is_root(file: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(file) == 0
}

fn log(beside: &Path, name: &str) -> std::fs::File {
    let file = beside.parent().expect("a folder").join(name);
    std::fs::File::options().create(true).append(true).open(file).expect("a log")
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}
