//! Sends email over SMTP. Opens a connection for each email: this costs a few round trips but never reuses a stale
//! connection.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{SmtpTransport, Transport as _};
use url::{Host, Url};

/// The timeout of each step of the SMTP session.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);

/// Why an email could not be sent. Never contains the recipient's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// The mail server rejected the email permanently, with this reply code.
    Refused(u16),
    /// A temporary failure: a retry may succeed.
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
    /// STARTTLS; nothing is sent if the server does not support it.
    Required,
    /// STARTTLS if the server supports it, otherwise unencrypted.
    Offered,
    /// Unencrypted.
    Plain,
}

impl Smtp {
    /// The mail server at `url`; `name` is sent in the `EHLO` greeting. An error is a sentence for the operator,
    /// without the password.
    pub fn open(url: &str, name: &str) -> Result<Self, String> {
        let refusal = || {
            "must look like smtps://USER:PASSWORD@HOST or smtp://HOST:PORT, perhaps with ?tls=required, \
             ?tls=opportunistic or ?tls=none"
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
        // `EHLO` requires a fully qualified domain name (RFC 5321, section 4.1.1.1); otherwise lettre's default is
        // kept.
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
    /// The encryption of the connection to `url`. Without `tls`, a URL with a password requires TLS unless the host is
    /// loopback, so that no password crosses a network unencrypted. `None` if the URL is not that of a mail server.
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
    // The crate `url` recognizes IP addresses only in URLs of web schemes, so the host is parsed again.
    match Host::parse(url.host_str().unwrap_or_default()) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

fn decode(text: &str) -> Option<String> {
    // Form decoding would turn `+` into a space.
    let escaped = format!("v={}", text.replace('+', "%2B"));
    let (_, value) = url::form_urlencoded::parse(escaped.as_bytes()).next()?;
    (!value.contains('\u{fffd}')).then(|| value.into_owned())
}

/// Classifies an error. Uses only the code of the server's reply: its text may contain the recipient's address.
fn send_error(error: &lettre::transport::smtp::Error) -> SendError {
    if let Some(code) = error.status() {
        let code: u16 = code.into();
        // 50x and 53x replies concern the session, the login or the settings: the email can be sent once those are
        // corrected.
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
