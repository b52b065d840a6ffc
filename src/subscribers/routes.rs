//! Subscribers over HTTP: joining, which anybody may, and the list as editors see it.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::list::{self, Wanted};
use super::store::{self, SubscriberChanges, SubscriberRow};
use super::{Custom, Label, Labels, Line, SignUp, Status, SubscriberId, leave_token};
use crate::app::App;
use crate::auth::{Actor, EraseSubscribers, ReadSubscribers, WriteSubscribers};
use crate::clock::Timestamp;
use crate::db::types;
use crate::error::{Error, Result, Violations};
use crate::http::json::present;
use crate::http::limit::Policy;
use crate::http::query::{FromParams, Params};
use crate::http::{Answer, Fields, Json, MergePatch, PageRequest, Query, page};
use crate::mail::EmailAddress;
use crate::text::Locale;
use crate::text::slug::Slug;

/// Who wants to receive mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinSubscribers {
    /// The address to write to.
    #[schema(min_length = 3, max_length = 254, format = Email)]
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
}

/// The answer to everyone who joins, whatever is known of the address.
#[derive(Debug, Serialize, ToSchema)]
pub struct Joined {
    /// Always `pending`: a mail asks for confirmation, if one may be sent.
    #[schema(max_length = 20, example = "pending")]
    status: &'static str,
}

/// Someone who receives mail, or did, or may.
#[derive(Debug, Serialize, ToSchema)]
pub struct Subscriber {
    id: SubscriberId,
    /// The address as it was typed, its domain in ASCII.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// What the person is called.
    #[schema(max_length = 200)]
    name: Option<String>,
    status: Status,
    locale: Locale,
    /// Slugs of the topics the person chose; empty means everything, and so it always is until topics can be chosen.
    #[schema(value_type = Vec<Slug>, max_items = 100)]
    topics: Vec<String>,
    /// Words that editors put on the person.
    #[schema(value_type = Vec<Label>, max_items = 50)]
    labels: Labels,
    /// What the publication notes of the person.
    #[schema(value_type = Object)]
    custom: Custom,
    /// Where the person signed up.
    #[schema(max_length = 200)]
    source: Option<String>,
    /// When the address was first given.
    created_at: Timestamp,
    /// When the person last confirmed.
    confirmed_at: Option<Timestamp>,
    /// When the person left, unless confirmed since.
    unsubscribed_at: Option<Timestamp>,
    /// When anything of this last changed.
    updated_at: Timestamp,
    /// Opens the page that unsubscribes; only if `fields` asks for it. For those who send with another tool: it goes
    /// into the `List-Unsubscribe` header and takes one-click requests (RFC 8058).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, format = Uri, max_length = 2000)]
    unsubscribe_url: Option<String>,
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

/// What of a subscriber is changed. What is absent stays; `null` clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "absent, cleared and given are three things")]
pub struct UpdateSubscriber {
    /// What the person is called.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Option<String>>,
    /// The language the person reads.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, min_length = 2, max_length = 11)]
    locale: Option<String>,
    /// Words that editors put on the person, each of at most 60 characters: these replace the present ones.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<Label>>, max_items = 50)]
    labels: Option<Option<Vec<String>>>,
    /// What the publication notes of the person, at most 8 KiB as JSON: merged into what is there.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    custom: Option<Option<Map<String, Value>>>,
}

crate::fields! {
    /// A member of [`Subscriber`].
    SubscriberField {
        Id = "id",
        Email = "email",
        Name = "name",
        Status = "status",
        Locale = "locale",
        Topics = "topics",
        Labels = "labels",
        Custom = "custom",
        Source = "source",
        CreatedAt = "created_at",
        ConfirmedAt = "confirmed_at",
        UnsubscribedAt = "unsubscribed_at",
        UpdatedAt = "updated_at",
        UnsubscribeUrl = "unsubscribe_url",
    }
}

/// Which members of one subscriber are wanted.
#[derive(Debug)]
pub struct Chosen(Fields<SubscriberField>);

impl FromParams for Chosen {
    fn from_params(params: &mut Params) -> Self {
        Self(Fields::from_params(params))
    }
}

/// The members of a subscriber that are wanted.
fn write(app: &App, fields: &Fields<SubscriberField>, row: SubscriberRow) -> Result<Box<RawValue>> {
    let mut subscriber = Subscriber::from(row);
    if fields.name(SubscriberField::UnsubscribeUrl) {
        let token = leave_token(&app.keys, subscriber.id);
        subscriber.unsubscribe_url = Some(format!("{}/subscribe/leave/{token}", app.config.base_url()));
    }
    fields.choose(&subscriber)
}

impl From<SubscriberRow> for Subscriber {
    fn from(row: SubscriberRow) -> Self {
        let types::Json(labels) = row.labels;
        let types::Json(custom) = row.custom;
        let text = |line: Line| line.as_str().to_owned();
        Self {
            id: row.id,
            email: row.email,
            name: row.name.map(text),
            status: row.status,
            locale: row.locale,
            topics: Vec::new(),
            labels,
            custom,
            source: row.source.map(text),
            created_at: row.created_at,
            confirmed_at: row.confirmed_at,
            unsubscribed_at: row.unsubscribed_at,
            updated_at: row.updated_at,
            unsubscribe_url: None,
        }
    }
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
    /// Changed then or later.
    updated_at_gte: Option<Timestamp>,
    /// `created_at`, `-created_at` (the default), `email` or `-email`.
    #[param(pattern = "^-?(created_at|email)$", max_length = 20)]
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
/// a mail that asks to confirm: at most one a day and three in all, and none to those who are subscribed.
#[utoipa::path(post, path = "/v1/subscribers", tag = "subscribers", security(()), request_body = JoinSubscribers,
    responses((status = 202, description = "A mail is on its way, if one may be sent.", body = Joined)))]
pub async fn join_subscribers(
    app: Data<App>,
    req: HttpRequest,
    body: Json<JoinSubscribers>,
) -> Result<Answer> {
    app.limits.admit_network(&req, Policy::Join)?;
    let given = body.value;
    let mut violations = Violations::default();
    let email = violations.take("/email", EmailAddress::parse(&given.email));
    let name = violations.take("/name", given.name.as_deref().map(Line::parse).transpose());
    let locale = violations.take("/locale", given.locale.as_deref().map(Locale::parse).transpose());
    let source = violations.take("/source", given.source.as_deref().map(Line::parse).transpose());
    if let (Some(email), Some(name), Some(locale), Some(source)) = (email, name, locale, source) {
        let locale = locale.unwrap_or_else(|| app.config.locale.clone());
        sign_up(&app, SignUp { email, name, locale, source }).await?;
    }
    violations.check()?;
    Ok(Answer::ok(&Joined { status: "pending" })?.status(StatusCode::ACCEPTED))
}

/// Takes a sign-up, by whichever way it came.
pub(super) async fn sign_up(app: &App, sign_up: SignUp) -> Result<()> {
    let random = app.random.clone();
    app.db.write(move |tx| store::sign_up(tx, &random, &sign_up)).await
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
) -> Result<Answer> {
    let Query(ListRequest { wanted, page: part, fields }) = query;
    let after = part.after(&wanted)?;
    let (list_of, limit, counts) = (wanted.clone(), part.limit, part.include_total);
    let (mut rows, total) = app
        .db
        .snapshot(move |conn| {
            let total = if counts { Some(list::count(conn, &list_of)?) } else { None };
            Ok((list::list(conn, &list_of, after, limit + 1)?, total))
        })
        .await?;
    let most = usize::try_from(limit).unwrap_or(0);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let end = rows.last().filter(|_| has_more).map(|row| page::cursor(&list::place(&wanted, row), &wanted));
    let next_cursor = end.transpose()?;
    let items = rows.into_iter().map(|row| write(&app, &fields, row)).collect::<Result<_>>()?;
    let answer = Answer::ok(&SubscriberPage { items, next_cursor: next_cursor.clone(), total })?;
    Ok(page::with_next_link(answer, req.path(), req.query_string(), next_cursor.as_deref()))
}

/// Read a subscriber
///
/// Everything that is kept of the person.
#[utoipa::path(get, path = "/v1/subscribers/{id}", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "Whose."),
        ("fields" = inline(Option<Vec<SubscriberField>>), Query, nullable = false, min_items = 1, max_items = 100,
            explode = false, description = "Only these members; `unsubscribe_url` comes only if it is named.")),
    responses((status = 200, description = "The subscriber.", body = Subscriber)))]
pub async fn get_subscriber(
    app: Data<App>,
    _actor: Actor<ReadSubscribers>,
    id: Path<SubscriberId>,
    chosen: Query<Chosen>,
) -> Result<Answer> {
    let id = id.into_inner();
    let row = app.db.read(move |conn| store::find(conn, id)).await?.ok_or(Error::NotFound("subscriber"))?;
    Answer::ok(&write(&app, &chosen.0.0, row)?)
}

/// Change a subscriber
///
/// A merge patch (RFC 7396). The address and the status are the person's own to change.
#[utoipa::path(patch, path = "/v1/subscribers/{id}", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "Whose.")),
    request_body(content = UpdateSubscriber, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The subscriber as it is now.", body = Subscriber)))]
pub async fn update_subscriber(
    app: Data<App>,
    actor: Actor<WriteSubscribers>,
    id: Path<SubscriberId>,
    body: MergePatch<UpdateSubscriber>,
) -> Result<Answer> {
    let given = body.value;
    let mut violations = Violations::default();
    let changes = SubscriberChanges {
        name: given
            .name
            .and_then(|name| violations.take("/name", name.as_deref().map(Line::parse).transpose())),
        locale: given.locale.and_then(|locale| violations.take("/locale", Locale::parse(&locale))),
        labels: given.labels.and_then(|labels| {
            violations.take("/labels", Labels::parse(&labels.unwrap_or_default())).map(types::Json)
        }),
        custom: None,
        updated_at: None,
    };
    violations.check()?;
    let (id, custom) = (id.into_inner(), given.custom);
    let row =
        app.db
            .write(move |tx| {
                store::update(tx, actor.user, id, |row| {
                    let custom =
                        match custom.clone() {
                            None => None,
                            Some(None) => Some(Custom::default()),
                            Some(Some(patch)) => Some(row.custom.0.merged(patch).map_err(|invalid| {
                                Error::invalid("/custom", invalid.code, invalid.detail)
                            })?),
                        };
                    Ok(SubscriberChanges { custom: custom.map(types::Json), ..changes.clone() })
                })
            })
            .await?;
    Answer::ok(&Subscriber::from(row))
}

/// Erase a subscriber
///
/// Everything that is kept of the person goes, for good. Whoever should only receive no more mail is unsubscribed instead.
#[utoipa::path(delete, path = "/v1/subscribers/{id}", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "Whom.")),
    responses((status = 204, description = "Nothing is kept any more.")))]
pub async fn erase_subscriber(
    app: Data<App>,
    actor: Actor<EraseSubscribers>,
    id: Path<SubscriberId>,
) -> Result<Answer> {
    let id = id.into_inner();
    app.db.write(move |tx| store::erase(tx, Some(actor.user), id)).await?;
    Ok(Answer::no_content())
}
