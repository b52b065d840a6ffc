//! Which emails a user wants beside those that protect the account.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::store::UserRow;

/// The emails that a user can turn off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Notifications {
    /// After a login from a device and network from which the user had not logged in before.
    pub new_device: bool,
    /// When a review is requested of the user, and when one that the user requested is answered.
    pub reviews: bool,
}

/// The emails to turn on or off. Omitted ones stay as they are.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateNotifications {
    /// After a login from a device and network from which the user had not logged in before.
    #[serde(default, deserialize_with = "crate::base::http::json::present")]
    #[schema(nullable = false)]
    new_device: Option<bool>,
    /// When a review is requested of the user, and when one that the user requested is answered.
    #[serde(default, deserialize_with = "crate::base::http::json::present")]
    #[schema(nullable = false)]
    reviews: Option<bool>,
}

impl Notifications {
    /// What a user has chosen. Everything is on unless it was turned off.
    #[must_use]
    pub fn of(user: &UserRow) -> Self {
        let stored = user.notifications.clone().read(format_args!("users.notifications of {}", user.id));
        let is_on = |name: &str| stored.as_ref().and_then(|map| map.get(name)) != Some(&Value::Bool(false));
        Self { new_device: is_on("new_device"), reviews: is_on("reviews") }
    }

    /// The same with these changes.
    #[must_use]
    pub fn with(self, update: UpdateNotifications) -> Self {
        Self {
            new_device: update.new_device.unwrap_or(self.new_device),
            reviews: update.reviews.unwrap_or(self.reviews),
        }
    }

    /// What is stored: what is turned off.
    #[must_use]
    pub fn to_stored(self) -> Map<String, Value> {
        let all = [("new_device", self.new_device), ("reviews", self.reviews)];
        all.iter().filter(|(_, on)| !on).map(|(name, on)| ((*name).to_owned(), Value::Bool(*on))).collect()
    }
}
