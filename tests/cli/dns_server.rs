//! A real name server for one test, over UDP (RFC 1035).

use std::net::{SocketAddr, UdpSocket};

const MX: u16 = 15;
const TXT: u16 = 16;

/// What is said of a name.
pub enum Record {
    /// The host that takes its mail.
    Mx(&'static str),
    /// A text, of any bytes.
    Txt(Vec<u8>),
}

/// Starts a name server that knows these names, and of all others that there are none. It ends with the tests.
pub fn start(table: Vec<(&'static str, Record)>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("an address");
    std::thread::spawn(move || {
        let mut question = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            if let Some(answer) = answer(&question[..length], &table) {
                // Whoever asked may have gone.
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    address
}

fn answer(message: &[u8], table: &[(&str, Record)]) -> Option<Vec<u8>> {
    let (name, end) = name(message, 12)?;
    let kind = u16::from_be_bytes([*message.get(end)?, *message.get(end + 1)?]);
    let known: Vec<&Record> = table.iter().filter(|(known, _)| *known == name).map(|(_, r)| r).collect();
    let answers: Vec<Vec<u8>> = known.iter().filter_map(|record| data(record, kind)).collect();
    let mut said = message.get(..2)?.to_vec();
    // An answer, to one who wished recursion, which is available; of a name that is unknown, that there is none.
    said.extend([0x81, if known.is_empty() { 0x83 } else { 0x80 }]);
    said.extend([0, 1, 0, u8::try_from(answers.len()).ok()?, 0, 0, 0, 0]);
    said.extend(message.get(12..end + 4)?);
    for data in answers {
        // The name as in the question, class IN, a minute.
        said.extend([0xc0, 12]);
        said.extend(kind.to_be_bytes());
        said.extend([0, 1, 0, 0, 0, 60]);
        said.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        said.extend(data);
    }
    Some(said)
}

/// The name that begins there, and where it ends.
fn name(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(message.get(at..at + length)?).to_lowercase());
        at += length;
    }
}

fn data(record: &Record, kind: u16) -> Option<Vec<u8>> {
    let piece = |bytes: &[u8]| [&[u8::try_from(bytes.len()).expect("a short piece")], bytes].concat();
    match record {
        Record::Mx(host) if kind == MX => {
            let labels = host.split('.').flat_map(|label| piece(label.as_bytes()));
            Some([0, 10].into_iter().chain(labels).chain([0]).collect())
        }
        Record::Txt(text) if kind == TXT => Some(text.chunks(255).flat_map(piece).collect()),
        _ => None,
    }
}
