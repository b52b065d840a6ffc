//! Redirects as web servers read them. Aliases are anybody's text: what could mean more than itself in a form is escaped
//! there or left out.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use utoipa::ToSchema;

/// The form of a file with rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleFormat {
    /// Netlify's `_redirects`, which other hosts read, too.
    Netlify,
    /// The inside of nginx's `map $uri $lede_redirect`.
    Nginx,
}

impl RuleFormat {
    /// What stands above the rules: how to use them.
    #[must_use]
    pub fn preamble(self) -> &'static str {
        match self {
            Self::Netlify => "# Old addresses, for the file _redirects.\n",
            Self::Nginx => {
                "# Old addresses, for nginx:\n\
                 # http {\n\
                 #     map_hash_bucket_size 1024;\n\
                 #     map_hash_max_size 65536;\n\
                 #     map $uri $lede_redirect { include this file; }\n\
                 #     server { if ($lede_redirect) { return 301 $lede_redirect; } }\n\
                 # }\n"
            }
        }
    }

    /// The rule that leads from a path to a URL, with its line end. `None` when this form cannot say it.
    #[must_use]
    pub fn rule(self, from: &str, to: &str) -> Option<String> {
        // A query is no part of what either compares.
        if from.contains('?') || to.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        match self {
            Self::Netlify => (!from.contains(['*', ':'])).then(|| format!("{from} {to} 301\n")),
            Self::Nginx => {
                let path = percent_decode_str(from).decode_utf8().ok()?;
                let path = path.trim_end_matches('/');
                let (from, to) = (quotable(path)?, quotable(&to.replace('$', "%24"))?);
                Some(format!("\"{from}\" \"{to}\";\n\"{from}/\" \"{to}\";\n"))
            }
        }
    }
}

/// A text as it stands between quotes.
fn quotable(text: &str) -> Option<String> {
    (!text.contains(char::is_control)).then(|| text.replace('\\', "\\\\").replace('"', "\\\""))
}
