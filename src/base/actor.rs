//! Who acts: a user or an API key. What they did is recorded with the request in which they did it.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::clock::Timestamp;
use super::db::connection::AnyConnection as Connection;
use super::error::Result;
use super::ids::{ActorId, ApiKeyId, SessionId, UserId};

/// Who acted, as responses name them: by kind, id and name, never by a bare id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Actor)]
pub struct ActorRef {
    /// Whether it is a person or a program.
    pub kind: ActorKind,
    /// The id of the user or of the API key.
    pub id: ActorId,
    /// The name; `null` for a user who was erased, and for the API keys of one.
    #[schema(max_length = 200)]
    pub name: Option<String>,
}

/// What kind of actor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person who can log in.
    User,
    /// A program with an API key.
    ApiKey,
}

/// Where a unit of work comes from: who does it, and in which request. The default is the server itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin {
    /// Who does it; `None` for the server itself and for readers.
    pub actor: Option<ActorId>,
    /// The request, if there is one.
    pub request: Option<RequestId>,
    /// The keyed hash of the client's network, if there is a client.
    pub network: Option<NetworkHash>,
    /// The credential of the request, which is checked again before the unit of work begins.
    pub credential: Option<Credential>,
}

/// The credential with which a request was authenticated, and what it allowed then. A client can send its body slowly,
/// so every write of the request checks again that the credential is valid and its rights are unchanged.
#[derive(Debug, Clone, Copy)]
pub struct Credential {
    /// What the client presented.
    pub presented: Presented,
    /// The user's role and the scopes of an API key, as a number that differs when they do.
    pub rights: u64,
    /// Whether the request may change users, sessions or API keys. Such writes run one at a time, and beside no others.
    pub changes_accounts: bool,
    /// Checks it. The caller holds the lock that keeps it as it is.
    pub check: fn(&mut Connection, &Credential, Timestamp) -> Result<()>,
}

/// What a client presented to be authenticated.
#[derive(Debug, Clone, Copy)]
pub enum Presented {
    /// An access token of a user's session.
    Session(UserId, SessionId),
    /// An API key, and the hash of its secret.
    ApiKey(ApiKeyId, [u8; 32]),
}

impl Origin {
    /// Checks that the credential of the request, if there is one, is still valid and allows the same.
    ///
    /// # Errors
    /// Those of [`Credential::check`].
    pub fn check_credential(&self, conn: &mut Connection, now: Timestamp) -> Result<()> {
        self.credential.map_or(Ok(()), |credential| (credential.check)(conn, &credential, now))
    }
}

impl<A: Into<ActorId>> From<A> for Origin {
    /// Work in someone's name outside of any request: a job or a command.
    fn from(actor: A) -> Self {
        Self { actor: Some(actor.into()), ..Self::default() }
    }
}

/// The keyed hash of a network.
pub type NetworkHash = [u8; 32];

/// The id of a request, which its response and its log lines carry: 8 to 64 ASCII letters, digits, hyphens or underscores.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl RequestId {
    const MAX: usize = 64;

    /// The id with that text, if it may be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_id = (8..=Self::MAX).contains(&text.len()) && text.bytes().all(is_allowed);
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..text.len()).filter(|_| is_id)?.copy_from_slice(text.as_bytes());
        Some(Self { bytes, len: u8::try_from(text.len()).ok()? })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.bytes.get(..usize::from(self.len)).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl From<Uuid> for RequestId {
    fn from(id: Uuid) -> Self {
        let mut bytes = [0; Self::MAX];
        let len = id.hyphenated().encode_lower(&mut bytes).len();
        Self { bytes, len: u8::try_from(len).unwrap_or(0) }
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
