//! Every permission and who has it, on one page. A handler names the permission it needs in its signature, as in
//! `Actor<WriteArticles>`, and cannot be called without it. [`Actor::covers`] then tells whether the permission extends to
//! a given user's articles.

mod actor;
pub mod api_key;
mod credentials;
mod form_tokens;
pub mod guard;
mod key_uses;
mod keys;
mod login_blocks;
mod password;
mod password_rules;
pub mod preview_token;
mod scopes;
pub mod seal;
mod signing;
pub mod signing_keys;
pub mod token;
mod token_text;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use actor::{Actor, Identity};
pub use credentials::find_identity;
pub use form_tokens::{FormCheck, FormTokens};
pub use key_uses::KeyUses;
pub use keys::Keys;
pub use login_blocks::{Block, Blocked, LoginBlocks};
pub use password::{HashCost, Password, Passwords};
pub use password_rules::{PasswordRules, min_chars};
pub use scopes::Scopes;
pub use seal::Seal;
pub use signing_keys::SigningKeys;
pub use token::Tokens;

/// The role of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = UserRole)]
pub enum Role {
    /// Writes drafts of their own.
    Contributor,
    /// Also publishes their own articles.
    Author,
    /// Manages all articles, topics, authors and subscribers.
    Editor,
    /// Has every permission.
    Admin,
}

/// What a permission covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Nothing: the role does not have the permission.
    Nothing,
    /// What the user owns.
    Own,
    /// Everything.
    Any,
}

use Scope::{Any, Nothing, Own};

/// A permission, as a type.
pub trait Permission: 'static {
    /// Its name: resource and verb. Scopes of API keys are named so.
    const NAME: &'static str;
    /// Its scope for contributors, authors, editors and admins.
    const SCOPES: [Scope; 4];
    /// Whether an API key may have it. No key may have rights over users, sessions and API keys.
    const FOR_KEYS: bool;
    /// Whether it extends to articles that the user is asked to review, whoever owns them.
    const FOR_ASSIGNEES: bool;
}

/// A row of the policy.
#[derive(Debug, Clone, Copy)]
pub struct Right {
    /// The permission's name.
    pub name: &'static str,
    /// Its scope for contributors, authors, editors and admins.
    pub scopes: [Scope; 4],
    /// Whether an API key may have it.
    pub for_keys: bool,
}

macro_rules! policy {
    (@key yes) => { true };
    (@key no) => { false };
    (@assignee) => { false };
    (@assignee assignees) => { true };
    ($(
        $(#[$doc:meta])*
        $type:ident $name:literal: $contributor:ident $author:ident $editor:ident $admin:ident $key:ident $($assignee:ident)?;
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $type;
            impl Permission for $type {
                const NAME: &'static str = $name;
                const SCOPES: [Scope; 4] = [$contributor, $author, $editor, $admin];
                const FOR_KEYS: bool = policy!(@key $key);
                const FOR_ASSIGNEES: bool = policy!(@assignee $($assignee)?);
            }
        )*
        /// The whole policy: each permission, who has it in which scope, and whether an API key may have it.
        pub const POLICY: &[Right] = &[
            $(Right { name: $name, scopes: $type::SCOPES, for_keys: $type::FOR_KEYS }),*
        ];
    };
}

policy! {
    //                                              contributor author   editor   admin    API keys, assignees of reviews
    /// Using one's own account: sessions and second factor. Users who must set up a second factor first may do this and
    /// nothing else.
    UseAccount         "account:use":               Any         Any      Any      Any      no;
    /// Changing one's own account: name, language, password.
    WriteAccount       "account:write":             Any         Any      Any      Any      no;
    /// Creating, listing and revoking API keys.
    WriteApiKeys       "api_keys:write":            Own         Own      Own      Any      no;
    /// Listing users by name, role and state.
    ReadUsers          "users:read":                Any         Any      Any      Any      no;
    /// Inviting, updating and erasing users.
    WriteUsers         "users:write":               Nothing     Nothing  Nothing  Any      no;
    /// Reading drafts and their revisions.
    ReadDrafts         "articles:read":             Own         Own      Any      Any      yes assignees;
    /// Creating and updating drafts.
    WriteArticles      "articles:write":            Own         Own      Any      Any      yes;
    /// Requesting and answering reviews, and writing notes on articles.
    ReviewArticles     "articles:review":           Own         Own      Any      Any      yes assignees;
    /// Publishing and unpublishing articles.
    PublishArticles    "articles:publish":          Nothing     Own      Any      Any      yes;
    /// Moving articles to the trash and restoring them.
    DeleteArticles     "articles:delete":           Own         Own      Any      Any      yes;
    /// Deleting articles for good.
    PurgeArticles      "articles:purge":            Nothing     Nothing  Nothing  Any      yes;
    /// Creating redirects.
    WriteRedirects     "redirects:write":           Nothing     Nothing  Any      Any      yes;
    /// Deleting redirects, and those of old slugs.
    DeleteRedirects    "redirects:delete":          Nothing     Nothing  Any      Any      yes;
    /// Creating, updating, merging and deleting topics.
    WriteTopics        "topics:write":              Nothing     Nothing  Any      Any      yes;
    /// Creating, updating, merging and deleting authors.
    WriteAuthors       "authors:write":             Nothing     Nothing  Any      Any      yes;
    /// Listing and reading subscribers.
    ReadSubscribers    "subscribers:read":          Nothing     Nothing  Any      Any      yes;
    /// Adding, updating and unsubscribing subscribers.
    WriteSubscribers   "subscribers:write":         Nothing     Nothing  Any      Any      yes;
    /// Subscribing visitors from a website's own server, with their address and browser as evidence.
    SubscribeOnBehalf  "subscribers:on_behalf_of":  Nothing     Nothing  Any      Any      yes;
    /// Exporting subscribers.
    ExportSubscribers  "subscribers:export":        Nothing     Nothing  Nothing  Any      yes;
    /// Importing subscribers.
    ImportSubscribers  "subscribers:import":        Nothing     Nothing  Nothing  Any      yes;
    /// Erasing subscribers.
    DeleteSubscribers  "subscribers:delete":        Nothing     Nothing  Nothing  Any      yes;
    /// Updating the site's settings.
    WriteSite          "site:write":                Nothing     Nothing  Nothing  Any      yes;
    /// Listing events. Those that readers may not see require the right to read what they are about, too.
    ReadEvents         "events:read":               Any         Any      Any      Any      yes;
    /// Creating, updating and deleting webhooks, and reading their deliveries.
    WriteWebhooks      "webhooks:write":            Nothing     Nothing  Nothing  Any      yes;
    /// Listing and reading background jobs.
    ReadJobs           "jobs:read":                 Nothing     Nothing  Nothing  Any      yes;
    /// Retrying dead jobs.
    RetryJobs          "jobs:retry":                Nothing     Nothing  Nothing  Any      yes;
    /// Reading who did what, and what was refused.
    ReadAudit          "audit:read":                Nothing     Nothing  Nothing  Any      yes;
}

impl Role {
    /// Every role, in the order of the policy's columns.
    pub const ALL: [Self; 4] = [Self::Contributor, Self::Author, Self::Editor, Self::Admin];

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contributor => "contributor",
            Self::Author => "author",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// The scope of a permission for this role.
    #[must_use]
    pub fn scope<P: Permission>(self) -> Scope {
        self.scope_in(P::SCOPES)
    }

    /// This role's scope in a row of the policy.
    #[must_use]
    pub fn scope_in(self, scopes: [Scope; 4]) -> Scope {
        let [contributor, author, editor, admin] = scopes;
        match self {
            Self::Contributor => contributor,
            Self::Author => author,
            Self::Editor => editor,
            Self::Admin => admin,
        }
    }
}
