//! Implements `Idempotency-Key`. The response to a `POST` is stored in the same transaction as its effect, so that a
//! retry returns the same response and has no second effect.

use std::collections::BTreeSet;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};
use diesel::prelude::*;
use utoipa::IntoParams;
use uuid::Uuid;

use super::json::sha256;
use super::response::Response;
use crate::base::actor::Origin;
use crate::base::clock::Timestamp;
use crate::base::db::schema::idempotency_keys as keys;
use crate::base::db::types::Json;
use crate::base::db::{Connection, Database, MultiBackend, Tx, violation};
use crate::base::error::{Error, Invalid, Location, Result, Violations};
use crate::base::ids::{ActorId, SubjectId, uuids};

/// How long a response is stored. A later request with the same key is processed as a new one.
pub const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// The longest key, in characters.
const MAX_CHARS: usize = 255;

/// A stored response: fingerprint of its request, status, headers, body.
type StoredResponse = (Vec<u8>, i64, Json<Vec<(String, String)>>, Vec<u8>);

static NAME: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The header that carries a key, for the documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents what IdempotencyKey reads")]
pub struct IdempotencyKeyHeader {
    /// Makes the request safe to repeat: for a day, the same key and request return the stored response.
    #[param(
        rename = "Idempotency-Key",
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]([ -~]*[!-~])?$"
    )]
    idempotency_key: Option<String>,
}

/// The idempotency key of a request, if it has one, with the request's method and URI.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: Option<String>,
    request: String,
}

/// A request that must have one effect: where it comes from, its key, and a hash of its method, URI and body.
#[derive(Debug, Clone)]
pub struct Once {
    origin: Origin,
    key: Option<String>,
    fingerprint: [u8; 32],
}

impl FromRequest for IdempotencyKey {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = format!("{} {}", req.method(), req.uri());
        let Some(value) = req.headers().get(&NAME) else { return ready(Ok(Self { key: None, request })) };
        ready(match value.to_str() {
            Ok(key) if (1..=MAX_CHARS).contains(&key.len()) => {
                Ok(Self { key: Some(key.to_owned()), request })
            }
            _ => Err(Error::parameter(
                "Idempotency-Key",
                "idempotency-key-malformed",
                "Must be 1 to 255 printable ASCII characters.",
            )),
        })
    }
}

/// Refuses a key, for operations that do not support one.
///
/// # Errors
/// [`Error::Malformed`] with `parameter-unknown` if the request has an `Idempotency-Key`.
pub fn refuse(req: &HttpRequest) -> Result<()> {
    if req.headers().contains_key(&NAME) {
        return Err(Error::parameter(
            "Idempotency-Key",
            "parameter-unknown",
            "This operation does not accept an Idempotency-Key.",
        ));
    }
    Ok(())
}

impl IdempotencyKey {
    /// Binds the key to the actor and the request, whose body is given as a hash.
    #[must_use]
    pub fn once(self, origin: Origin, body: &[u8]) -> Once {
        let said = [self.request.as_bytes(), b"\n", body].concat();
        Once { origin, key: self.key, fingerprint: sha256(&said) }
    }
}

impl Once {
    /// Like [`Once::respond`], for a `work` that needs nothing to be computed before.
    ///
    /// # Errors
    /// Those of [`Once::respond`].
    pub async fn write<F>(self, db: &Database, work: F) -> Result<Response>
    where
        F: Fn(&mut Tx<'_>) -> Result<Response> + Send + 'static,
    {
        self.respond(db, async { Ok(()) }, move |tx, (): &()| work(tx)).await
    }

    /// Returns the stored response if this request was already processed. Otherwise runs `work` in one transaction and
    /// stores its response. `prepare` computes what `work` needs, outside the transaction and only if no response is
    /// stored.
    ///
    /// # Errors
    /// Those of `prepare` and `work`; [`Error::Invalid`] with `idempotency-key-reused` if the key was used for a
    /// different request.
    pub async fn respond<P, F>(
        self,
        db: &Database,
        prepare: impl Future<Output = Result<P>>,
        work: F,
    ) -> Result<Response>
    where
        P: Send + 'static,
        F: Fn(&mut Tx<'_>, &P) -> Result<Response> + Send + 'static,
    {
        if self.key.is_none() {
            let prepared = prepare.await?;
            return db.write_as(self.origin, move |tx| work(tx, &prepared)).await;
        }
        let (once, now) = (self.clone(), db.clock().now());
        if let Some(response) = db.read(move |conn| once.find(conn, now)).await? {
            return Ok(response);
        }
        let prepared = prepare.await?;
        db.write_as(self.origin, move |tx| {
            let now = tx.now();
            // A concurrent request with the same key may have committed since the first lookup. On PostgreSQL one that
            // has not committed yet makes the insert in `reserve` wait for it.
            if let Some(response) = self.find(tx, now)? {
                return Ok(response);
            }
            self.reserve(tx)?;
            let response = work(tx, &prepared)?;
            self.store(tx, &response)?;
            Ok(response)
        })
        .await
    }

    /// Keys belong to an actor, so that nobody gets the response to somebody else.
    fn key(&self) -> Option<(ActorId, &str)> {
        Some((self.origin.actor?, self.key.as_deref()?))
    }

    fn find(&self, conn: &mut Connection, now: Timestamp) -> Result<Option<Response>> {
        let Some((actor, key)) = self.key() else { return Ok(None) };
        let found: Option<StoredResponse> = keys::table
            .filter(keys::actor_id.eq(actor))
            .filter(keys::key.eq(key))
            .filter(keys::created_at.gt(now.minus(KEPT_FOR)))
            .select((keys::fingerprint, keys::status, keys::headers, keys::body))
            .get_result(conn)
            .optional()?;
        let Some((fingerprint, status, headers, body)) = found else { return Ok(None) };
        let place = format!("idempotency_keys.headers of actor {actor}, key {key:?}");
        // Only the headers are lost: every stored response with a body is JSON.
        let json = || vec![("content-type".to_owned(), "application/json".to_owned())];
        let headers = headers.read(place).unwrap_or_else(json);
        if fingerprint != self.fingerprint {
            let mut violations = Violations::default();
            violations.push(
                Location::Parameter("Idempotency-Key".into()),
                Invalid::new(
                    "idempotency-key-reused",
                    "This key was used for a different request. Use a new key.",
                ),
            );
            return Err(Error::Invalid(violations));
        }
        let response = Response::from_parts(u16::try_from(status).unwrap_or(500), &headers, body);
        Ok(Some(response.header(REPLAYED.clone(), "true")))
    }

    fn reserve(&self, tx: &mut Tx<'_>) -> Result<()> {
        let Some((actor, key)) = self.key() else { return Ok(()) };
        let now = tx.now();
        let same = keys::table.filter(keys::actor_id.eq(actor)).filter(keys::key.eq(key));
        diesel::delete(same.filter(keys::created_at.le(now.minus(KEPT_FOR)))).execute(&mut **tx)?;
        diesel::insert_into(keys::table)
            .values((
                keys::actor_id.eq(actor),
                keys::key.eq(key),
                keys::fingerprint.eq(self.fingerprint.to_vec()),
                keys::status.eq(0),
                keys::headers.eq(Json::<Vec<(String, String)>>::default()),
                keys::body.eq(Vec::<u8>::new()),
                keys::created_at.eq(now),
            ))
            .execute(&mut **tx)
            .map_err(|error| match violation::unique(&error) {
                // The concurrent request has committed: running the whole transaction again finds its response.
                Some(_) => Tx::retry(),
                None => error.into(),
            })?;
        Ok(())
    }

    fn store(&self, tx: &mut Tx<'_>, response: &Response) -> Result<()> {
        let Some((actor, key)) = self.key() else { return Ok(()) };
        let (status, headers, body) = response.parts();
        diesel::update(keys::table.filter(keys::actor_id.eq(actor)).filter(keys::key.eq(key)))
            .set((
                keys::status.eq(i64::from(status)),
                keys::headers.eq(Json::Readable(headers)),
                keys::body.eq(body.to_vec()),
                keys::subject_id.eq(tx.subject()),
            ))
            .execute(&mut **tx)?;
        Ok(())
    }
}

/// Deletes the responses to these actors.
///
/// # Errors
/// Those of the database.
pub fn forget(tx: &mut Tx<'_>, actors: &[ActorId]) -> Result<()> {
    diesel::delete(keys::table.filter(keys::actor_id.eq_any(actors))).execute(&mut **tx)?;
    Ok(())
}

/// A stored response, by its actor and key.
type Position = (ActorId, String);

/// Of the responses after a position, at most 100, returns those that contain one of these ids, and the position of the
/// last one that was searched; `None` at the end.
fn find_naming(
    conn: &mut Connection,
    ids: &BTreeSet<Uuid>,
    after: Option<Position>,
) -> Result<(Vec<Position>, Option<Position>)> {
    let mut rows = keys::table
        .order((keys::actor_id, keys::key))
        .limit(100)
        .select((keys::actor_id, keys::key, keys::body))
        .into_boxed::<MultiBackend>();
    if let Some((actor, key)) = after {
        let later = keys::actor_id.gt(actor).or(keys::actor_id.eq(actor).and(keys::key.gt(key)));
        rows = rows.filter(keys::actor_id.ge(actor)).filter(later);
    }
    let rows: Vec<(ActorId, String, Vec<u8>)> = rows.load(conn)?;
    let last = rows.last().map(|(actor, key, _)| (*actor, key.clone()));
    let is_naming = |body: &[u8]| uuids(body).any(|id| ids.contains(&id));
    let naming = rows.into_iter().filter(|(.., body)| is_naming(body)).map(|(actor, key, _)| (actor, key));
    Ok((naming.collect(), last))
}

/// Deletes every stored response that contains one of these ids: names and texts stand beside them. They are searched in
/// batches, because there may be many.
///
/// # Errors
/// Those of the database.
pub async fn forget_naming(db: &Database, ids: Arc<BTreeSet<Uuid>>) -> Result<()> {
    let mut after = None;
    loop {
        let (position, ids) = (after.take(), ids.clone());
        let search = move |conn: &mut Connection| find_naming(conn, &ids, position.clone());
        let (naming, last) = db.read(search).await?;
        if !naming.is_empty() {
            db.write(move |tx| delete(tx, &naming)).await?;
        }
        after = last;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn delete(tx: &mut Tx<'_>, responses: &[Position]) -> Result<()> {
    for (actor, key) in responses {
        diesel::delete(keys::table.filter(keys::actor_id.eq(actor)).filter(keys::key.eq(key)))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Deletes up to 500 responses that are about this subject. Returns whether there may be more.
///
/// # Errors
/// Those of the database.
pub fn forget_about(tx: &mut Tx<'_>, subject: SubjectId) -> Result<bool> {
    let some: Vec<Position> = keys::table
        .filter(keys::subject_id.eq(Some(subject)))
        .select((keys::actor_id, keys::key))
        .limit(500)
        .load(&mut **tx)?;
    delete(tx, &some)?;
    Ok(some.len() == 500)
}

/// Deletes expired responses, at most 500 at a time. Returns whether there may be more.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now().minus(KEPT_FOR);
    let old: Vec<Position> = keys::table
        .filter(keys::created_at.le(before))
        .select((keys::actor_id, keys::key))
        .limit(500)
        .load(&mut **tx)?;
    delete(tx, &old)?;
    Ok(old.len() == 500)
}
