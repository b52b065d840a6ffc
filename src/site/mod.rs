//! What a publication says of itself: what a frontend needs once, such as its name, its languages and its navigation.
//! Where the website is and which language is the default are settings.

pub mod routes;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most entries of a navigation, and the most below one of them.
pub const MOST_ENTRIES: usize = 50;
/// The most languages of a site.
pub const MOST_LOCALES: usize = 100;
/// The most characters of a title.
pub const MOST_TITLE: usize = 300;

/// An entry of the navigation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NavigationEntry {
    /// What it is called: one line.
    #[schema(min_length = 1, max_length = 100, example = "Sea")]
    pub label: String,
    /// Where it leads: http, https, or a path on the website.
    #[schema(min_length = 1, max_length = 2000, example = "/topics/sea")]
    pub url: String,
    /// What stands below it.
    #[schema(max_items = 50)]
    pub items: Vec<NavigationLink>,
}

/// An entry below an entry of the navigation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NavigationLink {
    /// What it is called: one line.
    #[schema(min_length = 1, max_length = 100, example = "Tides")]
    pub label: String,
    /// Where it leads: http, https, or a path on the website.
    #[schema(min_length = 1, max_length = 2000, example = "/topics/tides")]
    pub url: String,
}
