//! The work of whoever keeps the list: ending somebody's mail for them, suppressing addresses that another tool reports,
//! and telling a person what is kept of them.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, ExportSubscribers, ReadSubscribers, WriteSubscribers};
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::db::types::Json as Stored;
use crate::base::error::{Error, Invalid, Result, Violations};
use crate::base::events::Event;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Answer, IdempotencyKey, Json, PageRequest, Query, page};
use crate::base::ids::{ConsentId, SubscriberId, SuppressionId, UserId};
use crate::base::mail::EmailAddress;
use crate::base::text::Locale;
use crate::subscribers::consent::Reason;
use crate::subscribers::evidence::{self, ConsentRow, Evidence, Kind, Via};
use crate::subscribers::routes::subscribers::Subscriber;
use crate::subscribers::suppressions::{self, SuppressionRow};
use crate::subscribers::{questions, store};

/// One thing that is known of a person's consent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Consent {
    id: ConsentId,
    kind: Kind,
    via: Via,
    /// When it happened.
    at: Timestamp,
    /// Which user did or reported it.
    actor: Option<UserId>,
    /// The words that the person was shown.
    #[schema(max_length = 2000)]
    text: Option<String>,
    /// Their version: the SHA-256 of the words, in hexadecimal digits.
    #[schema(max_length = 64)]
    text_version: Option<String>,
    /// The language they were in.
    locale: Option<Locale>,
    /// Where they stood, as in `footer`.
    #[schema(max_length = 200)]
    source: Option<String>,
    /// The page that the form stood on.
    #[schema(max_length = 500)]
    form_url: Option<String>,
    /// A keyed hash of the network it came from, in hexadecimal digits: equal for equal networks.
    #[schema(max_length = 64)]
    network_hash: Option<String>,
    /// What the browser called itself.
    #[schema(max_length = 500)]
    user_agent: Option<String>,
    /// What else is known, such as what an imported file says.
    #[schema(value_type = Object)]
    details: Map<String, Value>,
}

impl From<ConsentRow> for Consent {
    fn from(row: ConsentRow) -> Self {
        let hex =
            |bytes: Vec<u8>| bytes.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
        let (text_version, text) = row.text.map(|(hash, text)| (hex(hash), text)).unzip();
        let Stored(details) = row.details;
        Self {
            id: row.id,
            kind: row.kind,
            via: row.via,
            at: row.at,
            actor: row.actor,
            text,
            text_version,
            locale: row.locale,
            source: row.source,
            form_url: row.form_url,
            network_hash: row.network_hash.map(hex),
            user_agent: row.user_agent,
            details,
        }
    }
}

/// Everything that is known of a person's consent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentList {
    /// The oldest first.
    #[schema(max_items = 100_000)]
    items: Vec<Consent>,
}

/// Everything that is kept of a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberExport {
    subscriber: Subscriber,
    /// What is known of their consent, the oldest first.
    #[schema(max_items = 100_000)]
    consents: Vec<Consent>,
}

/// An address that is sent nothing. Only a keyed hash of it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suppression {
    id: SuppressionId,
    reason: Reason,
    /// Since when, for this reason.
    created_at: Timestamp,
}

impl From<SuppressionRow> for Suppression {
    fn from(row: SuppressionRow) -> Self {
        Self { id: row.id, reason: row.reason, created_at: row.created_at }
    }
}

/// A page of suppressed addresses.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuppressionPage {
    /// At most `limit`, the newest first.
    #[schema(max_items = 100)]
    items: Vec<Suppression>,
    /// The cursor of the next page; `null` on the last.
    #[schema(max_length = 4000)]
    next_cursor: Option<String>,
    /// How many there are; only if `include_total` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// An address that is to be sent nothing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressAddress {
    /// Which.
    #[schema(min_length = 3, max_length = 254, format = "idn-email")]
    email: String,
    /// Why: `bounced`, `complained` or `unsubscribed`.
    #[schema(value_type = Reason)]
    reason: String,
}

/// What the list of suppressed addresses takes, beside the page.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `SuppressionRequest` reads")]
pub struct SuppressionParameters {
    /// For any of these reasons.
    #[param(value_type = Option<Vec<Reason>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    reason: Option<Vec<Reason>>,
    /// This address alone: whether it is suppressed.
    #[param(min_length = 3, max_length = 254)]
    email: Option<String>,
}

/// Which suppressed addresses are wanted.
#[derive(Debug)]
pub struct SuppressionRequest {
    reasons: Vec<Reason>,
    email: Option<EmailAddress>,
    page: PageRequest,
}

impl FromParams for SuppressionRequest {
    fn from_params(params: &mut Params) -> Self {
        let reason = |name: &str| Reason::parse(name).ok_or_else(unknown_reason);
        Self {
            reasons: params.list("reason", reason),
            email: params.parsed("email", EmailAddress::parse),
            page: PageRequest::from_params(params),
        }
    }
}

fn unknown_reason() -> Invalid {
    let names = Reason::ALL.map(Reason::as_str).join(", ");
    Invalid::new("not-one-of", format!("any of {names}"))
}

/// Read the evidence of somebody's consent
///
/// What they were shown, what they did, when, and by which way. Only ever added to.
#[utoipa::path(get, path = "/v1/subscribers/{id}/consents", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "Whose.")),
    responses((status = 200, description = "The evidence.", body = ConsentList)))]
pub async fn list_consents(
    app: Data<App>,
    _actor: Actor<ReadSubscribers>,
    id: Path<SubscriberId>,
) -> Result<Answer> {
    let id = id.into_inner();
    let rows = app
        .db
        .snapshot(move |conn| {
            store::find(conn, id)?.ok_or(Error::NotFound("subscriber"))?;
            evidence::list(conn, id)
        })
        .await?;
    Answer::ok(&ConsentList { items: rows.into_iter().map(Consent::from).collect() })
}

/// Give out what is kept of a person
///
/// Everything, as one JSON document: for the person who asks for it.
#[utoipa::path(get, path = "/v1/subscribers/{id}/export", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "Whose.")),
    responses((status = 200, description = "Everything that is kept.", body = SubscriberExport)))]
pub async fn export_subscriber(
    app: Data<App>,
    actor: Actor<ExportSubscribers>,
    id: Path<SubscriberId>,
) -> Result<Answer> {
    Answer::ok(&export(&app, Some(actor.user), id.into_inner()).await?)
}

/// Everything that is kept of a person; that it was given out is written down.
pub(super) async fn export(app: &App, actor: Option<UserId>, id: SubscriberId) -> Result<SubscriberExport> {
    let read = move |tx: &mut Tx<'_>| {
        let kept = store::get(tx, id)?;
        let consents = evidence::list(tx, id)?;
        tx.append(actor, Event::SubscriberExported(id));
        Ok((kept, consents))
    };
    let (kept, consents) = app.db.write(read).await?;
    let consents = consents.into_iter().map(Consent::from).collect();
    Ok(SubscriberExport { subscriber: kept.into(), consents })
}

/// Unsubscribe somebody
///
/// As if they had pressed the button themselves. Done twice is done once.
#[utoipa::path(post, path = "/v1/subscribers/{id}/unsubscribe", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "Whom."), IdempotencyKeyHeader),
    responses((status = 204, description = "No more mail is sent there.")))]
pub async fn unsubscribe_subscriber(
    app: Data<App>,
    actor: Actor<WriteSubscribers>,
    key: IdempotencyKey,
    id: Path<SubscriberId>,
) -> Result<Answer> {
    let id = id.into_inner();
    let (random, keys) = (app.random.clone(), app.keys.clone());
    let evidence = Evidence::new(Kind::Withdrawn, Via::Editor).by(actor.user);
    let work = move |tx: &mut Tx<'_>, (): &()| {
        store::find(tx, id)?.ok_or(Error::NotFound("subscriber"))?;
        questions::end(tx, &random, &keys, id, Reason::Unsubscribed, &evidence)?;
        Ok(Answer::no_content())
    };
    key.once(actor.user, &[]).answer(&app, async { Ok(()) }, work).await
}

/// List suppressed addresses
///
/// Those that are sent nothing, whatever is imported: the newest first. `email` asks about one address.
#[utoipa::path(get, path = "/v1/suppressions", tag = "subscribers", security(("bearer" = [])),
    params(SuppressionParameters, page::PageParams),
    responses((status = 200, description = "A page of the list.", body = SuppressionPage,
               headers(("Link" = String, description = "The next page, with `rel=\"next\"`, if there is one.")))))]
pub async fn list_suppressions(
    app: Data<App>,
    _actor: Actor<ReadSubscribers>,
    req: HttpRequest,
    query: Query<SuppressionRequest>,
) -> Result<Answer> {
    let Query(SuppressionRequest { reasons, email, page: part }) = query;
    let of = ("suppressions", reasons.clone());
    let after: Option<(Timestamp, SuppressionId)> = part.after(&of)?;
    let hash = email.map(|email| suppressions::hash(&app.keys, email.key()));
    let read = move |conn: &mut crate::base::db::Connection| {
        if let Some(hash) = hash {
            let found: Vec<SuppressionRow> = suppressions::find(conn, &hash)?
                .into_iter()
                .filter(|row| reasons.is_empty() || reasons.contains(&row.reason))
                .collect();
            let total = part.include_total.then_some(i64::try_from(found.len()).unwrap_or(0));
            return Ok((found, None, total));
        }
        let total = part.include_total.then(|| suppressions::count(conn, &reasons)).transpose()?;
        let mut rows = suppressions::list(conn, &reasons, after, part.limit + 1)?;
        let next_cursor = part.cut(&mut rows, &of, |row| (row.created_at, row.id))?;
        Ok((rows, next_cursor, total))
    };
    let (rows, next_cursor, total) = app.db.snapshot(read).await?;
    let items = rows.into_iter().map(Suppression::from).collect();
    let answer = Answer::ok(&SuppressionPage { items, next_cursor: next_cursor.clone(), total })?;
    Ok(page::with_next_link(answer, req.path(), req.query_string(), next_cursor.as_deref()))
}

/// Suppress an address
///
/// For bounces and complaints that another tool reports, and for those who ask by other ways. A subscriber with the
/// address changes status accordingly. A graver reason takes the place of a lighter one, never the other way round; what
/// lifts it is the person's own new confirmation, and nothing else.
#[utoipa::path(post, path = "/v1/suppressions", tag = "subscribers", security(("bearer" = [])),
    params(IdempotencyKeyHeader), request_body = SuppressAddress,
    responses((status = 200, description = "The address is suppressed.", body = Suppression)))]
pub async fn suppress_address(
    app: Data<App>,
    actor: Actor<WriteSubscribers>,
    key: IdempotencyKey,
    body: Json<SuppressAddress>,
) -> Result<Answer> {
    let mut violations = Violations::default();
    let email = violations.take("/email", EmailAddress::parse(&body.value.email));
    let reason = Reason::parse(&body.value.reason).filter(|reason| *reason != Reason::Erased);
    let reason = violations.take("/reason", reason.ok_or_else(unknown_reason));
    violations.check()?;
    let (Some(email), Some(reason)) = (email, reason) else { return Err(Error::internal("unchecked")) };
    let (random, keys) = (app.random.clone(), app.keys.clone());
    let kind = match reason {
        Reason::Bounced => Kind::Bounced,
        Reason::Complained => Kind::Complained,
        Reason::Unsubscribed | Reason::Erased => Kind::Withdrawn,
    };
    let evidence = Evidence::new(kind, Via::Editor).by(actor.user);
    let fingerprint = body.fingerprint;
    let work = move |tx: &mut Tx<'_>, (): &()| {
        let hash = suppressions::hash(&keys, email.key());
        if let Some(id) = store::find_by_address(tx, &email)? {
            questions::end(tx, &random, &keys, id, reason, &evidence)?;
        } else {
            let id = suppressions::suppress(tx, &random, &hash, reason)?;
            tx.append(Some(actor.user), Event::AddressSuppressed(id));
        }
        let row = suppressions::find(tx, &hash)?.ok_or_else(|| Error::internal("a suppression is gone"))?;
        Answer::ok(&Suppression::from(row))
    };
    key.once(actor.user, &fingerprint).answer(&app, async { Ok(()) }, work).await
}
