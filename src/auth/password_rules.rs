//! What a new password must be like: long rather than complicated, none of those that everybody tries first, and nothing
//! that is known about the user (NIST SP 800-63B, section 3.1.1.2; OWASP ASVS 5, section 6.2).

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use crate::base::config::Config;
use crate::base::error::Invalid;

/// Those of the 10,000 most common passwords that have at least eight characters, in lower case, by the counts of the
/// password strength estimator zxcvbn.
const COMMON: &str = include_str!("common_passwords.txt");
/// The fewest characters of a password that is the only factor.
const MIN_ALONE: usize = 15;
/// The fewest characters of a password beside a second factor.
const MIN_WITH_SECOND_FACTOR: usize = 8;
/// The fewest different characters.
const MIN_DIFFERENT: usize = 5;
/// The fewest characters of a word that a password must not contain: shorter ones are parts of too many others.
const MIN_WORD: usize = 4;

/// The rules for the password of one user.
#[derive(Debug, Clone)]
pub struct PasswordRules {
    min_chars: usize,
    /// What the password must not contain, in lower case.
    context: Vec<String>,
}

impl PasswordRules {
    /// The rules for a user with this role, address and name, on a site with this title.
    #[must_use]
    pub fn new(config: &Config, title: &str, role: &str, email: &str, name: &str) -> Self {
        let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
        let words = [name, title].into_iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
        let context = [email, local, name, title].into_iter().chain(words).map(fold);
        Self {
            min_chars: min_chars(config, role),
            context: context.filter(|word| word.chars().count() >= MIN_WORD).collect(),
        }
    }

    /// Checks a password in Unicode's form NFKC.
    ///
    /// # Errors
    /// `password-too-short`, `password-too-simple`, `password-common`, `password-contains-context`.
    pub fn check(&self, password: &str) -> Result<(), Invalid> {
        if password.chars().count() < self.min_chars {
            let detail = format!("Must be at least {} characters.", self.min_chars);
            return Err(Invalid::new("password-too-short", detail));
        }
        if password.chars().collect::<BTreeSet<_>>().len() < MIN_DIFFERENT {
            let detail = format!("Must contain at least {MIN_DIFFERENT} different characters.");
            return Err(Invalid::new("password-too-simple", detail));
        }
        let folded = fold(password);
        let once = without_repetition(&folded);
        if COMMON.lines().any(|common| common == folded || common == once) {
            return Err(Invalid::new("password-common", "Must not be one of the most common passwords."));
        }
        if self.context.iter().any(|word| folded.contains(word.as_str())) {
            let detail =
                "Must not contain the email address, the name or the site's title, or a word of them.";
            return Err(Invalid::new("password-contains-context", detail));
        }
        Ok(())
    }
}

/// The fewest characters of the password of a user with this role.
#[must_use]
pub fn min_chars(config: &Config, role: &str) -> usize {
    if config.accounts.requires_second_factor(role) { MIN_WITH_SECOND_FACTOR } else { MIN_ALONE }
}

/// A text as it is compared.
fn fold(text: &str) -> String {
    text.trim().nfkc().flat_map(char::to_lowercase).collect()
}

/// The part that a text repeats, as in `passwordpassword`; the whole text if it repeats none.
fn without_repetition(text: &str) -> &str {
    let mut parts = (1..=text.len() / 2).filter_map(|length| text.get(..length));
    parts.find(|part| part.repeat(text.len() / part.len()) == *text).unwrap_or(text)
}
