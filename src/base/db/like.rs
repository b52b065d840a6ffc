//! Finding a part of a text without the case of ASCII letters, alike on both engines.

use diesel::sql_types::Text;

diesel::define_sql_function! {
    /// Lower case, of ASCII letters.
    fn lower(text: Text) -> Text;
}

/// The pattern of texts that contain `part`, for `LIKE` with the escape character `\`. Compare it with texts in lower
/// case: [`lower()`].
#[must_use]
pub fn containing(part: &str) -> String {
    format!("%{}%", escaped(&part.to_ascii_lowercase()))
}

/// A text as a pattern that it alone matches, with the escape character `\`.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
