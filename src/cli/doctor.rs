//! `lede doctor mail`: checks whether mail arrives. Sends a mail through the configured mail server, and makes the DNS
//! lookups that receivers make: whether the sender's domain exists, and who may send for it.

mod dns;
pub mod findings;

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use futures_util::future::join_all;
use minijinja::context;

use crate::app::Overrides;
use crate::base::config::Config;
use crate::base::mail::{Mailer, Message, SendError};
use crate::base::templates::Templates;
use crate::base::text::email::EmailAddress;
use dns::Dns;
use findings::Finding;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a test mail and check the DNS records of the sender's domain. Exits with 0 if everything is right, 1 if a
    /// record is missing or could not be looked up, 2 if the mail could not be sent.
    Mail(Arguments),
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The address to send the test mail to.
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// The name server to use, such as `192.0.2.1:53`. Default: the system's.
    #[arg(long, value_name = "IP:PORT")]
    resolver: Option<SocketAddr>,
    /// A DKIM selector to look up; can be repeated. It is the value of `s=` in the `DKIM-Signature` header of a mail
    /// that arrived.
    #[arg(long, value_name = "SELECTOR")]
    dkim_selector: Vec<String>,
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let Command::Mail(Arguments { to, resolver, dkim_selector }) = command;
    // The message does not repeat the address.
    let to = EmailAddress::parse(&to).map_err(|invalid| anyhow!("--to: {}", invalid.detail))?;
    let (mailer, message) = (Mailer::open(&config)?, test_mail(&config, to)?);
    let sent = mailer.send(&message).await;
    let mut is_ok = true;
    match &sent {
        Ok(()) if matches!(mailer, Mailer::File(_)) => {
            is_ok = false;
            println!(
                "mail: problem. No mail server is configured: the test mail was written to {}",
                config.mail.dir.display()
            );
            println!("      set LEDE_SMTP_URL");
        }
        Ok(()) => {
            println!("mail: ok, the mail server accepted the test mail. It may arrive in the spam folder.");
        }
        Err(SendError::Refused(code)) => {
            eprintln!("lede: the test mail could not be sent: the mail server refused it with {code}");
        }
        Err(SendError::Failed(why)) => eprintln!("lede: the test mail could not be sent: {why}"),
    }
    for (name, finding) in look_up(config.mail.from.domain(), resolver, &dkim_selector).await {
        is_ok &= finding.is_ok();
        println!("{}", finding.report(&name));
    }
    Ok(ExitCode::from(match (sent, is_ok) {
        (Err(_), _) => 2,
        (Ok(()), false) => 1,
        (Ok(()), true) => 0,
    }))
}

fn test_mail(config: &Config, to: EmailAddress) -> anyhow::Result<Message> {
    let Overrides { clock, random, .. } = Overrides::default();
    let templates = Templates::open(config).map_err(anyhow::Error::msg)?;
    let rendered = templates.email(&templates.site(), "test_email", &context! {})?;
    let date = clock.now();
    Ok(Message {
        id: random.uuid(date)?,
        from: config.mail.from.clone(),
        to,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        date,
        headers: vec![("Auto-Submitted", "auto-generated".to_owned())],
    })
}

/// The findings of every DNS check of a domain, each with its name.
async fn look_up(domain: &str, resolver: Option<SocketAddr>, selectors: &[String]) -> Vec<(String, Finding)> {
    let Some(domain) = findings::public_name(domain) else {
        return vec![("domain".to_owned(), findings::no_domain(domain))];
    };
    let dns = match Dns::open(resolver) {
        Ok(dns) => dns,
        Err(why) => return vec![("DNS".to_owned(), Finding::Failed(why))],
    };
    // At the same time: without a response each takes its whole timeout.
    let (exchange, spf, dmarc, mut keys) = tokio::join!(
        exchange(&dns, &domain),
        dns.texts(&domain),
        dmarc(&dns, &domain),
        join_all(selectors.iter().map(|selector| key(&dns, &domain, selector))),
    );
    if keys.is_empty() {
        keys.push(("DKIM".to_owned(), findings::no_selector()));
    }
    let mut findings = vec![
        ("MX".to_owned(), exchange),
        ("SPF".to_owned(), findings::answered(spf, |texts| findings::spf(&domain, &texts))),
        ("DMARC".to_owned(), dmarc),
    ];
    findings.append(&mut keys);
    findings
}

async fn exchange(dns: &Dns, domain: &str) -> Finding {
    match dns.exchanges(domain).await {
        Ok(found) if found.is_empty() => {
            findings::answered(dns.addresses(domain).await, |found| findings::address(domain, &found))
        }
        answer => findings::answered(answer, |found| findings::exchanges(domain, &found)),
    }
}

/// The policy of the domain or else of its nearest parent that has one.
async fn dmarc(dns: &Dns, domain: &str) -> Finding {
    for name in findings::domains_above(domain) {
        match dns.texts(&format!("_dmarc.{name}")).await {
            Ok(texts) => {
                if let Some(finding) = findings::dmarc(name, &texts) {
                    return finding;
                }
            }
            Err(why) => return Finding::Failed(why),
        }
    }
    findings::no_dmarc(domain)
}

async fn key(dns: &Dns, domain: &str, selector: &str) -> (String, Finding) {
    let name = format!("{selector}._domainkey.{domain}");
    let finding = findings::answered(dns.texts(&name).await, |texts| findings::dkim(&name, &texts));
    (format!("DKIM {selector}"), finding)
}
