//! The public keys that verify access tokens.

use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::ids::KeyId;

/// The public keys that verify access tokens (RFC 7517).
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningKeySet {
    /// The keys.
    #[schema(max_items = 100)]
    keys: Vec<PublicSigningKey>,
}

/// A public Ed25519 key (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicSigningKey {
    /// Always `OKP`.
    #[schema(max_length = 10, example = "OKP")]
    kty: &'static str,
    /// Always `Ed25519`.
    #[schema(max_length = 10, example = "Ed25519")]
    crv: &'static str,
    /// Always `EdDSA`.
    #[schema(max_length = 10, example = "EdDSA")]
    alg: &'static str,
    /// Always `sig`.
    #[schema(max_length = 10, example = "sig")]
    r#use: &'static str,
    /// The `kid` of the tokens that it verifies.
    kid: KeyId,
    /// The key, in base64url.
    #[schema(min_length = 43, max_length = 43)]
    x: String,
}

/// Get the signing keys
///
/// Needs no access token. Returns the public keys that verify access tokens, the current one and those that were
/// replaced within the last hour. A valid signature does not prove that the session is still active.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "accounts", security(()),
    responses((status = 200, description = "The keys.", body = SigningKeySet)))]
pub async fn get_signing_keys(app: Data<App>) -> Result<Response> {
    let key = |(kid, x)| PublicSigningKey { kty: "OKP", crv: "Ed25519", alg: "EdDSA", r#use: "sig", kid, x };
    // The response is cached, so it must not be older than what made the cache forget the one before.
    app.tokens.keys().reload().await?;
    let keys = app.tokens.keys().public().into_iter().map(key).collect();
    Ok(Response::public_json(&SigningKeySet { keys })?.surrogate_key("signing-keys"))
}
