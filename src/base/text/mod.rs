//! Functions for Markdown, HTML, slugs, locales, email addresses and search words that do no I/O and know nothing of
//! HTTP; the only link to the database is that some types are diesel columns. All input is untrusted: a function here
//! must not panic, recurse without a bound or take quadratic time.

pub mod absolute;
pub mod address;
pub mod anchors;
mod boundaries;
pub mod dates;
mod definitions;
pub mod email;
pub mod excerpt;
mod footnotes;
pub mod front_matter;
pub mod html;
mod implied;
pub mod inline;
mod lines;
mod locale;
pub mod markdown;
mod markup;
mod nesting;
mod normal;
pub mod outline;
mod plain;
mod raw_html;
pub mod references;
pub mod sanitise;
pub mod size;
pub mod slug;
mod srcset;
pub mod steps;
mod suspicion;
mod tokens;
pub mod validate;
pub mod word_diff;
pub mod words;
mod writer;

pub use locale::Locale;
pub use tokens::escape as escape_html;
