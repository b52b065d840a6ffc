//! Text: what articles are made of, as pure functions. Nothing here does I/O or knows of HTTP or the database.
//!
//! [`front_matter`] and [`outline`] take a Markdown document apart and put it together again, [`markdown`]
//! renders its bodies, [`html`] brings foreign HTML in, [`absolute`] makes it fit to leave its page, [`slug`] names
//! things, [`excerpt`] measures them, and [`words`] are what they are searched by.
//! All of it takes hostile input: no panics, no unbounded recursion, no quadratic time.

pub mod absolute;
mod boundaries;
mod definitions;
pub mod email;
pub mod excerpt;
mod footnotes;
pub mod front_matter;
pub mod html;
mod inline;
mod locale;
pub mod markdown;
mod nesting;
pub mod outline;
mod plain;
mod raw_html;
pub mod sanitise;
pub mod slug;
mod tokens;
pub mod validate;
pub mod words;
mod writer;

pub use locale::Locale;
pub use tokens::escape as escape_html;
