//! `/v1/subscribers/{id}`: one subscriber, as editors see and change it.

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Actor, EraseSubscribers, ReadSubscribers, WriteSubscribers};
use crate::base::clock::Timestamp;
use crate::base::db::types;
use crate::base::error::{Error, Result, Violations};
use crate::base::http::json::present;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Fields, MergePatch, Query, Response};
use crate::base::ids::SubscriberId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::subscribers::store::{self, Kept, SubscriberChanges};
use crate::subscribers::{Custom, Grant, Label, Labels, Line, Status};

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
    /// Slugs of the topics the person chose; empty means everything.
    #[schema(max_items = 100)]
    topics: Vec<Slug>,
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
pub(super) fn write(app: &App, fields: &Fields<SubscriberField>, kept: Kept) -> Result<Box<RawValue>> {
    let mut subscriber = Subscriber::from(kept);
    if fields.name(SubscriberField::UnsubscribeUrl) {
        let token = Grant::Leave.token(&app.keys, subscriber.id);
        subscriber.unsubscribe_url = Some(format!("{}/subscribe/leave/{token}", app.config.base_url()));
    }
    fields.choose(&subscriber)
}

impl From<Kept> for Subscriber {
    fn from(Kept { row, labels, topics }: Kept) -> Self {
        let types::Json(custom) = row.custom;
        let text = |line: Line| line.as_str().to_owned();
        Self {
            id: row.id,
            email: row.email,
            name: row.name.map(text),
            status: row.status,
            locale: row.locale,
            topics,
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
) -> Result<Response> {
    let id = id.into_inner();
    let kept = app.db.snapshot(move |conn| store::get(conn, id)).await?;
    Response::ok(&write(&app, &chosen.0.0, kept)?)
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
) -> Result<Response> {
    let given = body.value;
    let mut violations = Violations::default();
    let changes = SubscriberChanges {
        name: given.name.and_then(|name| {
            violations.take("/name", name.as_deref().map(|name| Line::parse("name", name)).transpose())
        }),
        locale: given.locale.and_then(|locale| violations.take("/locale", Locale::parse(&locale))),
        custom: None,
        updated_at: None,
    };
    let labels = given
        .labels
        .and_then(|labels| violations.take("/labels", Labels::parse(&labels.unwrap_or_default())));
    violations.check()?;
    let (id, custom) = (id.into_inner(), given.custom);
    let kept =
        app.db
            .write_as(actor.user, move |tx| {
                store::update(tx, id, labels.as_ref(), |row| {
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
    Response::ok(&Subscriber::from(kept))
}

/// Erase a subscriber
///
/// Everything that is kept of the person goes, for good; a keyed hash of the address stays, so that no import brings them
/// back. Whoever should only receive no more mail is unsubscribed instead.
#[utoipa::path(delete, path = "/v1/subscribers/{id}", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "Whom.")),
    responses((status = 204, description = "Nothing is kept any more.")))]
pub async fn erase_subscriber(
    app: Data<App>,
    actor: Actor<EraseSubscribers>,
    id: Path<SubscriberId>,
) -> Result<Response> {
    let id = id.into_inner();
    let keys = app.keys.clone();
    app.db.write_as(actor.user, move |tx| store::erase(tx, &keys, id)).await?;
    Ok(Response::no_content())
}
