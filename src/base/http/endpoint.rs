//! One operation of the API as its resource declares it: where it is, who handles it, and what its documentation says.

use actix_web::Route;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::{RefOr, Schema};

/// An operation. Declared by [`operations!`](crate::operations), listed by its resource.
pub struct Endpoint {
    /// The method in lower case.
    pub method: &'static str,
    /// The path template.
    pub path: &'static str,
    /// Makes the route to the handler.
    pub route: fn() -> Route,
    /// The methods and the path that the handler's documentation names.
    pub documented_at: fn() -> (Vec<HttpMethod>, String),
    /// The handler's documentation.
    pub operation: fn() -> Operation,
    /// Adds the schemas that the documentation refers to.
    pub schemas: fn(&mut Vec<(String, RefOr<Schema>)>),
}

/// The route that a request took.
#[derive(Debug, Clone, Copy)]
pub struct Routed {
    /// Its path template.
    pub path: &'static str,
    /// Whether pages of any origin may use it.
    pub open: bool,
}

/// Declares the operations of a resource in its `routes/mod.rs`: a line registers a handler and, with it, its
/// documentation.
#[macro_export]
macro_rules! operations {
    ($($method:ident $path:literal => $module:ident :: $handler:ident;)*) => {
        /// The operations of this resource, in the order of the document.
        pub const OPERATIONS: &[$crate::base::http::endpoint::Endpoint] = &[$(
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
                    schemas: |schemas| {
                        use $module::[<__path_ $handler>] as Documented;
                        <Documented as utoipa::__dev::SchemaReferences>::schemas(schemas);
                    },
                }
            },
        )*];
    };
}
