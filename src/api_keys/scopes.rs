//! The scopes of an API key: names of rights of the policy.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::auth::{POLICY, Right, Role, Scope};
use crate::base::error::{Error, Invalid, Location, Result, Violations};
use crate::base::text::validate;

/// How many scopes a request may list.
pub const MAX_SCOPES: usize = 50;

/// The name of a right that an API key may have. Stands for its text in the OpenAPI document.
#[derive(Debug)]
pub struct ApiKeyScope;

impl PartialSchema for ApiKeyScope {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A right that an API key may have."))
            .enum_values(Some(names()))
            .into()
    }
}

impl ToSchema for ApiKeyScope {
    fn name() -> Cow<'static, str> {
        "ApiKeyScope".into()
    }
}

/// The scopes that a request lists.
#[derive(Debug, Clone, Default)]
pub struct ScopeList(Vec<&'static Right>);

impl ScopeList {
    /// Finds the rights with these names. Returns `None` and adds `scopes-empty`, `scopes-too-many` or `scope-unknown` if
    /// they are no list of scopes.
    pub fn parse(names: &[String], violations: &mut Violations) -> Option<Self> {
        violations.take("/scopes", check_count(names.len()))?;
        let found: Vec<Option<&'static Right>> = names
            .iter()
            .enumerate()
            .map(|(at, name)| violations.take(format!("/scopes/{at}"), find(name)))
            .collect();
        found.into_iter().collect::<Option<_>>().map(Self)
    }

    /// Checks that a user with that role has all of these rights, in any scope.
    ///
    /// # Errors
    /// Invalid, with `scope-not-allowed` for each that the role lacks.
    pub fn check(&self, role: Role) -> Result<()> {
        let mut violations = Violations::default();
        for (at, right) in self.0.iter().enumerate() {
            if role.scope_in(right.scopes) == Scope::Nothing {
                let detail = format!("The role {} does not have this right.", role.as_str());
                violations.push(
                    Location::Pointer(format!("/scopes/{at}")),
                    Invalid::new("scope-not-allowed", detail),
                );
            }
        }
        if violations.is_empty() { Ok(()) } else { Err(Error::Invalid(violations)) }
    }

    /// The names, each once, in the order of the policy.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let is_listed = |name: &&str| self.0.iter().any(|right| right.name == *name);
        names().filter(is_listed).map(str::to_owned).collect()
    }
}

fn check_count(count: usize) -> Result<(), Invalid> {
    if count == 0 {
        return Err(Invalid::new("scopes-empty", "Must name at least one right."));
    }
    validate::count("scopes", count, MAX_SCOPES)
}

fn find(name: &str) -> Result<&'static Right, Invalid> {
    let mut known = POLICY.iter().filter(|right| right.for_keys);
    known.find(|right| right.name == name).ok_or_else(|| validate::unknown("scope", names()))
}

/// The name of every right that an API key may have.
fn names() -> impl Iterator<Item = &'static str> {
    POLICY.iter().filter(|right| right.for_keys).map(|right| right.name)
}
