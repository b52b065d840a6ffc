//! The scopes of an API key: a set of rights.

use super::{POLICY, Right, Role, Scope};

/// A set of rights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scopes(u64);

impl Scopes {
    /// The rights with these names. Names that the policy does not have, or does not give to API keys, are left out.
    #[must_use]
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let bit = |name| index(name).filter(|(_, right)| right.for_keys).map_or(0, |(at, _)| 1 << at);
        Self(names.into_iter().map(bit).fold(0, |all, one| all | one))
    }

    /// Whether the right with that name is among them.
    #[must_use]
    pub fn contains(self, name: &str) -> bool {
        index(name).is_some_and(|(at, _)| self.0 & (1 << at) != 0)
    }

    /// The set as a number.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Every right that an API key of a user with that role may have.
    pub fn allowed(role: Role) -> impl Iterator<Item = &'static Right> {
        POLICY.iter().filter(move |right| right.for_keys && role.scope_in(right.scopes) != Scope::Nothing)
    }
}

fn index(name: &str) -> Option<(usize, &'static Right)> {
    POLICY.iter().enumerate().find(|(_, right)| right.name == name)
}
