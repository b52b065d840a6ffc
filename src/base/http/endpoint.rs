//! Connects each handler with its documentation. A resource declares both in one line, so a route cannot be registered
//! without being in the OpenAPI document.

use actix_web::web::{Data, Path, Payload};
use actix_web::{Handler, HttpRequest, Route};
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::{RefOr, Schema};

use super::form::Form;
use super::idempotency::IdempotencyKey;
use super::json::{Json, OptionalJson};
use super::markdown::Markdown;
use super::query::Query;

/// An operation of the API. Declared by [`operations!`](macro@crate::operations), listed by its resource.
pub struct Endpoint {
    /// The method in lower case.
    pub method: &'static str,
    /// The path template.
    pub path: &'static str,
    /// Creates the route to the handler.
    pub route: fn() -> Route,
    /// The methods and the path in the handler's documentation. They must equal `method` and `path`.
    pub documented_at: fn() -> (Vec<HttpMethod>, String),
    /// The handler's documentation.
    pub operation: fn() -> Operation,
    /// The right that the handler requires of its client.
    pub right: fn() -> Option<&'static str>,
    /// Whether its response is the same for everyone, so that the cache keeps it.
    pub public: bool,
    /// Whether pages of any origin may call it. What is public is open, too.
    pub open: bool,
    /// Adds the schemas that the documentation references.
    pub schemas: fn(&mut Vec<(String, RefOr<Schema>)>),
}

/// What a resource offers: the groups that its operations form in the OpenAPI document, and the operations in the order of
/// that document. Declared by [`operations!`](macro@crate::operations).
#[derive(Clone, Copy)]
pub struct Operations {
    /// Name and description of each group that this resource introduces; others may put operations into it, too.
    pub tags: &'static [(&'static str, &'static str)],
    /// The operations.
    pub endpoints: &'static [Endpoint],
}

/// The route that matched a request.
#[derive(Debug, Clone, Copy)]
pub struct Routed {
    /// Its path template.
    pub path: &'static str,
    /// Whether pages of any origin may call it.
    pub open: bool,
}

/// What a handler takes of a request, and what right that requires of the client. So the document names the right that is
/// checked, and no other.
pub trait Requires {
    /// The name of the right, as in the policy; `None` for what requires none.
    const RIGHT: Option<&'static str> = None;
}

impl<T> Requires for Data<T> {}
impl<T> Requires for Path<T> {}
impl<T> Requires for Query<T> {}
impl<T, M> Requires for Json<T, M> {}
impl<T> Requires for OptionalJson<T> {}
impl Requires for Form {}
impl Requires for HttpRequest {}
impl Requires for IdempotencyKey {}
impl Requires for Markdown {}
impl Requires for Payload {}
impl<T: Requires, E> Requires for Result<T, E> {
    const RIGHT: Option<&'static str> = T::RIGHT;
}

macro_rules! requires_of_all {
    ($($part:ident)*) => {
        impl<$($part: Requires),*> Requires for ($($part,)*) {
            const RIGHT: Option<&'static str> = first(&[$($part::RIGHT),*]);
        }
    };
}
requires_of_all!();
requires_of_all!(A);
requires_of_all!(A B);
requires_of_all!(A B C);
requires_of_all!(A B C D);
requires_of_all!(A B C D E);
requires_of_all!(A B C D E F);
requires_of_all!(A B C D E F G);

const fn first(rights: &[Option<&'static str>]) -> Option<&'static str> {
    match rights {
        [] => None,
        [Some(right), ..] => Some(right),
        [None, rest @ ..] => first(rest),
    }
}

/// The right that a handler requires.
#[must_use]
pub fn right<F: Handler<Parts>, Parts: Requires>(_: &F) -> Option<&'static str> {
    Parts::RIGHT
}

/// Whether a line of [`operations!`](macro@crate::operations) is marked as public.
#[macro_export]
macro_rules! is_public {
    () => {
        false
    };
    (public) => {
        true
    };
    (open) => {
        false
    };
}

/// Whether a line of [`operations!`](macro@crate::operations) is marked as public or open.
#[macro_export]
macro_rules! is_open {
    () => {
        false
    };
    ($mark:ident) => {
        true
    };
}

/// Declares the operations of a resource in its `routes/mod.rs`. Each line registers a handler and its documentation;
/// the lines before them describe the tags that the handlers' documentation names. `public` stands after a handler
/// whose response is the same for everyone, `open` after another that pages of any origin may call.
#[macro_export]
macro_rules! operations {
    (
        $($tag:literal: $description:literal;)*
        $($method:ident $path:literal => $module:ident :: $handler:ident $(, $mark:ident)?;)*
    ) => {
        /// The operations of this resource, in the order of the OpenAPI document.
        pub const OPERATIONS: $crate::base::http::endpoint::Operations = $crate::base::http::endpoint::Operations {
            tags: &[$(($tag, $description)),*],
            endpoints: &[$(
            pastey::paste! {
                $crate::base::http::endpoint::Endpoint {
                    method: stringify!($method),
                    path: $path,
                    route: || actix_web::web::$method().to($module::$handler),
                    documented_at: || {
                        use $module::[<__path_ $handler>] as Documented;
                        (<Documented as utoipa::Path>::methods(), <Documented as utoipa::Path>::path())
                    },
                    operation: || {
                        use $module::[<__path_ $handler>] as Documented;
                        let mut operation = <Documented as utoipa::Path>::operation();
                        let tags = <Documented as utoipa::__dev::Tags<'_>>::tags();
                        operation.tags = Some(tags.into_iter().map(str::to_owned).collect());
                        operation
                    },
                    public: $crate::is_public!($($mark)?),
                    open: $crate::is_open!($($mark)?),
                    right: || $crate::base::http::endpoint::right(&$module::$handler),
                    schemas: |schemas| {
                        use $module::[<__path_ $handler>] as Documented;
                        <Documented as utoipa::__dev::SchemaReferences>::schemas(schemas);
                    },
                }
            },
            )*],
        };
    };
}
