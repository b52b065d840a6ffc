//! Who may do what: a table for each resource (in `resources/`), a line for each operation. Every line is tried by every
//! role and without a token (`runner.rs`), on things that exist and belong to somebody else (`fixtures.rs`).
//!
//! ```ignore
//! //               contributor author editor admin
//! update_topic:    [403 403 any any] => |on| on.patch(on.topic().await).json(json!({"name": on.name()}));
//! publish_article: [403 own any any] => |on| on.post(on.article().await + "/publish").json(json!({"revision": 1}));
//! get_topic:       anyone            => |on| on.get(on.topic().await);
//! ```
//!
//! | cell | response |
//! |---|---|
//! | `403` | 403: the role lacks the right |
//! | `own` | 2xx or 3xx for what the role's user owns, 404 for what belongs to others |
//! | `sole` | 2xx or 3xx for what the role's user owns, 403 for what belongs to others |
//! | `any` | 2xx or 3xx |
//!
//! An operation that is not open to `anyone` responds 401 without a valid token. The document names the right that it
//! requires (`x-right`): an API key with that scope alone may use it, and one with any other scope gets 403.

use std::collections::BTreeSet;
use std::pin::Pin;

use lede::auth::{POLICY, Right, Role, Scope};
use serde_json::json;

use crate::client::Call;
use crate::contract;
use crate::resources;
use crate::server::Server;
use fixtures::Fixtures;

/// What a role gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// 403.
    Forbidden,
    /// Success for what its user owns, 404 for what belongs to others.
    Own,
    /// Success for what its user owns, 403 for what belongs to others.
    Sole,
    /// Success.
    Any,
}

/// Who may use an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No token is needed.
    Anyone,
    /// Depends on the role; the order is that of `Role::ALL`.
    Roles([Cell; 4]),
}

/// An operation, who may use it, and a request that succeeds for those who may.
pub struct Line {
    pub operation: &'static str,
    pub access: Access,
    pub call: for<'a> fn(&'a Fixtures) -> Pin<Box<dyn Future<Output = Call> + 'a>>,
}

impl Line {
    /// The right that the document names for the operation.
    fn right(&self) -> Option<&'static Right> {
        let operation = contract::operations().iter().find(|operation| operation.id == self.operation);
        let name = operation.expect("an operation").value.get("x-right")?;
        let right = POLICY.iter().find(|right| *name == right.name);
        Some(right.unwrap_or_else(|| panic!("{}: the policy has no right {name}", self.operation)))
    }

    /// Whether an API key may have that right.
    fn is_for_keys(&self) -> bool {
        self.right().is_some_and(|right| right.for_keys)
    }
}

macro_rules! cell {
    (403) => {
        $crate::policy::Cell::Forbidden
    };
    (own) => {
        $crate::policy::Cell::Own
    };
    (sole) => {
        $crate::policy::Cell::Sole
    };
    (any) => {
        $crate::policy::Cell::Any
    };
}

macro_rules! access {
    (anyone) => {
        $crate::policy::Access::Anyone
    };
    ([$($cell:tt)*]) => {
        $crate::policy::Access::Roles([$(cell!($cell)),*])
    };
}

/// The lines of one resource, and their tests.
macro_rules! policy {
    ($($operation:ident: $access:tt => |$on:ident| $call:expr;)*) => {
        pub(crate) const LINES: &[$crate::policy::Line] = &[$(
            $crate::policy::Line {
                operation: stringify!($operation),
                access: access!($access),
                call: |$on| Box::pin(async move { $call }),
            },
        )*];

        #[tokio::test]
        async fn every_role_gets_what_its_cell_says() {
            $crate::policy::runner::try_every_role(LINES).await;
        }

        #[tokio::test]
        async fn a_key_with_one_scope_may_use_what_requires_that_right_and_nothing_else() {
            $crate::policy::runner::try_keys(LINES).await;
        }

        #[tokio::test]
        async fn whose_session_ends_before_the_last_byte_arrives_writes_nothing() {
            $crate::policy::runner::try_ended(LINES).await;
        }

        #[tokio::test]
        async fn without_a_valid_token_only_what_is_open_to_anyone_succeeds() {
            $crate::policy::runner::try_without_a_token(LINES).await;
        }
    };
}

pub mod fixtures;
pub mod runner;

/// What the suite knows of a resource.
pub struct Resource {
    pub name: &'static str,
    pub lines: &'static [Line],
    /// Calls each of its operations on a server of its own.
    pub story: for<'a> fn(&'a Server) -> Pin<Box<dyn Future<Output = ()> + 'a>>,
}

/// The resources of these names, each a module that says who may do what and tells its story.
macro_rules! resources {
    ($($name:ident),* $(,)?) => {
        &[$($crate::policy::Resource {
            name: stringify!($name),
            lines: $name::LINES,
            story: |server| Box::pin($name::story(server)),
        }),*]
    };
}

/// The lines of all resources.
pub fn lines() -> impl Iterator<Item = &'static Line> {
    resources::ALL.iter().flat_map(|resource| resource.lines)
}

#[test]
fn every_operation_has_its_line() {
    let named: BTreeSet<&str> = lines().map(|line| line.operation).collect();
    let operations: BTreeSet<&str> = contract::operations().iter().map(|operation| operation.id).collect();
    assert_eq!(named.len(), lines().count(), "a line comes twice");
    assert_eq!(named, operations);
}

#[test]
fn the_document_names_the_right_of_each_operation() {
    for line in lines() {
        let (right, operation) = (line.right(), line.operation);
        let Access::Roles(cells) = line.access else {
            assert!(right.is_none(), "{operation} is open to anyone and requires {right:?}");
            continue;
        };
        let right = right.unwrap_or_else(|| panic!("{operation} names no right"));
        for (role, cell) in Role::ALL.into_iter().zip(cells) {
            let is_allowed = role.scope_in(right.scopes) != Scope::Nothing;
            assert_eq!(cell != Cell::Forbidden, is_allowed, "{operation} by {role:?}");
        }
        let found = contract::operations().iter().find(|found| found.id == operation).expect("an operation");
        let text = found.value["description"].as_str().unwrap_or_default();
        assert!(!right.for_keys || text.contains(&format!("`{}`", right.name)), "{operation}: {text}");
    }
}

#[test]
fn the_document_says_which_operations_need_a_token() {
    for line in lines() {
        let operation = contract::operations().iter().find(|operation| operation.id == line.operation);
        let security = &operation.expect("an operation").value["security"];
        let expected = match line.access {
            // A website's server may sign up its visitors; it sends a token then. Admins are told of a quiet copy.
            Access::Anyone if ["subscribe_address", "get_site"].contains(&line.operation) => {
                json!([{}, {"bearer": []}])
            }
            Access::Anyone => json!([{}]),
            Access::Roles(_) => json!([{"bearer": []}]),
        };
        assert_eq!(security, &expected, "{}", line.operation);
    }
}
