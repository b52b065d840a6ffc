//! The evidence of consent: which text a person was shown, what they did, how, when, and from which network. Rows are only
//! added, and deleted when the person is erased. A network is stored as a keyed hash: enough to tell whether two actions
//! came from the same one, and to verify a network that is named.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::consent::Reason;
use super::profile::Line;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{consent_texts, consents};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::http::json::sha256;
use crate::base::ids::{ActorId, ConsentId, SubscriberId};
use crate::base::text::Locale;

/// The longest page address and user agent that is stored, in characters.
pub const MAX_LINE_CHARS: usize = 500;
/// The longest text that a person was shown, in characters.
pub const MAX_TEXT_CHARS: usize = 2000;

crate::text_enum! {
    /// What happened.
    Kind as ConsentKind {
        /// Someone signed up with the address.
        SignedUp = "signed-up",
        /// A confirmation request was sent.
        ConfirmationRequested = "confirmation-requested",
        /// The person confirmed on the page that the email links to.
        Confirmed = "confirmed",
        /// The person unsubscribed.
        Withdrawn = "withdrawn",
        /// The address was reported not to accept mail.
        Bounced = "bounced",
        /// The person reported our mail as spam.
        Complained = "complained",
        /// Imported, with what the file states.
        Imported = "imported",
    }
}

crate::text_enum! {
    /// How it happened.
    Via as ConsentVia {
        /// Through the form, this server's or one that posts to it.
        Page = "page",
        /// Through the API, from the visitor's browser.
        Api = "api",
        /// Through the API, from a website's server on behalf of the visitor.
        Server = "server",
        /// Through the page that an email links to.
        Mail = "mail",
        /// Through the unsubscribe button of a mail program (RFC 8058).
        OneClick = "one-click",
        /// Through the page of preferences.
        Preferences = "preferences",
        /// By an editor, or by another tool that reports.
        Editor = "editor",
        /// Through an imported file.
        Import = "import",
    }
}

impl From<Reason> for Kind {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Bounced => Self::Bounced,
            Reason::Complained => Self::Complained,
            Reason::Unsubscribed | Reason::Erased => Self::Withdrawn,
        }
    }
}

/// Where an action came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visitor {
    /// The keyed hash of the network.
    pub network_hash: Option<Vec<u8>>,
    /// The browser's user agent.
    pub user_agent: Option<String>,
    /// The page that the form was on.
    pub form_url: Option<String>,
}

/// Evidence to be recorded. The user who did or reported it is that of the unit of work.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// What happened.
    pub kind: Kind,
    /// How.
    pub via: Via,
    /// The text that the person was shown.
    pub text: Option<String>,
    /// The language of that text.
    pub locale: Option<Locale>,
    /// Where they signed up, as in `footer`.
    pub source: Option<Line>,
    /// Where it came from.
    pub visitor: Visitor,
    /// Further details, such as what an imported file states.
    pub details: Map<String, Value>,
}

/// A piece of evidence as stored.
#[derive(Debug, Clone, Queryable)]
pub struct ConsentRow {
    /// Its id.
    pub id: ConsentId,
    /// What happened.
    pub kind: Kind,
    /// How.
    pub via: Via,
    /// When.
    pub at: Timestamp,
    /// The user who did or reported it.
    pub actor: Option<ActorId>,
    /// The text that the person was shown, after its hash.
    pub text: Option<(Vec<u8>, String)>,
    /// The language of that text.
    pub locale: Option<Locale>,
    /// Where they signed up.
    pub source: Option<String>,
    /// The page that the form was on.
    pub form_url: Option<String>,
    /// The keyed hash of the network.
    pub network_hash: Option<Vec<u8>>,
    /// The browser's user agent.
    pub user_agent: Option<String>,
    /// Further details.
    pub details: Json<Map<String, Value>>,
}

/// A text cut to one line of at most [`MAX_LINE_CHARS`] characters; `None` if nothing is left.
#[must_use]
pub fn truncated_line(text: &str) -> Option<String> {
    let line: String = text.trim().chars().filter(|c| !c.is_control()).take(MAX_LINE_CHARS).collect();
    (!line.is_empty()).then_some(line)
}

impl Evidence {
    /// Evidence without details.
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

    /// The same, from that visitor.
    #[must_use]
    pub fn from(self, visitor: Visitor) -> Self {
        Self { visitor, ..self }
    }
}

/// Adds a piece of evidence.
pub fn append(tx: &mut Tx<'_>, subscriber: SubscriberId, evidence: &Evidence) -> Result<()> {
    let now = tx.now();
    let text_hash = evidence.text.as_deref().map(|text| insert_text(tx, text)).transpose()?;
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
            consents::details.eq(Json::Readable(evidence.details.clone())),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores a text once and returns its hash.
fn insert_text(tx: &mut Tx<'_>, text: &str) -> Result<Vec<u8>> {
    let (hash, now) = (sha256(text.as_bytes()).to_vec(), tx.now());
    let row = diesel::insert_into(consent_texts::table).values((
        consent_texts::hash.eq(&hash),
        consent_texts::text.eq(text),
        consent_texts::created_at.eq(now),
    ));
    crate::on_each!(&mut **tx, conn => row.on_conflict_do_nothing().execute(conn))?;
    Ok(hash)
}

/// Lists the evidence of a subscriber's consent, oldest first.
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

/// Deletes up to `limit` texts that no evidence refers to, and returns how many.
pub(super) fn purge_texts(tx: &mut Tx<'_>, limit: i64) -> Result<usize> {
    let referred = consents::table.filter(consents::text_hash.eq(consent_texts::hash.nullable()));
    let orphans: Vec<Vec<u8>> = consent_texts::table
        .filter(diesel::dsl::not(diesel::dsl::exists(referred)))
        .select(consent_texts::hash)
        .limit(limit)
        .load(&mut **tx)?;
    diesel::delete(consent_texts::table.filter(consent_texts::hash.eq_any(&orphans))).execute(&mut **tx)?;
    Ok(orphans.len())
}
