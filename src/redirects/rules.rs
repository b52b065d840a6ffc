//! Writes redirects as rules for web servers. Aliases are free text: characters that are special in a format are
//! escaped, or the rule is left out.

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
    /// The comment above the rules, which explains how to use them.
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
                 #     server {\n\
                 #         if ($lede_redirect = 410) { return 410; }\n\
                 #         if ($lede_redirect ~ \"^302 (.*)\") { return 302 $1; }\n\
                 #         if ($lede_redirect) { return 301 $lede_redirect; }\n\
                 #     }\n\
                 # }\n"
            }
        }
    }

    /// The rule for one redirect, with its line break. `None` if the format cannot express it, as that of Netlify cannot
    /// say that something is gone. `to` is `None` with the status 410.
    #[must_use]
    pub fn rule(self, from: &str, to: Option<&str>, status: i64) -> Option<String> {
        let to = to.unwrap_or_default();
        // Both formats match only the path, without the query.
        if from.contains('?') || to.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        match self {
            Self::Netlify => {
                let can_say = !to.is_empty() && !from.contains(['*', ':']);
                can_say.then(|| format!("{from} {to} {status}\n"))
            }
            Self::Nginx => {
                let path = percent_decode_str(from).decode_utf8().ok()?;
                let path = path.trim_end_matches('/');
                let to = match status {
                    410 => "410".to_owned(),
                    302 => format!("302 {to}"),
                    _ => to.to_owned(),
                };
                let (from, to) = (quotable(path)?, quotable(&to.replace('$', "%24"))?);
                Some(format!("\"{from}\" \"{to}\";\n\"{from}/\" \"{to}\";\n"))
            }
        }
    }
}

/// Escapes text for double quotes in nginx. `None` if it contains control characters.
fn quotable(text: &str) -> Option<String> {
    (!text.contains(char::is_control)).then(|| text.replace('\\', "\\\\").replace('"', "\\\""))
}
