//! Where to report a vulnerability, as RFC 9116 has it.

use crate::given::hours;
use crate::server::Server;

const PATH: &str = "/.well-known/security.txt";

#[tokio::test]
async fn the_security_contact_is_shown_until_a_midnight_half_a_year_ahead() {
    let server = Server::start().await;
    let wanted = "Contact: mailto:security@website.example\nExpires: 2026-07-04T00:00:00.000000Z\n\
                  Canonical: https://cms.lede.example/.well-known/security.txt\n";
    assert_eq!(server.client().get(PATH).await.is(200).text(), wanted);
    server.clock.advance(hours(14));
    let later = server.client().get(PATH).await;
    assert_eq!(later.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(later.text(), wanted);
}

#[tokio::test]
async fn without_a_security_contact_there_is_no_file() {
    let server = Server::start_with(|config| config.server.security_contact = None).await;
    server.client().get(PATH).await.problem(404, "not-found");
}
