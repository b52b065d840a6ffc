//! `/v1/subscribers`: anybody can subscribe an address, from any page; editors list subscribers. A website's own server can
//! subscribe its visitors: with the right to do so it states who they are, and rate limits and evidence are theirs.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest as _, HttpRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::signup;
use super::subscriber::{PartialSubscriber, SubscriberField, choose_fields};
use super::visitor::visitor;
use crate::app::App;
use crate::auth::{Actor, ReadSubscribers, SubscribeOnBehalf};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Invalid, Result, Violations};
use crate::base::http::json::Small;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Fields, Json, PageRequest, Query, Response};
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::subscribers::evidence::{self, Evidence, Kind, MAX_LINE_CHARS, MAX_TEXT_CHARS, Via, Visitor};
use crate::subscribers::list::{self, SubscriberFilter};
use crate::subscribers::topics::MAX_TOPICS;
use crate::subscribers::{Label, Line, SignUp, Source, Status, store};

/// An address to subscribe.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscribeAddress {
    /// The address to write to.
    #[schema(min_length = 3, max_length = 254, format = "email-address")]
    email: String,
    /// The person's name.
    #[schema(format = "line", min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The language the person reads. Default: the site's.
    #[schema(format = "language-tag", min_length = 2, max_length = 11)]
    locale: Option<String>,
    /// Where the person signed up, such as `footer`.
    #[schema(format = "line", min_length = 1, max_length = 200)]
    source: Option<String>,
    /// Slugs of the topics the person wants to follow; an empty list means everything. Topics that do not exist or cannot be
    /// followed are ignored.
    #[schema(value_type = Option<Vec<Slug>>, max_items = 100)]
    topics: Option<Vec<String>>,
    /// The text that the person consented to, as the form showed it. Stored as evidence.
    #[schema(format = "filled-text", min_length = 1, max_length = 2000)]
    consent_text: Option<String>,
    /// The visitor's IP address, stated by a website's own server. Without it, all visitors of that website share the limit of
    /// one network. This field and the next two require a token with the right `subscribers:on_behalf_of`.
    #[schema(format = "ip-address", min_length = 2, max_length = 45)]
    ip: Option<String>,
    /// The user agent of the visitor's browser.
    #[schema(format = "line", min_length = 1, max_length = 500)]
    user_agent: Option<String>,
    /// The page that the form was on.
    #[schema(min_length = 1, max_length = 500, format = "line")]
    form_url: Option<String>,
}

/// The response to every sign-up, whatever is known of the address.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscribeResponse {
    /// Always `pending`: a confirmation request is sent, if one may be.
    #[schema(max_length = 20, example = "pending")]
    status: &'static str,
}

/// A page of subscribers.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberPage {
    /// At most `limit` subscribers.
    #[schema(max_items = 100)]
    items: Vec<PartialSubscriber>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
    /// The number of subscribers that match; only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// The query parameters of the list.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `ListRequest` reads")]
pub struct ListParameters {
    /// Subscribers with any of these statuses.
    #[param(value_type = Option<Vec<Status>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    status: Option<Vec<Status>>,
    /// A part of the address or the name, compared without the case of ASCII letters.
    #[param(max_length = 1000)]
    q: Option<String>,
    /// Subscribers who follow any of these topics, by slug.
    #[param(value_type = Option<Vec<Slug>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    topic: Option<Vec<Slug>>,
    /// Subscribers with any of these labels.
    #[param(value_type = Option<Vec<Label>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    label: Option<Vec<Label>>,
    /// Subscribers with any of these sources.
    #[param(inline, value_type = Option<Vec<Source>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    source: Option<Vec<Source>>,
    /// Subscribers updated at this time or later.
    updated_at_gte: Option<Timestamp>,
    /// `created_at`, `updated_at` or `email`; a `-` in front reverses the order. Default: `-created_at`.
    #[param(pattern = "^-?(created_at|updated_at|email)$", max_length = 20)]
    sort: Option<String>,
    /// The maximum number of items. Default: 20.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether to return the number of subscribers that match as `total`.
    include_total: Option<bool>,
}

/// Which subscribers are listed, and which fields of them.
#[derive(Debug)]
pub struct ListRequest {
    filter: SubscriberFilter,
    page: PageRequest,
    fields: Fields<SubscriberField>,
}

impl FromParams for ListRequest {
    fn from_params(params: &mut Params) -> Self {
        Self {
            filter: SubscriberFilter::from_params(params),
            page: PageRequest::from_params(params),
            fields: Fields::from_params(params),
        }
    }
}

/// Subscribe an address
///
/// Starts double opt-in: an email asks the person to confirm. Needs no access token and can be called from any
/// origin. The response is the same, and takes as long, for every address, known or not. A confirmation request is
/// sent at most once a day and three times in all, and never to a confirmed subscriber.
///
/// A website's own server states on whose behalf it calls with `ip`, `user_agent` and `form_url`; these require an
/// access token with the right `subscribers:on_behalf_of`, otherwise the response is 401 or 403. More sign-ups than
/// the limits per network and per hour allow are refused with 429 and `Retry-After`.
#[utoipa::path(post, path = "/v1/subscribers", tag = "subscribers", security((), ("bearer" = [])),
    request_body = SubscribeAddress,
    responses((status = 202, description = "A confirmation request will be sent, if one may be.", body = SubscribeResponse)))]
pub async fn subscribe_address(
    app: Data<App>,
    req: HttpRequest,
    body: Json<SubscribeAddress, Small>,
) -> Result<Response> {
    let given = body.value;
    let on_behalf = given.ip.is_some() || given.user_agent.is_some() || given.form_url.is_some();
    let origin = if on_behalf {
        Actor::<SubscribeOnBehalf>::extract(&req).await?.origin
    } else {
        app.origin(&req, None)
    };
    let mut violations = Violations::default();
    let ip = violations.take("/ip", given.ip.as_deref().map(ip).transpose());
    let user_agent = violations
        .take("/user_agent", given.user_agent.as_deref().map(|text| line("user-agent", text)).transpose());
    let form_url = violations
        .take("/form_url", given.form_url.as_deref().map(|text| line("form-url", text)).transpose());
    let sender = if on_behalf {
        let hash = |ip| app.keys.network(ip).to_vec();
        Visitor {
            network_hash: ip.flatten().map(hash),
            user_agent: user_agent.flatten(),
            form_url: form_url.flatten(),
        }
    } else {
        visitor(&app, &req)
    };
    let client = ip.flatten().map_or_else(|| app.limits.client(&req), |ip| ip.to_canonical());
    signup::admit(&app, &req, client)?;
    let email = violations.take("/email", EmailAddress::parse(&given.email));
    let name =
        violations.take("/name", given.name.as_deref().map(|text| Line::parse("name", text)).transpose());
    let locale = violations.take("/locale", given.locale.as_deref().map(Locale::parse).transpose());
    let source = violations
        .take("/source", given.source.as_deref().map(|text| Line::parse("source", text)).transpose());
    let topics = violations.take("/topics", topics(&given.topics.unwrap_or_default()));
    let text = violations.take("/consent_text", given.consent_text.as_deref().map(consent_text).transpose());
    violations.check()?;
    if let (Some(email), Some(name), Some(locale), Some(source), Some(topics), Some(text)) =
        (email, name, locale, source, topics, text)
    {
        let via = if on_behalf { Via::Server } else { Via::Api };
        let evidence = Evidence { text, source, visitor: sender, ..Evidence::new(Kind::SignedUp, via) };
        let locale = locale.unwrap_or_else(|| app.config.site.locale.clone());
        signup::accept(&app, &req, origin, client, SignUp { email, name, locale, topics, evidence }).await?;
    }
    Ok(Response::ok(&SubscribeResponse { status: "pending" })?.status(StatusCode::ACCEPTED))
}

/// List subscribers
///
/// Requires the right `subscribers:read`. Returns the newest first unless `sort` says otherwise; all filters are combined
/// with AND. A cursor used with other filters or another order is refused with 400.
#[utoipa::path(get, path = "/v1/subscribers", tag = "subscribers", security(("bearer" = [])),
    params(ListParameters,
        ("fields" = inline(Option<Vec<SubscriberField>>), Query, nullable = false, min_items = 1, max_items = 100,
            explode = false, description = "Return only these fields. `unsubscribe_url` is returned only if it is listed here.")),
    responses((status = 200, description = "A page of subscribers.", body = SubscriberPage,
               headers(("Link" = String, description = "The next page, with `rel=\"next\"`, if there is one.")))))]
pub async fn list_subscribers(
    app: Data<App>,
    _actor: Actor<ReadSubscribers>,
    req: HttpRequest,
    query: Query<ListRequest>,
) -> Result<Response> {
    let Query(ListRequest { filter, page, fields }) = query;
    let read = move |conn: &mut Connection| {
        let page = page.read(
            conn,
            &filter,
            |conn, after, limit| list::list(conn, &filter, after, limit),
            |row| list::position(&filter, row),
            |conn| list::count(conn, &filter),
        )?;
        page.try_convert(|rows| store::load_records(conn, rows))
    };
    let page = app.db.snapshot(read).await?;
    let choose = |record| choose_fields(&app, &fields, record);
    page.try_convert(|records| records.into_iter().map(choose).collect())?.private(&req)
}

fn topics(given: &[String]) -> Result<Vec<Slug>, Invalid> {
    validate::count("topics", given.len(), MAX_TOPICS)?;
    given.iter().map(|slug| Slug::parse(slug)).collect()
}

fn ip(text: &str) -> Result<IpAddr, Invalid> {
    text.parse().map_err(|_| validate::malformed("ip", "Must be an IPv4 or IPv6 address."))
}

fn line(noun: &str, text: &str) -> Result<String, Invalid> {
    validate::text(noun, text, MAX_LINE_CHARS)?;
    validate::line(noun, &evidence::truncated_line(text).unwrap_or_default(), MAX_LINE_CHARS)
}

fn consent_text(text: &str) -> Result<String, Invalid> {
    validate::filled_text("consent-text", text, MAX_TEXT_CHARS)
}
