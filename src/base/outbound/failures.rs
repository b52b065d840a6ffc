//! Turns errors of a request into sentences for whoever set the URL, who knows neither the libraries nor their terms.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use hyper_util::client::legacy::Error as ClientError;
use rustls::{CertificateError, Error as TlsError};

use super::Failure;
use super::resolver::Unresolved;

/// The connection was made, and ended before there was a response.
const BROKEN_OFF: &str = "The connection was broken off before there was a response.";

/// What an error of the client means. The outermost cause that has a meaning decides.
pub(super) fn failure(error: &ClientError) -> Failure {
    let known = causes(error).find_map(|cause| {
        let unresolved = cause.downcast_ref::<Unresolved>().map(of_look_up);
        let tls = || cause.downcast_ref::<TlsError>().map(|error| failed(of_tls(error)));
        let network = || cause.downcast_ref::<io::Error>().and_then(of_network).map(failed);
        let http = || cause.downcast_ref::<hyper::Error>().and_then(of_http).map(failed);
        unresolved.or_else(tls).or_else(network).or_else(http)
    });
    known.unwrap_or_else(|| {
        log::debug!(
            "a request failed: {}",
            causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
        );
        failed(if error.is_connect() { "No connection could be made." } else { BROKEN_OFF })
    })
}

fn failed(why: &str) -> Failure {
    Failure::Failed(why.to_owned())
}

/// An error and its causes. `io::Error::source` skips the error that it wraps, so `get_ref` is used.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&cause| {
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => cause.source(),
        }
    })
}

fn of_look_up(unresolved: &Unresolved) -> Failure {
    match unresolved {
        Unresolved::Refused(why) => Failure::Refused(why.clone()),
        Unresolved::Failed(why) => Failure::Failed(why.clone()),
    }
}

fn of_tls(error: &TlsError) -> &'static str {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
    };
    match error {
        TlsError::InvalidCertificate(Expired | ExpiredContext { .. }) => {
            "The receiver's certificate has expired."
        }
        TlsError::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            "The receiver's certificate is not valid yet."
        }
        TlsError::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "The receiver's certificate is for another host."
        }
        TlsError::InvalidCertificate(_) => {
            "The receiver's certificate is not trusted: it is self-signed, or its issuer is unknown to this server."
        }
        TlsError::InvalidMessage(_) => "The receiver does not use TLS on this port.",
        _ => "The receiver and this server could not agree on a TLS connection.",
    }
}

/// `None` for one that only wraps another, or says nothing that is of use.
fn of_network(error: &io::Error) -> Option<&'static str> {
    if error.get_ref().is_some_and(|wrapped| wrapped.is::<TlsError>() || wrapped.is::<io::Error>()) {
        return None;
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => Some("The connection was refused: nothing listens on this port."),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Some("The host cannot be reached."),
        ErrorKind::TimedOut => Some("The host did not accept the connection in time."),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Some(BROKEN_OFF),
        _ => None,
    }
}

fn of_http(error: &hyper::Error) -> Option<&'static str> {
    if error.is_parse() {
        Some("The response is not valid HTTP/1.1, or its headers are too large.")
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        Some(BROKEN_OFF)
    } else {
        None
    }
}
