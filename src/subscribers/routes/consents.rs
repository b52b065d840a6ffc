//! `/v1/subscribers/{id}/consents`: the evidence of a subscriber's consent.

use actix_web::web::{Data, Path};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Actor, ReadSubscribers};
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::base::ids::{ConsentId, SubscriberId};
use crate::base::text::Locale;
use crate::subscribers::evidence::{self, ConsentRow, Kind, Via};
use crate::subscribers::store;
use crate::users::Actors;

/// A piece of evidence of a person's consent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Consent {
    id: ConsentId,
    kind: Kind,
    via: Via,
    /// When it happened.
    at: Timestamp,
    /// The user who did or reported it.
    actor: Option<ActorRef>,
    /// The text that the person was shown.
    #[schema(max_length = 2000)]
    text: Option<String>,
    /// The SHA-256 of that text, in hexadecimal digits.
    #[schema(max_length = 64)]
    text_version: Option<String>,
    /// The language of that text.
    locale: Option<Locale>,
    /// Where the person signed up, such as `footer`.
    #[schema(max_length = 200)]
    source: Option<String>,
    /// The page that the form was on.
    #[schema(max_length = 500)]
    form_url: Option<String>,
    /// A keyed hash of the network that the request came from, in hexadecimal digits. Equal for equal networks.
    #[schema(max_length = 64)]
    network_hash: Option<String>,
    /// The browser's user agent.
    #[schema(max_length = 500)]
    user_agent: Option<String>,
    /// Further details, such as what an imported file states.
    #[schema(value_type = Object)]
    details: Map<String, Value>,
}

impl Consent {
    /// The JSON of these pieces of evidence.
    pub(super) fn all(conn: &mut Connection, rows: Vec<ConsentRow>) -> Result<Vec<Self>> {
        let actors = Actors::load(conn, rows.iter().filter_map(|row| row.actor))?;
        Ok(rows.into_iter().map(|row| Self::new(row, &actors)).collect())
    }

    fn new(row: ConsentRow, actors: &Actors) -> Self {
        let hex =
            |bytes: Vec<u8>| bytes.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
        let (text_version, text) = row.text.map(|(hash, text)| (hex(hash), text)).unzip();
        let details = row.details.read(format_args!("consents.details of {}", row.id)).unwrap_or_default();
        Self {
            id: row.id,
            kind: row.kind,
            via: row.via,
            at: row.at,
            actor: row.actor.map(|id| actors.get(id)),
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

/// The evidence of a person's consent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentList {
    /// Oldest first.
    #[schema(max_items = 100_000)]
    items: Vec<Consent>,
}

/// List consent evidence
///
/// Requires the right `subscribers:read`. Returns which text the person was shown, what they did, when and how, oldest
/// first. Evidence is only added and never changed. Responds 404 if there is no such subscriber.
#[utoipa::path(get, path = "/v1/subscribers/{id}/consents", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "The subscriber's id.")),
    responses((status = 200, description = "The evidence.", body = ConsentList)))]
pub async fn list_consents(
    app: Data<App>,
    _actor: Actor<ReadSubscribers>,
    id: Path<SubscriberId>,
) -> Result<Response> {
    let id = id.into_inner();
    let items = app
        .db
        .snapshot(move |conn| {
            store::find(conn, id)?.ok_or(Error::NotFound("subscriber"))?;
            let rows = evidence::list(conn, id)?;
            Consent::all(conn, rows)
        })
        .await?;
    Response::ok(&ConsentList { items })
}
