//! The evidence of consent: who was shown which words, did what, by which way, when, and from which network. Rows are only
//! ever added; they go with the person. A network is kept as a keyed hash: enough to tell whether two deeds came from the
//! same one, and to prove which one when a network is named.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::net::IpAddr;
use utoipa::ToSchema;

use super::Line;
use crate::app::App;
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{consent_texts, consents};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::http::client_ip;
use crate::base::http::json::sha256;
use crate::base::ids::{ConsentId, SubscriberId, UserId};
use crate::base::text::Locale;

/// The most characters of a page's address and of a browser's name for itself that are kept.
pub const MOST_KEPT: usize = 500;
/// The most characters of the words that somebody was shown.
pub const MOST_TEXT: usize = 2000;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident as $schema:ident { $($(#[$of:meta])* $variant:ident = $text:tt,)* }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        #[schema(as = $schema)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $text)] $variant,)*
        }
        crate::text_column!($name);
        impl $name {
            /// How it is written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
            /// As it was written; the table refuses any other word.
            pub(crate) fn from_stored(text: String) -> Self {
                let known = [$(Self::$variant),*];
                known.into_iter().find(|one| one.as_str() == text).unwrap_or(known[0])
            }
        }
    };
}

words! {
    /// What happened.
    Kind as ConsentKind {
        /// Somebody gave the address.
        Requested = "requested",
        /// A mail was ordered that asks to confirm.
        Asked = "asked",
        /// The button behind the mail's link was pressed.
        Confirmed = "confirmed",
        /// The person left.
        Withdrawn = "withdrawn",
        /// The address takes no mail.
        Bounced = "bounced",
        /// The person called our mail spam.
        Complained = "complained",
        /// Brought along from elsewhere, with what that file says.
        Imported = "imported",
    }
}

words! {
    /// By which way.
    Via as ConsentVia {
        /// The form, ours or one that posts to it.
        Page = "page",
        /// The API, from the visitor's own browser.
        Api = "api",
        /// The API, from a website's server that speaks for the visitor.
        Server = "server",
        /// The page behind a mail's link.
        Mail = "mail",
        /// The button of a mail program (RFC 8058).
        OneClick = "one-click",
        /// The page of preferences.
        Preferences = "preferences",
        /// An editor, or another tool that reports.
        Editor = "editor",
        /// A file.
        Import = "import",
    }
}

/// Where a deed came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visitor {
    /// The keyed hash of the network.
    pub network_hash: Option<Vec<u8>>,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// The page that the form stood on.
    pub form_url: Option<String>,
}

/// Something that happened, as it is to be kept.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// What.
    pub kind: Kind,
    /// By which way.
    pub via: Via,
    /// The words that the person was shown.
    pub text: Option<String>,
    /// The language they were in.
    pub locale: Option<Locale>,
    /// Where they stood, as in `footer`.
    pub source: Option<Line>,
    /// Where it came from.
    pub visitor: Visitor,
    /// What else is known, such as what an imported file says.
    pub details: Map<String, Value>,
}

/// A piece of evidence as kept.
#[derive(Debug, Clone, Queryable)]
pub struct ConsentRow {
    /// Names it.
    pub id: ConsentId,
    /// What happened.
    pub kind: Kind,
    /// By which way.
    pub via: Via,
    /// When.
    pub at: Timestamp,
    /// Which user did or reported it.
    pub actor: Option<UserId>,
    /// The hash and the words that the person was shown.
    pub text: Option<(Vec<u8>, String)>,
    /// The language they were in.
    pub locale: Option<Locale>,
    /// Where they stood.
    pub source: Option<String>,
    /// The page that the form stood on.
    pub form_url: Option<String>,
    /// The keyed hash of the network.
    pub network_hash: Option<Vec<u8>>,
    /// What the browser called itself.
    pub user_agent: Option<String>,
    /// What else is known.
    pub details: Json<Map<String, Value>>,
}

impl Visitor {
    /// Whoever sends this request.
    #[must_use]
    pub fn of(app: &App, req: &HttpRequest) -> Self {
        let header = |name: HeaderName| {
            let value = req.headers().get(name).and_then(|value| value.to_str().ok());
            value.and_then(kept)
        };
        Self {
            network_hash: Some(network_hash(
                &app.keys,
                client_ip::of(req.head(), &app.config.server.trusted_proxies),
            )),
            user_agent: header(header::USER_AGENT),
            form_url: header(header::REFERER).or_else(|| header(header::ORIGIN)),
        }
    }
}

/// The keyed hash of the network that an address is of.
#[must_use]
pub fn network_hash(keys: &Keys, address: IpAddr) -> Vec<u8> {
    keys.mac("network", &client_ip::network(address.to_canonical()).to_string()).to_vec()
}

/// As much of a text as is kept: one line of at most [`MOST_KEPT`] characters.
#[must_use]
pub fn kept(text: &str) -> Option<String> {
    let line: String = text.trim().chars().filter(|c| !c.is_control()).take(MOST_KEPT).collect();
    (!line.is_empty()).then_some(line)
}

impl Evidence {
    /// Something that happened, of which nothing else is known yet.
    #[must_use]
    pub fn new(kind: Kind, via: Via) -> Self {
        Self {
            kind,
            via,
            text: None,
            locale: None,
            source: None,
            visitor: Visitor::default(),
            details: Map::new(),
        }
    }

    /// The same, done from there.
    #[must_use]
    pub fn from(self, visitor: Visitor) -> Self {
        Self { visitor, ..self }
    }
}

/// Adds a piece of evidence, done or reported by the user of this unit of work.
///
/// # Errors
/// When the database refuses.
pub fn append(tx: &mut Tx<'_>, subscriber: SubscriberId, evidence: &Evidence) -> Result<()> {
    let now = tx.now();
    let text_hash = evidence.text.as_deref().map(|text| keep_text(tx, text)).transpose()?;
    let Visitor { network_hash, user_agent, form_url } = &evidence.visitor;
    diesel::insert_into(consents::table)
        .values((
            consents::id.eq(tx.new_id::<ConsentId>()?),
            consents::subscriber_id.eq(subscriber),
            consents::kind.eq(evidence.kind),
            consents::via.eq(evidence.via),
            consents::at.eq(now),
            consents::actor_id.eq(tx.actor()),
            consents::text_hash.eq(text_hash),
            consents::locale.eq(&evidence.locale),
            consents::source.eq(&evidence.source),
            consents::form_url.eq(form_url),
            consents::network_hash.eq(network_hash),
            consents::user_agent.eq(user_agent),
            consents::details.eq(Json(evidence.details.clone())),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Keeps words that somebody was shown, once, and gives their hash.
fn keep_text(tx: &mut Tx<'_>, text: &str) -> Result<Vec<u8>> {
    let (hash, now) = (sha256(text.as_bytes()).to_vec(), tx.now());
    let row = diesel::insert_into(consent_texts::table).values((
        consent_texts::hash.eq(&hash),
        consent_texts::text.eq(text),
        consent_texts::created_at.eq(now),
    ));
    crate::on_each!(&mut **tx, conn => row.on_conflict_do_nothing().execute(conn))?;
    Ok(hash)
}

/// Everything that is known of a subscriber's consent, the oldest first.
///
/// # Errors
/// When the database refuses.
pub fn list(conn: &mut Connection, subscriber: SubscriberId) -> Result<Vec<ConsentRow>> {
    Ok(consents::table
        .left_join(consent_texts::table.on(consents::text_hash.eq(consent_texts::hash.nullable())))
        .filter(consents::subscriber_id.eq(subscriber))
        .order((consents::at, consents::id))
        .select((
            consents::id,
            consents::kind,
            consents::via,
            consents::at,
            consents::actor_id,
            (consent_texts::hash, consent_texts::text).nullable(),
            consents::locale,
            consents::source,
            consents::form_url,
            consents::network_hash,
            consents::user_agent,
            consents::details,
        ))
        .load(conn)?)
}

/// Drops up to `most` words to which no evidence refers any more, and says how many.
pub(super) fn purge_texts(tx: &mut Tx<'_>, most: i64) -> Result<usize> {
    let referred = consents::table.filter(consents::text_hash.eq(consent_texts::hash.nullable()));
    let orphans: Vec<Vec<u8>> = consent_texts::table
        .filter(diesel::dsl::not(diesel::dsl::exists(referred)))
        .select(consent_texts::hash)
        .limit(most)
        .load(&mut **tx)?;
    diesel::delete(consent_texts::table.filter(consent_texts::hash.eq_any(&orphans))).execute(&mut **tx)?;
    Ok(orphans.len())
}
