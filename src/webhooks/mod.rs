//! Webhooks: what happens is sent to other servers, signed as [Standard Webhooks](https://www.standardwebhooks.com) has
//! it. Events are sent in order and retried for three days; one that the receiver rejects is retried beside the others.
//!
//! A **webhook** has a cursor into the log of events. [`fill`] writes the events after it as **deliveries**, whose bodies
//! are made then, and moves the cursor in the same write; nothing is added to the transactions of editors. [`send`] sends
//! what is due, one delivery of a webhook at a time; [`outcome`] records what became of it. [`dispatcher`] does both, on
//! one server at a time.

pub mod body;
pub mod deliveries;
pub mod dispatcher;
mod emails;
mod fill;
pub mod forget;
pub mod input;
mod outcome;
pub mod patterns;
mod progress;
pub mod routes;
mod send;
pub mod signing;
pub mod store;

pub use store::hand_over;

/// The most webhooks that there can be.
pub const MAX_WEBHOOKS: i64 = 100;
/// The most patterns of a webhook.
pub const MAX_PATTERNS: usize = 50;
/// The most headers that a webhook adds to its requests.
pub const MAX_HEADERS: usize = 5;
/// The most events that a replay sends.
pub const MAX_REPLAYED: i64 = 10_000;

crate::text_enum! {
    /// What the body of a request is.
    BodyFormat as WebhookBody {
        /// The event: `{id, type, timestamp, data}`.
        Event = "event",
        /// What GitHub's repository dispatch takes: `{event_type, client_payload}`, with the event as payload.
        Github = "github",
    }
}

crate::text_enum! {
    /// Why the server has disabled a webhook.
    DisabledReason as WebhookDisabledReason {
        /// Nothing could be delivered for five days.
        Failing = "failing",
        /// The receiver responded with 410.
        Gone = "gone",
        /// Its owner was deleted without a successor, or it was created with an API key of a deleted user. Whoever
        /// enables it becomes the owner.
        OwnerErased = "owner-erased",
    }
}

crate::text_enum! {
    /// What became of a delivery.
    DeliveryState as WebhookDeliveryState {
        /// It is to be sent, for the first time or again.
        Waiting = "waiting",
        /// The receiver accepted it.
        Delivered = "delivered",
        /// It failed too often. It can be retried.
        Dead = "dead",
        /// The owner of the webhook may not see it any more, so it was not sent.
        Withheld = "withheld",
    }
}
