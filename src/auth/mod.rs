//! Who may do what, on one page. A handler that needs a right names it in its signature, `Actor<WriteArticles>`; without
//! it the handler cannot be called. [`Actor::reaches`] then tells whether the right covers this very article.

pub mod guard;
mod keys;
mod password;
mod signing;
pub mod token;

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use keys::Keys;
pub use password::{Password, Passwords};
pub use token::Tokens;

use crate::base::error::{Error, Result};
use crate::base::ids::UserId;

/// What a user is to the publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Writes own drafts.
    Contributor,
    /// Also publishes own articles.
    Author,
    /// Everything about articles, topics and authors; sees subscribers.
    Editor,
    /// Everything.
    Admin,
}

/// How far a right reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nowhere.
    Nothing,
    /// To what the user owns.
    Own,
    /// To everything.
    Any,
}

use Reach::{Any, Nothing, Own};

/// A right, as a type.
pub trait Permission: 'static {
    /// How it is written: resource and verb.
    const NAME: &'static str;
    /// How far it reaches for contributors, authors, editors and admins.
    const REACH: [Reach; 4];
}

macro_rules! policy {
    ($($(#[$doc:meta])* $type:ident $name:literal: $contributor:ident $author:ident $editor:ident $admin:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $type;
            impl Permission for $type {
                const NAME: &'static str = $name;
                const REACH: [Reach; 4] = [$contributor, $author, $editor, $admin];
            }
        )*
        /// The whole policy: each right, and how far it reaches for contributors, authors, editors and admins.
        pub const POLICY: &[(&str, [Reach; 4])] = &[$(($name, $type::REACH)),*];
    };
}

policy! {
    //                                              contributor author   editor   admin
    /// Being logged in at all.
    LoggedIn           "session:use":               Any         Any      Any      Any;
    /// Reading drafts and their history.
    ReadDrafts         "articles:read":             Own         Own      Any      Any;
    /// Making and changing drafts.
    WriteArticles      "articles:write":            Own         Own      Any      Any;
    /// Publishing and taking back.
    PublishArticles    "articles:publish":          Nothing     Own      Any      Any;
    /// Moving articles into the trash and back.
    RemoveArticles     "articles:remove":           Own         Own      Any      Any;
    /// Removing the redirects of old slugs.
    RemoveRedirects    "redirects:remove":          Nothing     Nothing  Any      Any;
    /// Making, renaming, merging and removing topics.
    WriteTopics        "topics:write":              Nothing     Nothing  Any      Any;
    /// Making, changing, merging and removing authors.
    WriteAuthors       "authors:write":             Nothing     Nothing  Any      Any;
    /// Seeing who subscribes.
    ReadSubscribers    "subscribers:read":          Nothing     Nothing  Any      Any;
    /// Changing what is kept of a subscriber.
    WriteSubscribers   "subscribers:write":         Nothing     Nothing  Any      Any;
    /// Telling who a visitor is that joins by way of a website's own server.
    SpeakForVisitors   "subscribers:speak":         Nothing     Nothing  Any      Any;
    /// Giving out what is kept of subscribers.
    ExportSubscribers  "subscribers:export":        Nothing     Nothing  Nothing  Any;
    /// Bringing in lists of subscribers from elsewhere.
    ImportSubscribers  "subscribers:import":        Nothing     Nothing  Nothing  Any;
    /// Erasing a subscriber.
    EraseSubscribers   "subscribers:erase":         Nothing     Nothing  Nothing  Any;
    /// Changing what the publication says of itself.
    WriteSite          "site:write":                Nothing     Nothing  Nothing  Any;
    /// Seeing what is to be done later, and what has failed.
    ReadJobs           "jobs:read":                 Nothing     Nothing  Nothing  Any;
    /// Having what has failed tried again.
    RetryJobs          "jobs:retry":                Nothing     Nothing  Nothing  Any;
}

impl Role {
    /// Every role, in the order of the policy's columns.
    pub const ALL: [Self; 4] = [Self::Contributor, Self::Author, Self::Editor, Self::Admin];

    /// How it is written.
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

    /// How far a right reaches for this role.
    #[must_use]
    pub fn reach<P: Permission>(self) -> Reach {
        let [contributor, author, editor, admin] = P::REACH;
        match self {
            Self::Contributor => contributor,
            Self::Author => author,
            Self::Editor => editor,
            Self::Admin => admin,
        }
    }
}

/// A user who has proven who they are and whose role has the right `P`.
#[derive(Debug)]
pub struct Actor<P> {
    /// Who.
    pub user: UserId,
    /// What they are.
    pub role: Role,
    right: PhantomData<P>,
}

impl<P> Clone for Actor<P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P> Copy for Actor<P> {}

impl<P: Permission> Actor<P> {
    /// The actor, if the role has the right at all.
    ///
    /// # Errors
    /// Forbidden, if not.
    pub fn new(user: UserId, role: Role) -> Result<Self> {
        match role.reach::<P>() {
            Reach::Nothing => Err(Error::Forbidden),
            Reach::Own | Reach::Any => Ok(Self { user, role, right: PhantomData }),
        }
    }

    /// Whether the right covers what `owner` owns.
    #[must_use]
    pub fn reaches(&self, owner: UserId) -> bool {
        match self.role.reach::<P>() {
            Reach::Any => true,
            Reach::Own => owner == self.user,
            Reach::Nothing => false,
        }
    }

    /// Whether the same user has another right everywhere.
    #[must_use]
    pub fn may<Q: Permission>(&self) -> bool {
        self.role.reach::<Q>() == Reach::Any
    }

    /// Whose things the right covers: `None` means everybody's.
    #[must_use]
    pub fn only_of(&self) -> Option<UserId> {
        (self.role.reach::<P>() != Reach::Any).then_some(self.user)
    }
}
