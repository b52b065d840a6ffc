//! What the document says of the whole API.

use serde_json::{Value, json};

/// Where an integrator begins.
pub(super) const DESCRIPTION: &str = include_str!("description.md");

/// Adds the contact, the licence, the servers and the way to log in.
pub(super) fn add(document: &mut Value) {
    document["info"]["license"] = json!({"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"});
    document["info"]["contact"] =
        json!({"name": "Lede", "url": env!("CARGO_PKG_REPOSITORY"), "email": "hello@lede.example"});
    document["externalDocs"] = json!({
        "description": "The README: installing, configuring and operating Lede.",
        "url": concat!(env!("CARGO_PKG_REPOSITORY"), "#readme"),
    });
    document["servers"] = json!([
        {"url": "/", "description": "The server that this document comes from."},
        {
            "url": "{base_url}",
            "description": "Any server: `base_url` is its `LEDE_BASE_URL`, without a slash at the end.",
            // Some generators refuse a description here.
            "variables": {"base_url": {"default": "http://127.0.0.1:8143"}},
        },
    ]);
    document["components"]["securitySchemes"] = json!({"bearer": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "An access token from `POST /v1/auth/sessions`: a JWT signed with Ed25519, valid for ten minutes. Or an API key from `POST /v1/api-keys`, for the operations whose `x-right` is one of its scopes."
    }});
}
