//! Mail over SMTP. Each email has its own connection: a few more round trips, and never a stale connection.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{SmtpTransport, Transport as _};
use url::{Host, Url};

/// How long the server may take for each step.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);

/// Why an email could not be sent. Contains no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// The mail server refused it for good, with this reply code.
    Refused(u16),
    /// Another try may succeed.
    Failed(String),
}

/// A mail server.
#[derive(Clone)]
pub struct Smtp(SmtpTransport);

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Smtp(***)")
    }
}

/// How a connection is encrypted.
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
    /// The mail server of that URL, greeted as `name`. An error is a sentence for the operator, without the password.
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
        let mut builder = SmtpTransport::builder_dangerous(host).timeout(Some(STEP_TIMEOUT));
        builder = match privacy {
            Privacy::Wrapped => builder.port(url.port().unwrap_or(465)).tls(Tls::Wrapper(tls()?)),
            Privacy::Required => builder.port(url.port().unwrap_or(587)).tls(Tls::Required(tls()?)),
            Privacy::Offered => builder.port(url.port().unwrap_or(25)).tls(Tls::Opportunistic(tls()?)),
            Privacy::Plain => builder.port(url.port().unwrap_or(25)).tls(Tls::None),
        };
        // A name without a dot is of no use to a mail server.
        if name.contains('.') {
            builder = builder.hello_name(ClientId::Domain(name.to_owned()));
        }
        if let Some(password) = url.password() {
            let user = decode(url.username()).ok_or_else(refusal)?;
            builder = builder.credentials(Credentials::new(user, decode(password).ok_or_else(refusal)?));
        }
        Ok(Self(builder.build()))
    }

    pub(super) async fn send(&self, message: lettre::Message) -> Result<(), SendError> {
        let transport = self.0.clone();
        match tokio::task::spawn_blocking(move || transport.send(&message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(send_error(&error)),
            Err(error) => Err(SendError::Failed(error.to_string())),
        }
    }
}

impl Privacy {
    /// How the connection to that URL is encrypted: as the URL says, or else so that no password is sent unencrypted. `None`
    /// if it is not the URL of a mail server.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let stated = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
        match (url.scheme(), stated.as_deref()) {
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
    // A plus sign in a user name is a plus sign.
    let escaped = format!("v={}", text.replace('+', "%2B"));
    let (_, value) = url::form_urlencoded::parse(escaped.as_bytes()).next()?;
    (!value.contains('\u{fffd}')).then(|| value.into_owned())
}

/// What a failure means. Of the server's reply only the code is used: its text may contain the address.
fn send_error(error: &lettre::transport::smtp::Error) -> SendError {
    if let Some(code) = error.status() {
        let code: u16 = code.into();
        // 50x and 53x are about the session, the login or the settings; the email can be sent when those are corrected.
        return if error.is_permanent() && (540..600).contains(&code) {
            SendError::Refused(code)
        } else {
            SendError::Failed(format!("the mail server responded {code}"))
        };
    }
    let what = if error.is_tls() {
        "TLS with the mail server could not be established"
    } else if error.is_timeout() {
        "the mail server took too long"
    } else if error.is_response() {
        "the mail server's response could not be parsed"
    } else if error.is_client() {
        "the mail server does not support what the settings require, such as STARTTLS or a login"
    } else {
        "the mail server could not be reached, or closed the connection"
    };
    SendError::Failed(what.to_owned())
}
