//! `/v1/suppressions`: the addresses that are sent nothing, and how another tool reports bounces and complaints.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, ReadSubscribers, WriteSubscribers};
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Invalid, Result, Violations};
use crate::base::events::Event;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{IdempotencyKey, Json, PageRequest, Query, Response, page};
use crate::base::ids::SuppressionId;
use crate::base::text::email::EmailAddress;
use crate::base::text::validate;
use crate::subscribers::consent::Reason;
use crate::subscribers::evidence::{Evidence, Via};
use crate::subscribers::suppressions::{self, SuppressionRow};
use crate::subscribers::{store, unsubscribe};

/// A suppressed address. Only a keyed hash of the address is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct Suppression {
    id: SuppressionId,
    reason: Reason,
    /// Since when it has been suppressed for this reason.
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
    /// At most `limit`, newest first.
    #[schema(max_items = 100)]
    items: Vec<Suppression>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of suppressed addresses that match; only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// An address to suppress.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSuppression {
    /// The address.
    #[schema(min_length = 3, max_length = 254, format = "email-address")]
    email: String,
    /// The reason: `bounced`, `complained` or `unsubscribed`.
    #[schema(value_type = SuppressReason)]
    reason: String,
}

/// Why an address is suppressed by request; `erased` is only what erasing leaves.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "documents what `Reason` is parsed from")]
enum SuppressReason {
    Bounced,
    Complained,
    Unsubscribed,
}

/// The query parameters of the list, apart from those of paging.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `SuppressionRequest` reads")]
pub struct SuppressionParameters {
    /// Addresses suppressed for any of these reasons.
    #[param(value_type = Option<Vec<Reason>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    reason: Option<Vec<Reason>>,
    /// Only this address, to look up whether it is suppressed.
    #[param(format = "email-address", min_length = 3, max_length = 254)]
    email: Option<String>,
}

/// Which suppressed addresses are listed.
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
    validate::unknown("reason", Reason::texts())
}

/// List suppressed addresses
///
/// Requires the right `subscribers:read`. Returns the addresses that are sent nothing, whatever is imported, newest first.
/// The addresses themselves are not stored; `email` looks up one address. A cursor used with other filters is refused with
/// 400.
#[utoipa::path(get, path = "/v1/suppressions", tag = "subscribers", security(("bearer" = [])),
    params(SuppressionParameters, page::PageParams),
    responses((status = 200, description = "A page of suppressed addresses.", body = SuppressionPage,
               headers(("Link" = String, description = "The next page, with `rel=\"next\"`, if there is one.")))))]
pub async fn list_suppressions(
    app: Data<App>,
    _actor: Actor<ReadSubscribers>,
    req: HttpRequest,
    query: Query<SuppressionRequest>,
) -> Result<Response> {
    let Query(SuppressionRequest { reasons, email, page }) = query;
    let hash = email.map(|email| suppressions::hash(&app.keys, email.key()));
    let read = move |conn: &mut Connection| {
        let lookup = |conn: &mut Connection, hash: &[u8]| -> Result<Option<SuppressionRow>> {
            let found = suppressions::find(conn, hash)?;
            Ok(found.filter(|row| reasons.is_empty() || reasons.contains(&row.reason)))
        };
        page.read(
            conn,
            &("suppressions", &reasons),
            |conn, after, limit| match &hash {
                Some(hash) => Ok(lookup(conn, hash)?.into_iter().collect()),
                None => suppressions::list(conn, &reasons, after, limit),
            },
            |row| (row.created_at, row.id),
            |conn| match &hash {
                Some(hash) => Ok(lookup(conn, hash)?.is_some().into()),
                None => suppressions::count(conn, &reasons),
            },
        )
    };
    app.db.snapshot(read).await?.map(Suppression::from).private(&req)
}

/// Suppress an address
///
/// Requires the right `subscribers:write`. Reports a bounce or a complaint from another tool, or suppresses the address of a
/// person who asked for it in another way. A subscriber with the address gets the corresponding status. A graver reason
/// replaces a lighter one, never the reverse (`unsubscribed`, then `bounced`, then `complained`). A suppression is lifted
/// only when the person confirms a new double opt-in. Responds 422 if the address or the reason is invalid.
#[utoipa::path(post, path = "/v1/suppressions", tag = "subscribers", security(("bearer" = [])),
    params(IdempotencyKeyHeader), request_body = CreateSuppression,
    responses((status = 200, description = "The address is suppressed.", body = Suppression)))]
pub async fn create_suppression(
    app: Data<App>,
    actor: Actor<WriteSubscribers>,
    key: IdempotencyKey,
    body: Json<CreateSuppression>,
) -> Result<Response> {
    let mut violations = Violations::default();
    let email = violations.take("/email", EmailAddress::parse(&body.value.email));
    let reason = Reason::parse(&body.value.reason).filter(|reason| *reason != Reason::Erased);
    let reason = violations.take("/reason", reason.ok_or_else(unknown_reason));
    violations.check()?;
    let (Some(email), Some(reason)) = (email, reason) else { return Err(Error::internal("unchecked")) };
    let (keys, evidence) = (app.keys.clone(), Evidence::new(reason.into(), Via::Editor));
    let fingerprint = body.fingerprint;
    let work = move |tx: &mut Tx<'_>| {
        let hash = suppressions::hash(&keys, email.key());
        if let Some(id) = store::find_by_address(tx, &email)? {
            unsubscribe::unsubscribe(tx, &keys, id, reason, &evidence)?;
        } else {
            let id = suppressions::suppress(tx, &hash, reason)?;
            tx.append(Event::AddressSuppressed(id));
        }
        let row =
            suppressions::find(tx, &hash)?.ok_or_else(|| Error::internal("a suppression is missing"))?;
        Response::ok(&Suppression::from(row))
    };
    key.once(actor.origin, &fingerprint).write(&app.db, work).await
}
