//! A real mail server for tests: what it is told over a socket, and what it answers.
#![allow(dead_code, reason = "more is offered than each binary's tests take")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};

/// What one connection was told, line by line, and what it delivered.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    pub commands: Vec<String>,
    pub data: String,
}

/// A mail server for one test. Addresses that begin with `refused` it refuses for good, `later` for now.
pub struct MailServer {
    pub address: String,
    conversations: Arc<Mutex<Vec<Conversation>>>,
    ended: Mutex<mpsc::Receiver<Conversation>>,
}

impl MailServer {
    pub fn start() -> Self {
        Self::start_at("127.0.0.1:0")
    }

    /// A mail server where there was none before.
    pub fn start_at(address: &str) -> Self {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let conversations = Arc::new(Mutex::new(Vec::new()));
        let kept = conversations.clone();
        let (tell, ended) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let conversation = serve(&stream).unwrap_or_default();
                kept.lock().expect("a lock").push(conversation.clone());
                // A test that has seen enough is not told.
                let _ = tell.send(conversation);
            }
        });
        Self { address, conversations, ended: Mutex::new(ended) }
    }

    /// The next so many conversations that delivered a mail, once they have ended.
    pub fn wait_for(&self, count: usize) -> Vec<Conversation> {
        let ended = self.ended.lock().expect("a lock");
        let delivered = ended.iter().filter(|conversation| !conversation.data.is_empty());
        delivered.take(count).collect()
    }

    pub fn conversations(&self) -> Vec<Conversation> {
        self.conversations.lock().expect("a lock").clone()
    }
}

fn serve(mut stream: &TcpStream) -> std::io::Result<Conversation> {
    let mut lines = BufReader::new(stream).lines();
    let mut conversation = Conversation::default();
    stream.write_all(b"220 mail.website.example ready\r\n")?;
    while let Some(Ok(line)) = lines.next() {
        conversation.commands.push(line.clone());
        let response = match line.to_ascii_uppercase().as_str() {
            ehlo if ehlo.starts_with("EHLO") => "250-mail.website.example\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            auth if auth.starts_with("AUTH PLAIN") => "235 welcome",
            rcpt if rcpt.starts_with("RCPT TO:<REFUSED") => "550 5.1.1 <refused@reader.example> unknown",
            rcpt if rcpt.starts_with("RCPT TO:<LATER") => "451 4.7.1 <later@reader.example> greylisted",
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                for line in lines.by_ref().map_while(Result::ok).take_while(|line| line != ".") {
                    conversation.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    conversation.data.push('\n');
                }
                "250 taken"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                break;
            }
            _ => "250 fine",
        };
        stream.write_all(format!("{response}\r\n").as_bytes())?;
    }
    Ok(conversation)
}
