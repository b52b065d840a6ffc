//! The audit over HTTP.

pub mod events;
pub mod refusals;

crate::operations! {
    "audit": "Who did what, and what was refused.";

    get    "/v1/audit"          => events::list_audit_events;
    get    "/v1/audit/refusals" => refusals::list_refusals;
}
