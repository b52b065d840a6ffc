//! `/v1/subscribers`: anybody may sign up, from any page; editors list. A website's own server may sign up its visitors:
//! with a token of that right it states who they are, and the rate limits and the evidence are theirs.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest as _, HttpRequest};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::signup;
use super::subscriber::{Subscriber, SubscriberField, write};
use crate::app::App;
use crate::auth::{Actor, ReadSubscribers, SubscribeOnBehalf};
use crate::base::clock::Timestamp;
use crate::base::error::{Invalid, Result, Violations};
use crate::base::http::limit::{Key, Policy};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Fields, Json, PageRequest, Query, Response, client_ip, page};
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::subscribers::evidence::{self, Evidence, Kind, MOST_TEXT, Via, Visitor};
use crate::subscribers::list::{self, Wanted};
use crate::subscribers::topics::MAX_TOPICS;
use crate::subscribers::{Label, Line, SignUp, Source, Status, store};

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
    /// The visitor's address, told by a website's own server. Needs a token with the right `subscribers:on_behalf_of`, as the
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

/// A page of the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberPage {
    /// At most `limit` subscribers.
    #[schema(value_type = Vec<Subscriber>, max_items = 100)]
    items: Vec<Box<RawValue>>,
    /// The cursor of the next page; `null` on the last.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
    /// How many there are; only if `include_total` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// What the list takes.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `ListRequest` reads")]
pub struct ListParameters {
    /// Any of these.
    #[param(value_type = Option<Vec<Status>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    status: Option<Vec<Status>>,
    /// What stands in the address or the name; upper and lower case of ASCII letters are the same.
    #[param(max_length = 1000)]
    q: Option<String>,
    /// Those who chose any of these topics, by slug.
    #[param(value_type = Option<Vec<Slug>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    topic: Option<Vec<Slug>>,
    /// Those who carry any of these labels.
    #[param(value_type = Option<Vec<Label>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    label: Option<Vec<Label>>,
    /// Those who signed up at any of these places.
    #[param(inline, value_type = Option<Vec<Source>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    source: Option<Vec<Source>>,
    /// Changed then or later.
    updated_at_gte: Option<Timestamp>,
    /// `created_at`, `updated_at` or `email`, with `-` in front from the end; `-created_at` if absent.
    #[param(pattern = "^-?(created_at|updated_at|email)$", max_length = 20)]
    sort: Option<String>,
    /// How many at most; 20 if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where the page before ended.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether to count them all.
    include_total: Option<bool>,
}

/// Which part of the list is wanted, and which members of it.
#[derive(Debug)]
pub struct ListRequest {
    wanted: Wanted,
    page: PageRequest,
    fields: Fields<SubscriberField>,
}

impl FromParams for ListRequest {
    fn from_params(params: &mut Params) -> Self {
        Self {
            wanted: Wanted::from_params(params),
            page: PageRequest::from_params(params),
            fields: Fields::from_params(params),
        }
    }
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
) -> Result<Response> {
    let given = body.value;
    let speaks = given.ip.is_some() || given.user_agent.is_some() || given.form_url.is_some();
    if speaks {
        Actor::<SubscribeOnBehalf>::extract(&req).await?;
    }
    let mut violations = Violations::default();
    let ip = violations.take("/ip", given.ip.as_deref().map(ip).transpose());
    let user_agent = violations
        .take("/user_agent", given.user_agent.as_deref().map(|text| line("user-agent", text)).transpose());
    let form_url = violations
        .take("/form_url", given.form_url.as_deref().map(|text| line("form-url", text)).transpose());
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
            app.limits.admit(&req, Policy::Join, || Key::Network(client_ip::network(ip.to_canonical())))?;
        }
        None => app.limits.admit_network(&req, Policy::Join)?,
    }
    let email = violations.take("/email", EmailAddress::parse(&given.email));
    let name =
        violations.take("/name", given.name.as_deref().map(|text| Line::parse("name", text)).transpose());
    let locale = violations.take("/locale", given.locale.as_deref().map(Locale::parse).transpose());
    let source = violations
        .take("/source", given.source.as_deref().map(|text| Line::parse("source", text)).transpose());
    let topics = violations.take("/topics", topics(given.topics.unwrap_or_default()));
    let text = violations.take(
        "/consent_text",
        given
            .consent_text
            .as_deref()
            .map(|text| validate::filled_text("consent-text", text, MOST_TEXT))
            .transpose(),
    );
    violations.check()?;
    if let (Some(email), Some(name), Some(locale), Some(source), Some(topics), Some(text)) =
        (email, name, locale, source, topics, text)
    {
        let via = if speaks { Via::Server } else { Via::Api };
        let evidence = Evidence { text, source, visitor, ..Evidence::new(Kind::Requested, via) };
        let locale = locale.unwrap_or_else(|| app.config.site.locale.clone());
        signup::accept(&app, &req, SignUp { email, name, locale, topics, evidence }).await?;
    }
    Ok(Response::ok(&Joined { status: "pending" })?.status(StatusCode::ACCEPTED))
}

/// List subscribers
///
/// The newest first, unless `sort` says otherwise.
#[utoipa::path(get, path = "/v1/subscribers", tag = "subscribers", security(("bearer" = [])),
    params(ListParameters,
        ("fields" = inline(Option<Vec<SubscriberField>>), Query, nullable = false, min_items = 1, max_items = 100,
            explode = false, description = "Only these members; `unsubscribe_url` comes only if it is named.")),
    responses((status = 200, description = "A page of the list.", body = SubscriberPage,
               headers(("Link" = String, description = "The next page, with `rel=\"next\"`, if there is one.")))))]
pub async fn list_subscribers(
    app: Data<App>,
    _actor: Actor<ReadSubscribers>,
    req: HttpRequest,
    query: Query<ListRequest>,
) -> Result<Response> {
    let Query(ListRequest { wanted, page: part, fields }) = query;
    let after = part.after(&wanted)?;
    let (kept, next_cursor, total) = app
        .db
        .snapshot(move |conn| {
            let total = part.include_total.then(|| list::count(conn, &wanted)).transpose()?;
            let mut rows = list::list(conn, &wanted, after, part.limit + 1)?;
            let next_cursor = part.cut(&mut rows, &wanted, |row| list::place(&wanted, row))?;
            Ok((store::complete(conn, rows)?, next_cursor, total))
        })
        .await?;
    let items = kept.into_iter().map(|kept| write(&app, &fields, kept)).collect::<Result<_>>()?;
    let answer = Response::ok(&SubscriberPage { items, next_cursor: next_cursor.clone(), total })?;
    Ok(page::with_next_link(answer, req.path(), req.query_string(), next_cursor.as_deref()))
}

/// Reads the topics that somebody chose.
///
/// # Errors
/// `topics-too-many`, or what is wrong with one of them.
pub(super) fn topics(given: Vec<String>) -> Result<Vec<Slug>, Invalid> {
    validate::count("topics", given.len(), MAX_TOPICS)?;
    given.iter().map(|slug| Slug::parse(slug)).collect()
}

fn ip(text: &str) -> Result<IpAddr, Invalid> {
    text.parse().map_err(|_| validate::malformed("ip", "Must be an IPv4 or IPv6 address."))
}

fn line(noun: &str, text: &str) -> Result<String, Invalid> {
    validate::text(noun, text, evidence::MOST_KEPT)?;
    validate::line(noun, &evidence::kept(text).unwrap_or_default(), evidence::MOST_KEPT)
}
