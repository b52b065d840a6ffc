//! The template and translation files: those compiled in, and those in the operator's folder, which replace or
//! supplement them.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::path::{Path, PathBuf};

use crate::base::text::Locale;

/// The largest accepted file, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

macro_rules! embedded {
    ($($name:literal)*) => {
        /// The compiled-in files, by name.
        pub(super) const EMBEDDED: &[(&str, &str)] = &[$(($name, include_str!($name))),*];
    };
}

embedded! {
    "account_changed_email.html"
    "account_changed_email.txt"
    "button.html"
    "confirmation_email.html"
    "confirmation_email.txt"
    "de.toml"
    "email.html"
    "email_change_email.html"
    "email_change_email.txt"
    "email_change_requested_email.html"
    "email_change_requested_email.txt"
    "email_changed_email.html"
    "email_changed_email.txt"
    "embed.html"
    "embed_form.html"
    "en.toml"
    "errors.html"
    "home.html"
    "invitation_email.html"
    "invitation_email.txt"
    "message.html"
    "new_device_email.html"
    "new_device_email.txt"
    "page.css"
    "page.html"
    "password.html"
    "password_changed_email.html"
    "password_changed_email.txt"
    "password_request.html"
    "password_reset_email.html"
    "password_reset_email.txt"
    "preferences.html"
    "preview.html"
    "review_answer_email.html"
    "review_answer_email.txt"
    "review_request_email.html"
    "review_request_email.txt"
    "schedule_failed_email.html"
    "schedule_failed_email.txt"
    "subscribe.html"
    "test_email.html"
    "test_email.txt"
    "webhook_disabled_email.html"
    "webhook_disabled_email.txt"
    "welcome_email.html"
    "welcome_email.txt"
}

/// All files, by name.
#[derive(Debug, Default)]
pub(super) struct Files {
    folder: Option<PathBuf>,
    embedded: BTreeMap<&'static str, &'static str>,
    own: BTreeMap<String, String>,
}

/// A translation file: the texts of one language.
pub(super) struct TranslationFile<'a> {
    pub name: &'a str,
    pub text: &'a str,
    /// Whether the file is from the operator's folder.
    pub is_own: bool,
}

/// The extension of a file name; empty if there is none.
pub(super) fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

impl Files {
    /// Reads the operator's folder, if there is one. An error is one line that names the file.
    pub fn read(folder: Option<&Path>) -> Result<Self, String> {
        let embedded = EMBEDDED.iter().copied().collect();
        let mut files = Self { folder: folder.map(Path::to_path_buf), embedded, own: BTreeMap::new() };
        let Some(folder) = folder else { return Ok(files) };
        let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, error))? {
            let path = entry.map_err(|error| failed(folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Skips files of text editors and version control.
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            files.admit(&name).map_err(|why| format!("{}: {why}", path.display()))?;
            if std::fs::metadata(&path).map_err(|error| failed(&path, error))?.len() > MAX_BYTES {
                return Err(format!("{}: larger than a megabyte", path.display()));
            }
            let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
            files.own.insert(name, text);
        }
        Ok(files)
    }

    fn admit(&self, name: &str) -> Result<(), String> {
        if self.embedded.contains_key(name) {
            return Ok(());
        }
        let Some(tag) = name.strip_suffix(".toml") else {
            let names: Vec<&str> = self.embedded.keys().copied().collect();
            return Err(format!("there is no such template; there are {}", names.join(", ")));
        };
        match Locale::parse(tag) {
            Ok(locale) if locale.as_str() == tag => Ok(()),
            Ok(locale) => Err(format!("the file of that language is called {locale}.toml")),
            Err(_) => Err("a translation file is named by a language tag, such as de-AT.toml".to_owned()),
        }
    }

    /// Whether the folder has any file.
    pub fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// The content of a file, from the folder or compiled in.
    pub fn text(&self, name: &str) -> &str {
        let own = self.own.get(name).map(String::as_str);
        own.or_else(|| self.embedded.get(name).copied()).unwrap_or_default()
    }

    /// All templates, by name.
    pub fn templates(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let is_template = |name: &&&str| matches!(extension(name), "html" | "txt");
        self.embedded.keys().filter(is_template).map(|name| (*name, self.text(name)))
    }

    /// All translation files: those compiled in, then those in the folder.
    pub fn translations(&self) -> impl Iterator<Item = TranslationFile<'_>> {
        let embedded = self.embedded.iter().map(|(name, text)| (*name, *text, false));
        let own = self.own.iter().map(|(name, text)| (name.as_str(), text.as_str(), true));
        embedded
            .chain(own)
            .filter(|(name, ..)| extension(name) == "toml")
            .map(|(name, text, is_own)| TranslationFile { name, text, is_own })
    }

    /// The path of a file in the folder, or the name of a compiled-in file, for error messages.
    pub fn place(&self, name: &str) -> String {
        match &self.folder {
            Some(folder) if self.own.contains_key(name) => folder.join(name).display().to_string(),
            _ => name.to_owned(),
        }
    }

    /// Formats an error in a template as one line.
    pub fn explain(&self, name: &str, error: &minijinja::Error) -> String {
        // The innermost error has the position, because a template may extend another.
        let mut inner = error;
        while let Some(source) = inner.source().and_then(|source| source.downcast_ref::<minijinja::Error>()) {
            inner = source;
        }
        let what = match inner.detail() {
            Some(detail) => format!("{}: {detail}", inner.kind()),
            None => inner.kind().to_string(),
        };
        let line = inner.line().map(|line| format!(" line {line}:")).unwrap_or_default();
        let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}:{line} {what}", self.place(inner.name().unwrap_or(name)))
    }
}
