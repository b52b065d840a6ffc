//! Mail over SMTP. A connection a mail: a few more round trips, and never a stale connection.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{SmtpTransport, Transport as _};
use url::{Host, Url};

use super::Undelivered;

/// How long the server may take for each step.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail server.
#[derive(Clone)]
pub struct Smtp(SmtpTransport);

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Smtp(***)")
    }
}

/// How a connection is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// TLS from the first byte.
    Wrapped,
    /// STARTTLS, or nothing is sent.
    Required,
    /// STARTTLS, if the server offers it.
    Offered,
    /// None at all.
    Plain,
}

impl Smtp {
    /// The mail server of that URL, to which we are `name`.
    ///
    /// # Errors
    /// A sentence for the operator, without the password.
    pub fn open(url: &str, name: &str) -> Result<Self, String> {
        let refusal = || {
            "the mail server's URL looks like smtps://USER:PASSWORD@HOST or smtp://HOST:PORT, with ?tls=required, \
             opportunistic or none"
                .to_owned()
        };
        let url = Url::parse(url.trim()).map_err(|_| refusal())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(refusal)?;
        let privacy = Privacy::of(&url).ok_or_else(refusal)?;
        let tls = || TlsParameters::new(host.to_owned()).map_err(|e| format!("TLS for the mail server: {e}"));
        let mut builder = SmtpTransport::builder_dangerous(host).timeout(Some(PATIENCE));
        builder = match privacy {
            Privacy::Wrapped => builder.port(url.port().unwrap_or(465)).tls(Tls::Wrapper(tls()?)),
            Privacy::Required => builder.port(url.port().unwrap_or(587)).tls(Tls::Required(tls()?)),
            Privacy::Offered => builder.port(url.port().unwrap_or(25)).tls(Tls::Opportunistic(tls()?)),
            Privacy::Plain => builder.port(url.port().unwrap_or(25)).tls(Tls::None),
        };
        // A name without a dot tells a mail server less than the address we come from.
        if name.contains('.') {
            builder = builder.hello_name(ClientId::Domain(name.to_owned()));
        }
        if let Some(password) = url.password() {
            let user = decode(url.username()).ok_or_else(refusal)?;
            builder = builder.credentials(Credentials::new(user, decode(password).ok_or_else(refusal)?));
        }
        Ok(Self(builder.build()))
    }

    pub(super) async fn send(&self, message: lettre::Message) -> Result<(), Undelivered> {
        let transport = self.0.clone();
        match tokio::task::spawn_blocking(move || transport.send(&message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(undelivered(&error)),
            Err(error) => Err(Undelivered::Failed(error.to_string())),
        }
    }
}

impl Privacy {
    /// How the connection to that URL is kept private: as it says, or else so that no password crosses a network in clear.
    /// `None` if the URL is no mail server's.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let said = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
        match (url.scheme(), said.as_deref()) {
            ("smtps", None) => Some(Self::Wrapped),
            ("smtp", Some("required")) => Some(Self::Required),
            ("smtp", Some("none")) => Some(Self::Plain),
            ("smtp", None) if is_loopback(url) => Some(Self::Plain),
            ("smtp", None) if url.password().is_some() => Some(Self::Required),
            ("smtp", None | Some("opportunistic")) => Some(Self::Offered),
            _ => None,
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    // `url` tells addresses from names for web schemes only.
    match Host::parse(url.host_str().unwrap_or_default()) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

fn decode(text: &str) -> Option<String> {
    // Only escapes count: a plus sign in a user's name is a plus sign.
    let escaped = format!("v={}", text.replace('+', "%2B"));
    let (_, value) = url::form_urlencoded::parse(escaped.as_bytes()).next()?;
    (!value.contains('\u{fffd}')).then(|| value.into_owned())
}

/// What a failure means. Of what the server said only the code is kept: its sentence may name the address.
fn undelivered(error: &lettre::transport::smtp::Error) -> Undelivered {
    if let Some(code) = error.status() {
        let code: u16 = code.into();
        // 50x and 53x are about the session, our login or our settings; the mail itself may leave when those are right.
        return if error.is_permanent() && (540..600).contains(&code) {
            Undelivered::Refused(code)
        } else {
            Undelivered::Failed(format!("the mail server answered {code}"))
        };
    }
    let what = if error.is_tls() {
        "no TLS with the mail server could be agreed on"
    } else if error.is_timeout() {
        "the mail server took too long"
    } else if error.is_response() {
        "the mail server's answer could not be understood"
    } else if error.is_client() {
        "the mail server lacks what our settings ask for, such as STARTTLS or a way to log in"
    } else {
        "the mail server could not be reached, or broke off"
    };
    Undelivered::Failed(what.to_owned())
}
