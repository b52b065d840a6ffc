//! The real `lede`, as an operator runs it: as a process of its own, on a database of its own.
#![allow(dead_code, reason = "more is offered than today's tests take")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::mpsc;

use crate::test_database::TestDatabase;

/// What seals the keys in tests that run the executable.
pub const SECRET: &str = "a secret that is good enough for a test";

/// The command with an environment of its own, on no database yet.
pub fn lede() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lede"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LEDE_") {
            command.env_remove(name);
        }
    }
    command.env("LEDE_SECRET", SECRET).env("LEDE_BIND", "127.0.0.1:0");
    command.stdin(Stdio::null());
    command
}

/// The command on that database.
pub fn lede_on(database: &TestDatabase) -> Command {
    let mut command = lede();
    command.env("LEDE_DATABASE_URL", database.url_text());
    command
}

/// Runs a command to its end, with `input` to read.
pub fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("lede starts");
    // A command that does not read may have ended already.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("lede ends")
}

/// Adds a user from the command line.
pub fn add_user(database: &TestDatabase, email: &str, role: &str, password: &str) {
    let added =
        run(lede_on(database).args(["user", "add", email, "--role", role, "--password-stdin"]), password);
    assert!(added.status.success(), "{added:?}");
}

/// A `lede serve` that has been started and takes requests. Killed when dropped.
pub struct Serving {
    child: Child,
    /// Where it listens: `http://127.0.0.1:…`.
    pub address: String,
    /// What it logged before it listened.
    pub starting: Vec<String>,
    log: mpsc::Receiver<String>,
}

impl Serving {
    /// Starts the server and waits until it says where it listens.
    #[expect(clippy::zombie_processes, reason = "one that does not come up has ended")]
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.arg("serve").stderr(Stdio::piped()).spawn().expect("lede starts");
        let log = follow(child.stderr.take().expect("a pipe"));
        let mut starting = Vec::new();
        loop {
            let line =
                log.recv().unwrap_or_else(|_| panic!("lede serve has ended:\n{}", starting.join("\n")));
            if let Some((_, address)) = line.split_once("listening on ") {
                return Self { child, address: address.to_owned(), starting, log };
            }
            starting.push(line);
        }
    }

    /// Ends the process at once, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("it has ended");
    }

    /// Asks the process to end, as an operator would.
    pub fn terminate(&self) {
        terminate(&self.child);
    }

    /// Waits for the end and says how it was, and what was logged since the start.
    pub fn ended(mut self) -> (Option<i32>, Vec<String>) {
        let status = self.child.wait().expect("it has ended");
        (status.code(), self.log.iter().collect())
    }
}

/// Asks a process to end. The shell's own `kill`: a bare machine has no other.
pub fn terminate(child: &Child) {
    let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status();
    assert!(told.expect("a shell").success());
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stderr: ChildStderr) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // Nobody may be listening any more; the pipe has to be emptied all the same.
            let _ = sender.send(line);
        }
    });
    receiver
}
