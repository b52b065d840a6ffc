//! `lede doctor mail`: what it sends, what it finds in DNS, and how it ends.

use std::net::{SocketAddr, TcpListener};
use std::process::Output;

use crate::dns_server::{self, Record};
use crate::executable::{lede, run};
use crate::mail_server::MailServer;

const READER: &str = "ada@reader.example";

/// The command, for that mail server and that name server.
fn doctor(mail: &str, dns: SocketAddr, to: &str, more: &[&str]) -> Output {
    let mut command = lede();
    command.env("LEDE_SMTP_URL", format!("smtp://{mail}?tls=none"));
    command.env("LEDE_MAIL_FROM", "Tides <news@news.website.example>").env("LEDE_LOG", "debug");
    command.args(["doctor", "mail", "--to", to, "--resolver", &dns.to_string()]).args(more);
    run(&mut command, "")
}

/// What was said, on either side; never the address.
#[track_caller]
fn said(output: &Output) -> String {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    let said = String::from_utf8(said).expect("UTF-8");
    assert!(!said.contains("reader.example"), "{said}");
    said
}

/// Where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address")
}

fn text(text: &str) -> Record {
    Record::Txt(text.into())
}

fn all_set_up() -> SocketAddr {
    dns_server::start(vec![
        ("news.website.example", Record::Mx("mail.website.example")),
        ("news.website.example", text("verification=1")),
        ("news.website.example", text("v=spf1 include:spf.service.example -all")),
        ("_dmarc.website.example", text("v=DMARC1; p=quarantine")),
        ("k1._domainkey.news.website.example", text(&format!("v=DKIM1; p={}", "A".repeat(300)))),
    ])
}

#[test]
fn when_all_is_set_up_a_mail_is_sent_and_all_is_fine() {
    let (mail, dns) = (MailServer::start(), all_set_up());
    let well = doctor(&mail.address, dns, READER, &["--dkim-selector", "k1"]);
    let report = said(&well);
    assert_eq!(well.status.code(), Some(0), "{report}");
    for line in [
        "mail: ok, ",
        "MX: ok, 10 mail.website.example.\n",
        "SPF: ok, v=spf1 include:spf.service.example -all\n",
        "DMARC: ok, v=DMARC1; p=quarantine at _dmarc.website.example\n",
        "DKIM k1: ok, ",
    ] {
        assert!(report.contains(line), "{line}\n{report}");
    }
    let [conversation] = mail.wait_for(1).try_into().expect("one mail");
    assert!(conversation.commands.contains(&format!("RCPT TO:<{READER}>")), "{conversation:?}");
    assert!(conversation.data.contains("\nSubject: A test mail from Lede\n"), "{conversation:?}");
    // A selector that is not named is no fault.
    let unnamed = doctor(&mail.address, dns, READER, &[]);
    assert_eq!(unnamed.status.code(), Some(0), "{unnamed:?}");
    assert!(
        said(&unnamed).contains("DKIM: not checked. Give the selector with --dkim-selector"),
        "{unnamed:?}"
    );
}

#[test]
fn what_lacks_is_said_with_the_record_to_add() {
    let (mail, dns) = (MailServer::start(), dns_server::start(Vec::new()));
    let lacking = doctor(&mail.address, dns, READER, &["--dkim-selector", "k1", "--dkim-selector", "k2"]);
    let report = said(&lacking);
    assert_eq!(lacking.status.code(), Some(1), "{report}");
    for record in [
        "add:  news.website.example. MX 10 ",
        "add:  news.website.example. TXT \"v=spf1 mx ~all\"",
        "add:  _dmarc.news.website.example. TXT \"v=DMARC1; p=none\"",
        "add:  k1._domainkey.news.website.example. TXT \"v=DKIM1; ",
        "add:  k2._domainkey.news.website.example. TXT \"v=DKIM1; ",
    ] {
        assert!(report.contains(record), "{record}\n{report}");
    }
}

#[test]
fn a_text_of_strangers_tells_the_terminal_nothing() {
    let spf = Record::Txt(b"v=spf1 \x1b[2J\xff -all".to_vec());
    let (mail, dns) = (MailServer::start(), dns_server::start(vec![("news.website.example", spf)]));
    let report = said(&doctor(&mail.address, dns, READER, &[]));
    assert!(report.contains("SPF: ok, v=spf1 \u{fffd}[2J\u{fffd} -all\n"), "{report}");
}

#[test]
fn where_dns_does_not_answer_that_is_said_and_the_mail_is_sent() {
    let mail = MailServer::start();
    let unasked = doctor(&mail.address, nobody(), READER, &[]);
    let report = said(&unasked);
    assert_eq!(unasked.status.code(), Some(1), "{report}");
    for name in ["MX", "SPF", "DMARC"] {
        assert!(report.contains(&format!("{name}: lookup failed. ")), "{name}\n{report}");
    }
    assert_eq!(mail.wait_for(1).len(), 1);
}

#[test]
fn a_mail_that_cannot_be_sent_is_said_and_dns_is_asked_all_the_same() {
    let (mail, dns) = (MailServer::start(), all_set_up());
    for (server, to, why) in [
        (nobody().to_string(), READER, "the mail server could not be reached"),
        (mail.address.clone(), "refused@reader.example", "the mail server refused it with 550"),
        (mail.address.clone(), "later@reader.example", "the mail server responded 451"),
    ] {
        let failed = doctor(&server, dns, to, &["--dkim-selector", "k1"]);
        let report = said(&failed);
        assert_eq!(failed.status.code(), Some(2), "{report}");
        assert!(report.contains(&format!("lede: the test mail could not be sent: {why}")), "{report}");
        assert!(report.contains("SPF: ok, "), "{report}");
    }
    let malformed = doctor(&mail.address, dns, "ada@@reader.example", &[]);
    assert_eq!(malformed.status.code(), Some(2), "{malformed:?}");
    assert!(
        said(&malformed).contains("lede: --to: Must be an email address such as name@website.example."),
        "{malformed:?}"
    );
}

#[test]
fn without_settings_it_says_what_to_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let unset = run(lede().current_dir(&folder).args(["doctor", "mail", "--to", READER]), "");
    let report = said(&unset);
    assert_eq!(unset.status.code(), Some(1), "{report}");
    assert!(report.contains("set LEDE_SMTP_URL\n") && report.contains("set LEDE_MAIL_FROM "), "{report}");
    assert_eq!(std::fs::read_dir(folder.path().join("lede-mail")).expect("a folder").count(), 1);
}
