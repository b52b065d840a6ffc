//! Text: what articles are made of, as pure functions. Nothing here does I/O or knows of HTTP or the database.
//!
//! [`front_matter`] and [`outline`] take a Markdown document apart and put it together again, [`markdown`]
//! renders its bodies, [`html`] brings foreign HTML in, [`slug`] names things and [`excerpt`] measures them.
//! All of it takes hostile input: no panics, no unbounded recursion, no quadratic time.

mod boundaries;
mod definitions;
pub mod excerpt;
mod footnotes;
pub mod front_matter;
pub mod html;
mod locale;
pub mod markdown;
mod nesting;
pub mod outline;
mod plain;
mod raw_html;
mod sanitise;
pub mod slug;
mod tokens;
mod writer;

pub use locale::Locale;
