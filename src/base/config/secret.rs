//! The secret that seals the signing keys in the database, and the type of every value that must not be shown.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use super::parse;

/// The secret that seals the keys in the database.
#[derive(Debug, Clone, clap::Args)]
pub struct SecretConfig {
    /// The secret that encrypts the keys in the database: at least 32 characters. On SQLite it is generated at the
    /// first start and stored beside the database; on PostgreSQL it is required. Can also be read from the file in
    /// `LEDE_SECRET_FILE`.
    #[arg(id = "secret", long = "secret", env = "LEDE_SECRET", value_name = "SECRET", global = true, hide_env_values = true,
          value_parser = Secret::parse)]
    pub value: Option<Secret>,

    /// A file that holds the secret.
    #[arg(
        id = "secret_file",
        long = "secret-file",
        env = "LEDE_SECRET_FILE",
        value_name = "FILE",
        global = true
    )]
    pub file: Option<PathBuf>,

    /// The secret before the current one. The next start encrypts the keys in the database with the current one.
    #[arg(id = "secret_previous", long = "secret-previous", env = "LEDE_SECRET_PREVIOUS", value_name = "SECRET",
          global = true, hide_env_values = true, value_parser = Secret::parse)]
    pub previous: Option<Secret>,
}

impl SecretConfig {
    /// The secret, from the setting or its file; `None` if neither is set.
    ///
    /// # Errors
    /// The file cannot be read, or its secret is too weak.
    pub fn read(&self) -> Result<Option<Secret>, String> {
        match (&self.value, &self.file) {
            (Some(secret), _) => Ok(Some(secret.clone())),
            (None, Some(file)) => parse::file("LEDE_SECRET_FILE", file, Secret::parse).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// A value whose `Debug` form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret of at least 32 characters, at least eight of them different.
    ///
    /// # Errors
    /// It is too short or too simple.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let is_varied = text.chars().collect::<BTreeSet<_>>().len() >= 8;
        if text.chars().count() < 32 || !is_varied {
            return Err("must have at least 32 characters, at least eight of them different".into());
        }
        Ok(Self(text.to_owned()))
    }

    /// Any text, such as a URL that contains a password.
    #[must_use]
    pub fn opaque(text: String) -> Self {
        Self(text)
    }

    /// The value itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
