//! Who is authenticated, and what they may do: what their role allows and, for an API key, its scopes too.

use std::marker::PhantomData;

use super::{Permission, Role, Scope, Scopes};
use crate::base::actor::Origin;
use crate::base::error::{Denial, Error, Result};
use crate::base::ids::{ActorId, SessionId, UserId};

/// An authenticated client.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// The user: the one who is logged in, or the owner of the API key.
    pub user: UserId,
    /// Their role.
    pub role: Role,
    /// The session; `None` for an API key and outside of requests.
    pub session: Option<SessionId>,
    /// The scopes of the API key; `None` for a user, whom only the role limits.
    pub scopes: Option<Scopes>,
    /// Who acts, and in which request.
    pub origin: Origin,
}

impl Identity {
    /// A user outside of requests, such as the owner of imported files.
    #[must_use]
    pub fn of(user: UserId, role: Role) -> Self {
        Self { user, role, session: None, scopes: None, origin: user.into() }
    }

    /// Who acts: the user or the API key.
    #[must_use]
    pub fn actor(&self) -> ActorId {
        self.origin.actor.unwrap_or_else(|| self.user.into())
    }

    /// The scope of a permission for this client.
    #[must_use]
    pub fn scope<P: Permission>(&self) -> Scope {
        if self.scopes.is_some_and(|scopes| !scopes.contains(P::NAME)) {
            return Scope::Nothing;
        }
        self.role.scope::<P>()
    }

    /// Whether a permission of this client covers what `owner` owns.
    #[must_use]
    pub fn covers<P: Permission>(&self, owner: UserId) -> bool {
        match self.scope::<P>() {
            Scope::Any => true,
            Scope::Own => owner == self.user,
            Scope::Nothing => false,
        }
    }
}

/// An authenticated client that has the permission `P`.
#[derive(Debug)]
pub struct Actor<P> {
    /// The client.
    pub identity: Identity,
    permission: PhantomData<P>,
}

impl<P> Clone for Actor<P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P> Copy for Actor<P> {}

impl<P> std::ops::Deref for Actor<P> {
    type Target = Identity;
    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl<P: Permission> Actor<P> {
    /// The actor, if the client has the permission in any scope.
    ///
    /// # Errors
    /// Forbidden, if it does not.
    pub fn new(identity: Identity) -> Result<Self> {
        match identity.scope::<P>() {
            Scope::Nothing => Err(Error::Forbidden(Denial::Right)),
            Scope::Own | Scope::Any => Ok(Self { identity, permission: PhantomData }),
        }
    }

    /// Whether the permission covers what `owner` owns.
    #[must_use]
    pub fn covers(&self, owner: UserId) -> bool {
        self.identity.covers::<P>(owner)
    }

    /// Whether the same client has the permission `Q` for everything.
    #[must_use]
    pub fn may<Q: Permission>(&self) -> bool {
        self.scope::<Q>() == Scope::Any
    }

    /// The only owner whose things the permission covers; `None` if it covers everybody's.
    #[must_use]
    pub fn only_of(&self) -> Option<UserId> {
        (self.scope::<P>() != Scope::Any).then_some(self.user)
    }
}
