//! Renders pages and emails. Templates contain no text: they refer to translations by key, as in
//! `t("unsubscribed.heading")`, with one file per language.
//!
//! All files are compiled in, and files in the operator's folder replace them. If there are any, everything is rendered once
//! at startup, so that a mistake stops the server instead of reaching a reader.

mod files;
mod languages;
pub mod samples;
mod translations;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value, context};

pub use translations::Language;

use crate::base::config::Config;
use crate::base::error::{Error, Result};
use crate::base::http::json::sha256;
use crate::base::text::{Locale, escape_html};
use files::Files;

/// The longest line in the plain text of an email, in characters, unless one word is longer.
const MAX_LINE_CHARS: usize = 72;

/// The templates and the translations.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    /// The translations by language tag in lower case.
    languages: BTreeMap<String, Language>,
    /// The language of the site, or English if there are no translations for it.
    default: Language,
    /// The variables that each template is rendered with.
    known: BTreeMap<&'static str, BTreeSet<String>>,
    policy: String,
}

/// The rendered parts of an email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedEmail {
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

impl Templates {
    /// Reads all files. If the folder replaces any, renders every page and email in every language once. An error is one
    /// line that names the setting and the file.
    pub fn open(config: &Config) -> Result<Self, String> {
        Self::read(config).map_err(|why| format!("LEDE_TEMPLATES: {why}"))
    }

    fn read(config: &Config) -> Result<Self, String> {
        let files = Files::read(config.mail.templates_dir.as_deref())?;
        let languages: BTreeMap<String, Language> = translations::read(&files)?
            .into_iter()
            .map(|one| (one.tag.as_str().to_ascii_lowercase(), Language::from(one)))
            .collect();
        let default = languages::nearest(&languages, config.site.locale.as_str())
            .or_else(|| languages.get("en").cloned())
            .ok_or("there are no English texts")?;
        let style = style(&files)?;
        let policy = policy(&style, &config.form_origins());
        let mut environment = environment();
        environment.add_global("site", config.site.title.as_str());
        environment.add_global("style", Value::from_safe_string(format!("<style>{style}</style>")));
        for (name, text) in files.templates() {
            environment
                .add_template_owned(name.to_owned(), text.to_owned())
                .map_err(|error| files.explain(name, &error))?;
        }
        let mut known: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        for (name, context) in samples::all() {
            known.entry(name).or_default().extend(members(&context));
        }
        let templates = Self { environment, languages, default, known, policy };
        if files.has_own() {
            templates.check(&files)?;
        }
        Ok(templates)
    }

    /// The available language nearest to `locale`: the same, one it is a variant of, a variant of it, or the site's
    /// language.
    #[must_use]
    pub fn nearest(&self, locale: &Locale) -> Language {
        languages::nearest(&self.languages, locale.as_str()).unwrap_or_else(|| self.default.clone())
    }

    /// The available language that an `Accept-Language` header prefers; `None` if none is acceptable.
    #[must_use]
    pub fn accepted(&self, header: &str) -> Option<Language> {
        languages::accepted(&self.languages, &self.default, header)
    }

    /// The language of the site, or English if there are no translations for it.
    #[must_use]
    pub fn site(&self) -> Language {
        self.default.clone()
    }

    /// A text without placeholders, in this language.
    pub fn translate(&self, language: &Language, key: &str) -> Result<String> {
        language.translate(key).map_err(|error| Error::internal(format!("a text: {error:#}")))
    }

    /// Renders a page. Besides `context`, every template gets the site's title, the style sheet and the language.
    pub fn page(&self, language: &Language, name: &'static str, context: Value) -> Result<String> {
        self.render(&language.function(), language, name, context)
            .map_err(|error| Error::internal(format!("a page: {error:#}")))
    }

    /// Renders an email from the templates `name.txt` and `name.html` and the text `name.subject`.
    pub fn email(&self, language: &Language, name: &str, context: &Value) -> Result<RenderedEmail> {
        self.compose(&language.function(), language, name, context)
            .map_err(|error| Error::internal(format!("an email: {error:#}")))
    }

    /// The Content-Security-Policy of pages: they load nothing, and only their own style sheet applies.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The Content-Security-Policy of a page that shows an article: it also loads images, sound and films, and frames of
    /// these hosts.
    #[must_use]
    pub fn policy_with_media(&self, frame_hosts: &[String]) -> String {
        let hosts = frame_hosts.iter().fold(String::new(), |all, host| all + " https://" + host);
        let frames = if hosts.is_empty() { " 'none'" } else { hosts.as_str() };
        format!("{}; img-src http: https:; media-src http: https:; frame-src{frames}", self.policy)
    }

    fn compose(
        &self,
        t: &Value,
        language: &Language,
        name: &str,
        context: &Value,
    ) -> Result<RenderedEmail, minijinja::Error> {
        let file = |extension: &str| format!("{name}.{extension}");
        let subject = format!("{{{{ t(\"{name}.subject\", site=site) }}}}");
        let subject = self.environment.render_named_str("subject.txt", &subject, context! { t => t })?;
        Ok(RenderedEmail {
            subject,
            text: self.render(t, language, &file("txt"), context.clone())?,
            html: self.render(t, language, &file("html"), context.clone())?,
        })
    }

    fn render(
        &self,
        t: &Value,
        language: &Language,
        name: &str,
        context: Value,
    ) -> Result<String, minijinja::Error> {
        debug_assert_eq!(
            self.known.get(name),
            Some(&members(&context)),
            "{name} is rendered with other variables at the start"
        );
        let tag = language.tag();
        self.environment.get_template(name)?.render(context! {
            t => t, language => tag, direction => languages::direction(tag), ..context
        })
    }

    /// Fails if a template uses a variable it is not given, or if a sample cannot be rendered.
    fn check(&self, files: &Files) -> Result<(), String> {
        let globals: BTreeSet<&str> =
            self.environment.globals().map(|(name, _)| name).chain(["t", "language", "direction"]).collect();
        for (name, template) in self.environment.templates() {
            let known = self.known.get(name);
            let is_known = |variable: &str| {
                globals.contains(variable) || known.is_some_and(|known| known.contains(variable))
            };
            let mut unknown: Vec<String> =
                template.undeclared_variables(false).into_iter().filter(|name| !is_known(name)).collect();
            unknown.sort_unstable();
            if let Some(variable) = unknown.first() {
                return Err(format!("{}: there is no variable called {variable}", files.place(name)));
            }
        }
        for language in self.languages.values() {
            self.render_samples(&language.function(), language)
                .map_err(|(name, error)| files.explain(name, &error))?;
        }
        Ok(())
    }

    /// Renders every sample in one language.
    fn render_samples(&self, t: &Value, language: &Language) -> Result<(), (&'static str, minijinja::Error)> {
        for (name, context) in samples::all() {
            self.render(t, language, name, context.clone()).map_err(|error| (name, error))?;
            if let Some(email) = name.strip_suffix(".txt") {
                self.compose(t, language, email, &context).map_err(|error| (name, error))?;
            }
        }
        Ok(())
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    environment.set_auto_escape_callback(|name| {
        if files::extension(name) == "html" { AutoEscape::Html } else { AutoEscape::None }
    });
    environment.set_formatter(write);
    environment.add_filter("wrap", |text: &str| wrap(text));
    environment
}

/// Writes a value. Escapes HTML without minijinja's additional escape of `/`, so that links stay readable.
fn write(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    let is_text = value.as_str().is_some() && !value.is_safe();
    if !is_text || *state.auto_escape() != AutoEscape::Html {
        return minijinja::escape_formatter(out, state, value);
    }
    let escaped = escape_html(value.as_str().unwrap_or_default()).replace('\'', "&#39;");
    Ok(out.write_str(&escaped)?)
}

/// Breaks lines of plain text at spaces.
fn wrap(text: &str) -> String {
    let mut wrapped = String::with_capacity(text.len() + 8);
    for (at, line) in text.lines().enumerate() {
        if at > 0 {
            wrapped.push('\n');
        }
        let mut length = 0;
        for word in line.split_whitespace() {
            let width = word.chars().count();
            if length > 0 && length + 1 + width > MAX_LINE_CHARS {
                wrapped.push('\n');
                length = 0;
            } else if length > 0 {
                wrapped.push(' ');
                length += 1;
            }
            wrapped.push_str(word);
            length += width;
        }
    }
    wrapped
}

/// The style sheet of pages, with normalized line breaks.
fn style(files: &Files) -> Result<String, String> {
    // Browsers normalize line breaks before they compare the style with the hash in the policy.
    let style = files.text("page.css").replace("\r\n", "\n").replace('\r', "\n");
    if style.to_ascii_lowercase().contains("</style") {
        return Err(format!("{}: a style sheet contains no </style", files.place("page.css")));
    }
    Ok(style)
}

/// The Content-Security-Policy of pages. A submitted form may redirect to `origins`.
fn policy(style: &str, origins: &[String]) -> String {
    let hash = BASE64_STANDARD.encode(sha256(style.as_bytes()));
    let form_targets = origins.iter().fold("'self'".to_owned(), |all, origin| all + " " + origin);
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action {form_targets}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// The names of the variables in a context.
fn members(context: &Value) -> BTreeSet<String> {
    context.try_iter().into_iter().flatten().map(|name| name.to_string()).collect()
}
