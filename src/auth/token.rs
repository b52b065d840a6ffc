//! Access tokens: short-lived JWTs of type `at+jwt`, signed with Ed25519, following RFC 8725 and RFC 9068. Of a token's
//! header only the id of one of our own keys is used.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::signing;
use crate::base::clock::Timestamp;
use crate::base::error::{AuthFailure, Error, Result};
use crate::base::ids::{KeyId, UserId};
use crate::base::random::Random;

/// How long an access token is valid.
pub const LIFE: Duration = Duration::from_secs(600);
/// How far the clocks of replicas may differ, in seconds.
const LEEWAY: i64 = 30;
const AUDIENCE: &str = "lede";
const TYPE: &str = "at+jwt";
/// How many verified tokens are cached.
const REMEMBERED: usize = 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

/// Issues and verifies access tokens.
#[derive(Clone)]
pub struct Tokens {
    issuer: String,
    kid: KeyId,
    encoding: EncodingKey,
    decoding: DecodingKey,
    verified: Arc<Mutex<HashMap<String, Claims>>>,
}

impl Tokens {
    /// With the current keys, for the server at the base URL `issuer`.
    ///
    /// # Errors
    /// Internal, if the seed is not a valid key.
    pub fn new(keys: &Keys, issuer: String) -> Result<Self> {
        let (kid, seed) = &keys.signing;
        let (encoding, decoding) = signing::keys(seed)?;
        Ok(Self { issuer, kid: *kid, encoding, decoding, verified: Arc::default() })
    }

    /// An access token of `user`, valid for ten minutes from `now`.
    ///
    /// # Errors
    /// Internal, if signing fails.
    pub fn issue(&self, random: &Random, user: UserId, now: Timestamp) -> Result<String> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.kid.to_string());
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            iat: now.as_seconds(),
            nbf: now.as_seconds(),
            exp: now.plus(LIFE).as_seconds(),
            jti: random.uuid(now)?.to_string(),
        };
        jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(|e| Error::internal(e.to_string()))
    }

    /// The user the token belongs to, if it is one of ours and valid at `now`.
    ///
    /// # Errors
    /// Unauthenticated, with what is wrong with the token.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<UserId> {
        let now = now.as_seconds();
        let invalid = || Error::Unauthenticated(AuthFailure::InvalidToken);
        let check_times = |claims: &Claims| {
            if claims.nbf - LEEWAY > now || claims.iat - LEEWAY > now {
                return Err(invalid());
            }
            if claims.exp + LEEWAY <= now {
                return Err(Error::Unauthenticated(AuthFailure::ExpiredToken));
            }
            Ok(())
        };
        let verified = || self.verified.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(claims) = verified().get(token) {
            return check_times(claims).map(|()| claims.sub);
        }
        // Verified outside the lock: invalid tokens must not delay requests whose tokens are cached.
        let claims = self.decode(token).ok_or_else(invalid)?;
        check_times(&claims)?;
        if claims.exp - claims.iat > LIFE.as_secs().cast_signed() {
            return Err(invalid());
        }
        let (user, mut verified) = (claims.sub, verified());
        if verified.len() >= REMEMBERED {
            verified.retain(|_, claims| claims.exp + LEEWAY > now);
            if verified.len() >= REMEMBERED {
                verified.clear();
            }
        }
        verified.insert(token.to_owned(), claims);
        Ok(user)
    }

    /// Checks everything except the times, which are compared with the injected clock.
    fn decode(&self, token: &str) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(TYPE) || header.kid != Some(self.kid.to_string()) {
            return None;
        }
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["iss", "aud", "exp", "nbf", "sub"]);
        rules.validate_exp = false;
        rules.validate_nbf = false;
        jsonwebtoken::decode::<Claims>(token, &self.decoding, &rules).ok().map(|data| data.claims)
    }
}
