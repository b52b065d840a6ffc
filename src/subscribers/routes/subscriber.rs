//! `/v1/subscribers/{id}`: one subscriber, as editors see and change it.

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Actor, DeleteSubscribers, ReadSubscribers, WriteSubscribers};
use crate::base::clock::Timestamp;
use crate::base::db::types;
use crate::base::error::{Error, Result, Violations};
use crate::base::http::json::present;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Fields, MergePatch, Query, Response};
use crate::base::ids::SubscriberId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::subscribers::store::{self, SubscriberChanges, SubscriberRecord};
use crate::subscribers::{Custom, Label, Labels, Line, Links, Status, erasure};

/// A subscriber.
#[derive(Debug, Serialize, ToSchema)]
pub struct Subscriber {
    id: SubscriberId,
    /// The address as typed, with its domain in ASCII.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// The person's name.
    #[schema(max_length = 200)]
    name: Option<String>,
    status: Status,
    locale: Locale,
    /// Slugs of the topics the person follows; an empty list means everything.
    #[schema(max_items = 100)]
    topics: Vec<Slug>,
    /// Labels that editors gave the person.
    #[schema(value_type = Vec<Label>, max_items = 50)]
    labels: Labels,
    /// Further fields, defined by the publication.
    #[schema(value_type = Object)]
    custom: Custom,
    /// Where the person signed up, such as `footer`.
    #[schema(max_length = 200)]
    source: Option<String>,
    /// When somebody first signed up with the address.
    created_at: Timestamp,
    /// When the person last confirmed.
    confirmed_at: Option<Timestamp>,
    /// When the person unsubscribed, unless they have confirmed since.
    unsubscribed_at: Option<Timestamp>,
    /// When the subscriber was last updated.
    updated_at: Timestamp,
    /// The page to unsubscribe; only if listed in `fields`. For sending with another tool: put it into the
    /// `List-Unsubscribe` header; it accepts one-click requests (RFC 8058).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, format = Uri, max_length = 2000)]
    unsubscribe_url: Option<String>,
}

crate::partial!(PartialSubscriber of Subscriber);

/// The fields to change. Omitted fields keep their value; `null` resets a field to its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "absent, cleared and given are three things")]
pub struct UpdateSubscriber {
    /// The person's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "line", min_length = 1, max_length = 200)]
    name: Option<Option<String>>,
    /// The language the person reads.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, format = "language-tag", min_length = 2, max_length = 11)]
    locale: Option<String>,
    /// Labels, each of at most 60 characters. They replace the present ones.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<Label>>, max_items = 50)]
    labels: Option<Option<Vec<String>>>,
    /// Further fields, at most 8 KiB as JSON. Merged with the present ones; `null` removes a field.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    custom: Option<Option<Map<String, Value>>>,
}

crate::fields! {
    /// A field of a subscriber.
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

/// The query parameters of one subscriber.
#[derive(Debug)]
pub struct FieldsRequest(Fields<SubscriberField>);

impl FromParams for FieldsRequest {
    fn from_params(params: &mut Params) -> Self {
        Self(Fields::from_params(params))
    }
}

/// A subscriber with the requested fields.
pub(super) fn choose_fields(
    app: &App,
    fields: &Fields<SubscriberField>,
    record: SubscriberRecord,
) -> Result<Box<RawValue>> {
    let mut subscriber = Subscriber::from(record);
    if fields.name(SubscriberField::UnsubscribeUrl) {
        subscriber.unsubscribe_url = Some(Links::new(&app.config, &app.keys).unsubscribe(subscriber.id));
    }
    fields.choose(&subscriber)
}

impl From<SubscriberRecord> for Subscriber {
    fn from(SubscriberRecord { row, labels, topics }: SubscriberRecord) -> Self {
        let custom = store::read_custom(row.id, row.custom);
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

/// Get a subscriber
///
/// Requires the right `subscribers:read`. Responds 404 if there is no subscriber with that id, or no longer.
#[utoipa::path(get, path = "/v1/subscribers/{id}", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "The subscriber's id."),
        ("fields" = inline(Option<Vec<SubscriberField>>), Query, nullable = false, min_items = 1, max_items = 100,
            explode = false, description = "Return only these fields. `unsubscribe_url` is returned only if it is listed here.")),
    responses((status = 200, description = "The subscriber.", body = PartialSubscriber)))]
pub async fn get_subscriber(
    app: Data<App>,
    _actor: Actor<ReadSubscribers>,
    id: Path<SubscriberId>,
    request: Query<FieldsRequest>,
) -> Result<Response> {
    let id = id.into_inner();
    let record = app.db.snapshot(move |conn| store::get(conn, id)).await?;
    Response::ok(&choose_fields(&app, &request.0.0, record)?)
}

/// Update a subscriber
///
/// Requires the right `subscribers:write`. Takes a merge patch (RFC 7396). The address and the status cannot be changed: they
/// are the person's own. Responds 422 if a rule is broken, and 404 if there is no such subscriber.
#[utoipa::path(patch, path = "/v1/subscribers/{id}", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "The subscriber's id.")),
    request_body(content = UpdateSubscriber, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The updated subscriber.", body = Subscriber)))]
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
            violations.take("/name", name.as_deref().map(|text| Line::parse("name", text)).transpose())
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
    let record = app
        .db
        .write_as(actor.origin, move |tx| {
            store::update(tx, id, labels.as_ref(), |row| {
                let custom = match custom.clone() {
                    None => None,
                    Some(None) => Some(Custom::default()),
                    Some(Some(patch)) => Some(
                        store::read_custom(row.id, row.custom.clone())
                            .merged(&patch)
                            .map_err(|invalid| Error::invalid("/custom", invalid.code, invalid.detail))?,
                    ),
                };
                Ok(SubscriberChanges { custom: custom.map(types::Json::Readable), ..changes.clone() })
            })
        })
        .await?;
    Response::ok(&Subscriber::from(record))
}

/// Delete a subscriber
///
/// Requires the right `subscribers:delete`. Deletes everything stored about the person, permanently. A keyed hash of the
/// address stays, so that no import adds them again. To only stop sending mail, unsubscribe them instead. Responds 404 if
/// there is no such subscriber.
#[utoipa::path(delete, path = "/v1/subscribers/{id}", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "The subscriber's id.")),
    responses((status = 204, description = "The subscriber is erased.")))]
pub async fn delete_subscriber(
    app: Data<App>,
    actor: Actor<DeleteSubscribers>,
    id: Path<SubscriberId>,
) -> Result<Response> {
    let id = id.into_inner();
    let keys = app.keys.clone();
    app.db.write_as(actor.origin, move |tx| erasure::erase(tx, &keys, id)).await?;
    Ok(Response::no_content())
}
