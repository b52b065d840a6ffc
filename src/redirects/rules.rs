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

#[cfg(test)]
mod tests {
    use super::super::Address;
    use super::*;

    /// The rule that an alias makes.
    fn rule(format: RuleFormat, alias: &str) -> Option<String> {
        format.rule(&Address::parse(alias)?.path, "https://website.example/tides")
    }

    #[test]
    fn a_path_becomes_a_rule() {
        for (alias, netlify, nginx) in [
            ("/2019/tides/", "/2019/tides", "/2019/tides"),
            ("/Marée.html", "/Mar%C3%A9e.html", "/Marée.html"),
            ("/a b", "/a%20b", "/a b"),
            ("/a;b{c}$d", "/a;b%7Bc%7D$d", "/a;b{c}$d"),
            ("/\"quoted\"", "/%22quoted%22", "/\\\"quoted\\\""),
            ("/a%5Cb", "/a%5Cb", "/a\\\\b"),
            ("/~^/.*", "", "/~^/.*"),
        ] {
            let to = "https://website.example/tides";
            let wanted = (!netlify.is_empty()).then(|| format!("{netlify} {to} 301\n"));
            assert_eq!(rule(RuleFormat::Netlify, alias), wanted, "{alias}");
            let wanted = format!("\"{nginx}\" \"{to}\";\n\"{nginx}/\" \"{to}\";\n");
            assert_eq!(rule(RuleFormat::Nginx, alias), Some(wanted), "{alias}");
        }
    }

    #[test]
    fn what_a_form_cannot_say_is_left_out() {
        for alias in ["/*", "/blog/*", "/:year/:month", "/talk:tides", "/?p=12", "/a?b"] {
            assert_eq!(rule(RuleFormat::Netlify, alias), None, "{alias}");
        }
        for alias in ["/?p=12", "/a%0A%22;%20return%20200", "/a%E9", "/a%7Fb"] {
            assert_eq!(rule(RuleFormat::Nginx, alias), None, "{alias}");
        }
        for format in [RuleFormat::Netlify, RuleFormat::Nginx] {
            for to in ["https://website.example/a b", "https://website.example/a\n/* /evil", "\u{7}"] {
                assert_eq!(format.rule("/a", to), None, "{to:?}");
            }
        }
    }

    #[test]
    fn whatever_an_alias_holds_it_makes_one_rule_of_its_own() {
        use proptest::prelude::*;
        proptest!(|(alias in "/[ -~\\n\\t\\\\\"%$é/]{0,40}")| {
            if let Some(line) = rule(RuleFormat::Netlify, &alias) {
                let words: Vec<&str> = line.split_whitespace().collect();
                prop_assert_eq!((words.len(), words[2], line.matches('\n').count()), (3, "301", 1));
            }
            if let Some(lines) = rule(RuleFormat::Nginx, &alias) {
                for line in lines.lines() {
                    // As nginx reads it: a backslash takes the next character along, a quote ends.
                    let mut ends = 0;
                    let mut chars = line.chars();
                    while let Some(c) = chars.next() {
                        match c {
                            '\\' => { chars.next(); }
                            '"' => ends += 1,
                            _ => {}
                        }
                    }
                    prop_assert_eq!(ends, 4, "{}", line);
                    prop_assert!(line.ends_with("\" \"https://website.example/tides\";"));
                }
                prop_assert_eq!(lines.lines().count(), 2);
            }
        });
    }
}
