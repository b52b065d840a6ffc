//! Every permission and who has it, on one page. A handler names the permission it needs in its signature, as in
//! `Actor<WriteArticles>`, and cannot be called without it. [`Actor::covers`] then tells whether the permission extends to
//! a given user's articles.

mod form_tokens;
pub mod guard;
mod keys;
mod password;
mod signing;
pub mod token;

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use form_tokens::{FormCheck, FormTokens};
pub use keys::Keys;
pub use password::{Password, Passwords};
pub use token::Tokens;

use crate::base::error::{Error, Result};
use crate::base::ids::UserId;

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
    /// Its name: resource and verb.
    const NAME: &'static str;
    /// Its scope for contributors, authors, editors and admins.
    const SCOPES: [Scope; 4];
}

macro_rules! policy {
    ($($(#[$doc:meta])* $type:ident $name:literal: $contributor:ident $author:ident $editor:ident $admin:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $type;
            impl Permission for $type {
                const NAME: &'static str = $name;
                const SCOPES: [Scope; 4] = [$contributor, $author, $editor, $admin];
            }
        )*
        /// The whole policy: each permission, and its scope for contributors, authors, editors and admins.
        pub const POLICY: &[(&str, [Scope; 4])] = &[$(($name, $type::SCOPES)),*];
    };
}

policy! {
    //                                              contributor author   editor   admin
    /// Being logged in.
    LoggedIn           "session:use":               Any         Any      Any      Any;
    /// Reading drafts and their revisions.
    ReadDrafts         "articles:read":             Own         Own      Any      Any;
    /// Creating and updating drafts.
    WriteArticles      "articles:write":            Own         Own      Any      Any;
    /// Publishing and unpublishing articles.
    PublishArticles    "articles:publish":          Nothing     Own      Any      Any;
    /// Moving articles to the trash and restoring them.
    DeleteArticles     "articles:delete":           Own         Own      Any      Any;
    /// Deleting the redirects of old slugs.
    DeleteRedirects    "redirects:delete":          Nothing     Nothing  Any      Any;
    /// Creating, updating, merging and deleting topics.
    WriteTopics        "topics:write":              Nothing     Nothing  Any      Any;
    /// Creating, updating, merging and deleting authors.
    WriteAuthors       "authors:write":             Nothing     Nothing  Any      Any;
    /// Listing and reading subscribers.
    ReadSubscribers    "subscribers:read":          Nothing     Nothing  Any      Any;
    /// Adding, updating and unsubscribing subscribers.
    WriteSubscribers   "subscribers:write":         Nothing     Nothing  Any      Any;
    /// Subscribing visitors from a website's own server, with their address and browser as evidence.
    SubscribeOnBehalf  "subscribers:on_behalf_of":  Nothing     Nothing  Any      Any;
    /// Exporting subscribers.
    ExportSubscribers  "subscribers:export":        Nothing     Nothing  Nothing  Any;
    /// Importing subscribers.
    ImportSubscribers  "subscribers:import":        Nothing     Nothing  Nothing  Any;
    /// Erasing subscribers.
    DeleteSubscribers  "subscribers:delete":        Nothing     Nothing  Nothing  Any;
    /// Updating the site's settings.
    WriteSite          "site:write":                Nothing     Nothing  Nothing  Any;
    /// Listing and reading background jobs.
    ReadJobs           "jobs:read":                 Nothing     Nothing  Nothing  Any;
    /// Retrying dead jobs.
    RetryJobs          "jobs:retry":                Nothing     Nothing  Nothing  Any;
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
        let [contributor, author, editor, admin] = P::SCOPES;
        match self {
            Self::Contributor => contributor,
            Self::Author => author,
            Self::Editor => editor,
            Self::Admin => admin,
        }
    }
}

/// An authenticated user whose role has the permission `P`.
#[derive(Debug)]
pub struct Actor<P> {
    /// The user.
    pub user: UserId,
    /// Their role.
    pub role: Role,
    permission: PhantomData<P>,
}

impl<P> Clone for Actor<P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P> Copy for Actor<P> {}

impl<P: Permission> Actor<P> {
    /// The actor, if the role has the permission in any scope.
    ///
    /// # Errors
    /// Forbidden, if it does not.
    pub fn new(user: UserId, role: Role) -> Result<Self> {
        match role.scope::<P>() {
            Scope::Nothing => Err(Error::Forbidden),
            Scope::Own | Scope::Any => Ok(Self { user, role, permission: PhantomData }),
        }
    }

    /// Whether the permission covers what `owner` owns.
    #[must_use]
    pub fn covers(&self, owner: UserId) -> bool {
        match self.role.scope::<P>() {
            Scope::Any => true,
            Scope::Own => owner == self.user,
            Scope::Nothing => false,
        }
    }

    /// Whether the same user has the permission `Q` for everything.
    #[must_use]
    pub fn may<Q: Permission>(&self) -> bool {
        self.role.scope::<Q>() == Scope::Any
    }

    /// The only owner whose things the permission covers; `None` if it covers everybody's.
    #[must_use]
    pub fn only_of(&self) -> Option<UserId> {
        (self.role.scope::<P>() != Scope::Any).then_some(self.user)
    }
}
