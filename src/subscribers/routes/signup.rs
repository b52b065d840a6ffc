//! Joining over HTTP, which anybody may, from any page. A website's own server may speak for its visitors: with a token of
//! that right it states who they are, and the budgets and the evidence are theirs.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest as _, HttpRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Actor, SpeakForVisitors};
use crate::base::error::{Invalid, Result, Violations};
use crate::base::http::json::sha256;
use crate::base::http::limit::{Key, Policy};
use crate::base::http::{Answer, Json, peer};
use crate::base::mail::EmailAddress;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::subscribers::evidence::{self, Evidence, Kind, MOST_TEXT, Via, Visitor};
use crate::subscribers::{Line, SignUp, store};

/// The most topics that somebody chooses.
pub const MOST_TOPICS: usize = 100;

/// Who wants to receive mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinSubscribers {
    /// The address to write to.
    #[schema(min_length = 3, max_length = 254, format = "idn-email")]
    email: String,
    /// What the person is called.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The language the person reads; the site's, if absent.
    #[schema(min_length = 2, max_length = 11)]
    locale: Option<String>,
    /// Where the person signed up, as in `footer`.
    #[schema(min_length = 1, max_length = 200)]
    source: Option<String>,
    /// Slugs of the topics the person chose, among those that can be followed; none means everything. Others are left
    /// out.
    #[schema(value_type = Option<Vec<Slug>>, max_items = 100)]
    topics: Option<Vec<String>>,
    /// The words that the person consented to, as the form showed them: kept as evidence.
    #[schema(min_length = 1, max_length = 2000)]
    consent_text: Option<String>,
    /// The visitor's address, told by a website's own server. Needs a token with the right `subscribers:speak`, as the
    /// next two do.
    #[schema(min_length = 2, max_length = 45)]
    ip: Option<String>,
    /// What the visitor's browser calls itself.
    #[schema(min_length = 1, max_length = 500)]
    user_agent: Option<String>,
    /// The page that the form stood on.
    #[schema(min_length = 1, max_length = 500, format = Uri)]
    form_url: Option<String>,
}

/// The answer to everyone who joins, whatever is known of the address.
#[derive(Debug, Serialize, ToSchema)]
pub struct Joined {
    /// Always `pending`: a mail asks for confirmation, if one may be sent.
    #[schema(max_length = 20, example = "pending")]
    status: &'static str,
}

/// Join
///
/// Asks for mail at an address. The answer is the same, and takes as long, for every address, known or not; what follows is
/// a mail that asks to confirm: at most one a day and three in all, and none to those who are subscribed. Needs no token,
/// unless it speaks for a visitor.
#[utoipa::path(post, path = "/v1/subscribers", tag = "subscribers", security((), ("bearer" = [])),
    request_body = JoinSubscribers,
    responses((status = 202, description = "A mail is on its way, if one may be sent.", body = Joined)))]
pub async fn join_subscribers(
    app: Data<App>,
    req: HttpRequest,
    body: Json<JoinSubscribers>,
) -> Result<Answer> {
    let given = body.value;
    let speaks = given.ip.is_some() || given.user_agent.is_some() || given.form_url.is_some();
    if speaks {
        Actor::<SpeakForVisitors>::extract(&req).await?;
    }
    let mut violations = Violations::default();
    let ip = violations.take("/ip", given.ip.as_deref().map(ip).transpose());
    let user_agent = violations.take("/user_agent", given.user_agent.as_deref().map(line).transpose());
    let form_url = violations.take("/form_url", given.form_url.as_deref().map(line).transpose());
    let visitor = if speaks {
        let hash = |ip| evidence::network_hash(&app.keys, ip);
        Visitor {
            network_hash: ip.flatten().map(hash),
            user_agent: user_agent.flatten(),
            form_url: form_url.flatten(),
        }
    } else {
        Visitor::of(&app, &req)
    };
    match ip.flatten() {
        Some(ip) => {
            app.limits.admit(&req, Policy::Join, || Key::Network(peer::network(ip.to_canonical())))?;
        }
        None => app.limits.admit_network(&req, Policy::Join)?,
    }
    let email = violations.take("/email", EmailAddress::parse(&given.email));
    let name = violations.take("/name", given.name.as_deref().map(Line::parse).transpose());
    let locale = violations.take("/locale", given.locale.as_deref().map(Locale::parse).transpose());
    let source = violations.take("/source", given.source.as_deref().map(Line::parse).transpose());
    let topics = violations.take("/topics", topics(given.topics.unwrap_or_default()));
    let text = violations.take("/consent_text", given.consent_text.as_deref().map(text).transpose());
    violations.check()?;
    if let (Some(email), Some(name), Some(locale), Some(source), Some(topics), Some(text)) =
        (email, name, locale, source, topics, text)
    {
        let via = if speaks { Via::Server } else { Via::Api };
        let evidence = Evidence { text, source, visitor, ..Evidence::new(Kind::Requested, via) };
        let locale = locale.unwrap_or_else(|| app.config.locale.clone());
        sign_up(&app, &req, SignUp { email, name, locale, topics, evidence }).await?;
    }
    Ok(Answer::ok(&Joined { status: "pending" })?.status(StatusCode::ACCEPTED))
}

/// Takes a sign-up, by whichever way it came, from the budget of all and of its mailbox. Of a mailbox for which too many
/// came today nothing is taken, and nothing tells: not even that somebody else asked for it.
///
/// # Errors
/// Too many; when the database refuses.
pub(super) async fn sign_up(app: &App, req: &HttpRequest, mut sign_up: SignUp) -> Result<()> {
    app.limits.admit(req, Policy::JoinAll, || Key::Everyone)?;
    let mailbox = || Key::Hash(sha256(sign_up.email.mailbox().as_bytes()));
    if !app.limits.admits(Policy::JoinAddress, mailbox) {
        return Ok(());
    }
    sign_up.evidence.locale = Some(sign_up.locale.clone());
    let random = app.random.clone();
    app.db.write(move |tx| store::sign_up(tx, &random, &sign_up)).await
}

/// Reads the topics that somebody chose.
///
/// # Errors
/// `too-many`, or what is wrong with one of them.
pub(super) fn topics(given: Vec<String>) -> Result<Vec<Slug>, Invalid> {
    if given.len() > MOST_TOPICS {
        return Err(Invalid::new("too-many", "at most 100 topics"));
    }
    given.iter().map(|slug| Slug::parse(slug)).collect()
}

fn ip(text: &str) -> Result<IpAddr, Invalid> {
    text.parse().map_err(|_| Invalid::new("malformed-ip", "an IPv4 or IPv6 address"))
}

fn line(text: &str) -> Result<String, Invalid> {
    match evidence::kept(text) {
        Some(line) if text.chars().count() <= evidence::MOST_KEPT => Ok(line),
        _ => Err(Invalid::new("malformed-line", "one line of 1 to 500 characters")),
    }
}

fn text(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MOST_TEXT {
        return Err(Invalid::new("malformed-text", "1 to 2000 characters"));
    }
    Ok(text.to_owned())
}
