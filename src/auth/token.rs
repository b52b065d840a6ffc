//! Access tokens: short-lived JWTs of type `at+jwt`, signed with Ed25519, following RFC 8725 and RFC 9068. They name a user
//! and a session, and nothing that can change: role and state are read for every request. Of a token's header only the id of
//! one of our own keys is used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::SigningKeys;
use crate::base::clock::Timestamp;
use crate::base::error::{AuthFailure, Error, Result};
use crate::base::ids::{IsId as _, KeyId, SessionId, UserId};
use crate::base::random::Random;

/// How long an access token is valid.
pub const LIFE: Duration = Duration::from_secs(600);
/// How far the clocks of replicas may differ, in seconds.
const LEEWAY: i64 = 30;
const AUDIENCE: &str = "lede";
/// The only client: Lede's own API.
const CLIENT: &str = "lede";
const TYPE: &str = "at+jwt";
/// How many verified tokens are cached.
const REMEMBERED: usize = 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    client_id: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

/// What is kept of a verified token.
#[derive(Debug, Clone, Copy)]
struct Verified {
    kid: KeyId,
    user: UserId,
    session: SessionId,
    not_before: i64,
    expires: i64,
}

/// Issues and verifies access tokens.
#[derive(Clone)]
pub struct Tokens {
    issuer: String,
    keys: Arc<SigningKeys>,
    verified: Arc<Mutex<HashMap<String, Verified>>>,
}

impl Tokens {
    /// With these keys, for the server at the base URL `issuer`.
    #[must_use]
    pub fn new(keys: Arc<SigningKeys>, issuer: String) -> Self {
        Self { issuer, keys, verified: Arc::default() }
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// An access token of a session, valid for ten minutes from `now`.
    ///
    /// # Errors
    /// Internal, if signing fails.
    pub fn issue(&self, random: &Random, user: UserId, session: SessionId, now: Timestamp) -> Result<String> {
        let (kid, encoding) = self.keys.current();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(kid.to_string());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            client_id: CLIENT.to_owned(),
            iat: now.as_seconds(),
            nbf: now.as_seconds(),
            exp: now.plus(LIFE).as_seconds(),
            jti: random.uuid(now)?.to_string(),
        };
        jsonwebtoken::encode(&header, &claims, &encoding).map_err(|e| Error::internal(e.to_string()))
    }

    /// The user and the session that the token names, if it is one of ours and valid at `now`.
    ///
    /// # Errors
    /// Unauthenticated, with what is wrong with the token; unavailable, if the keys cannot be read.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<(UserId, SessionId)> {
        let remembered =
            self.verified().get(token).copied().filter(|verified| self.keys.accepts(verified.kid));
        let verified = match remembered {
            Some(verified) => verified,
            // Verified outside the lock: invalid tokens must not delay requests whose tokens are cached.
            None => self.decode(token).await?,
        };
        let now = now.as_seconds();
        if verified.not_before - LEEWAY > now {
            return Err(invalid());
        }
        if verified.expires + LEEWAY <= now {
            return Err(Error::Unauthenticated(AuthFailure::ExpiredToken));
        }
        if remembered.is_none() {
            self.remember(token, verified, now);
        }
        Ok((verified.user, verified.session))
    }

    fn remember(&self, token: &str, new: Verified, now: i64) {
        let mut verified = self.verified();
        if verified.len() >= REMEMBERED {
            verified.retain(|_, verified| verified.expires + LEEWAY > now);
            if verified.len() >= REMEMBERED {
                verified.clear();
            }
        }
        verified.insert(token.to_owned(), new);
    }

    fn verified(&self) -> MutexGuard<'_, HashMap<String, Verified>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks everything except the times, which are compared with the injected clock.
    async fn decode(&self, token: &str) -> Result<Verified> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
        let named = header.kid.filter(|_| header.typ.as_deref() == Some(TYPE)).ok_or_else(invalid)?;
        let kid = KeyId::from_uuid(named.parse().map_err(|_| invalid())?);
        if kid.to_string() != named {
            return Err(invalid());
        }
        let claims = self.claims(token, &self.key(kid).await?)?;
        Ok(Verified {
            kid,
            user: claims.sub,
            session: claims.sid,
            not_before: claims.nbf.max(claims.iat),
            expires: claims.exp,
        })
    }

    fn claims(&self, token: &str, key: &DecodingKey) -> Result<Claims> {
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["iss", "aud", "exp", "nbf", "sub"]);
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &rules).map_err(|_| invalid())?.claims;
        if claims.client_id == CLIENT { Ok(claims) } else { Err(invalid()) }
    }

    /// The key with that id. One that is not known may have been made by another process.
    async fn key(&self, kid: KeyId) -> Result<DecodingKey> {
        if let Some(key) = self.keys.find(kid) {
            return Ok(key);
        }
        self.keys.reload().await?;
        self.keys.find(kid).ok_or_else(invalid)
    }
}

fn invalid() -> Error {
    Error::Unauthenticated(AuthFailure::InvalidToken)
}
