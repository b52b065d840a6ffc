//! Site settings that editors change and frontends read: title, description, languages, navigation and free-form data.
//! The website's URL and the default language come from the server's configuration.

pub mod routes;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most entries in the navigation, and in each submenu.
pub const MAX_ENTRIES: usize = 50;
/// The most languages of a site.
pub const MAX_LOCALES: usize = 100;

/// An entry of the navigation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NavigationEntry {
    /// The label: one line.
    #[schema(min_length = 1, max_length = 100, example = "Sea")]
    pub label: String,
    /// The target: an http or https URL, or a path on the website.
    #[schema(min_length = 1, max_length = 2000, example = "/topics/sea")]
    pub url: String,
    /// The submenu.
    #[schema(max_items = 50)]
    pub items: Vec<NavigationLink>,
}

/// An entry of a submenu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NavigationLink {
    /// The label: one line.
    #[schema(min_length = 1, max_length = 100, example = "Tides")]
    pub label: String,
    /// The target: an http or https URL, or a path on the website.
    #[schema(min_length = 1, max_length = 2000, example = "/topics/tides")]
    pub url: String,
}
