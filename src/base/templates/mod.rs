//! What people read: pages and mails. A template is a layout without sentences; the sentences stand in one file a
//! language, and a template asks for them by name, as in `t("left.heading")`.
//!
//! Everything is compiled in, and a folder of the operator's may lay other files over it. All of it is read and tried at
//! the start, so that a mistake in it is told to the operator and never to a reader.

mod files;
mod languages;
pub mod samples;
mod translations;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value, context};

use crate::base::config::Config;
use crate::base::error::{Error, Result};
use crate::base::http::json::sha256;
use crate::base::text::{Locale, escape_html};
use files::Files;
use translations::Words;

/// How many characters a line of a mail's text has at most, unless one word is longer.
const MOST_IN_A_LINE: usize = 72;

/// The templates and the words, ready to be rendered.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    /// By tag, in lower case.
    languages: BTreeMap<String, Language>,
    /// What is written where nothing better is known.
    default: Language,
    /// The members of each template's context.
    known: BTreeMap<&'static str, BTreeSet<String>>,
    policy: String,
}

/// A language that there are words in.
#[derive(Clone)]
pub struct Language(Arc<Words>);

/// A mail's words, without the headers that are for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is about, in one line.
    pub subject: String,
    /// What it says, without markup.
    pub text: String,
    /// What it says, as HTML.
    pub html: String,
}

impl Language {
    /// Its tag, as in `de` or `pt-BR`.
    #[must_use]
    pub fn tag(&self) -> &str {
        self.0.tag.as_str()
    }

    /// What templates call `t`.
    fn words(&self) -> Value {
        let words = self.0.clone();
        Value::from_function(move |key: &str, given: Kwargs| words.say(key, |name| given.get(name).ok()))
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl Templates {
    /// Reads everything, and renders every page and mail in every language once.
    ///
    /// # Errors
    /// With one line for the operator that names the file.
    pub fn open(config: &Config) -> Result<Self, String> {
        let files = Files::read(config.mail.templates_dir.as_deref())?;
        let languages: BTreeMap<String, Language> = translations::read(&files)?
            .into_iter()
            .map(|words| (words.tag.as_str().to_ascii_lowercase(), Language(Arc::new(words))))
            .collect();
        let default = languages::nearest(&languages, config.site.locale.as_str())
            .or_else(|| languages.get("en").cloned())
            .ok_or("there are no English words")?;
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
        templates.check(&files)?;
        Ok(templates)
    }

    /// The language nearest to a person's own: that itself, one that it is a kind of, or the site's.
    #[must_use]
    pub fn nearest(&self, locale: &Locale) -> Language {
        languages::nearest(&self.languages, locale.as_str()).unwrap_or_else(|| self.default.clone())
    }

    /// The language that `Accept-Language` asks for, if there are words in any that it names.
    #[must_use]
    pub fn accepted(&self, header: &str) -> Option<Language> {
        languages::accepted(&self.languages, &self.default, header)
    }

    /// The site's language.
    #[must_use]
    pub fn site(&self) -> Language {
        self.default.clone()
    }

    /// A sentence by itself, without places.
    ///
    /// # Errors
    /// Internal, if there is none of that name.
    pub fn say(&self, language: &Language, key: &str) -> Result<String> {
        language.0.say(key, |_| None).map_err(|error| Error::internal(format!("words: {error:#}")))
    }

    /// A page. `context` is what it is about; every page knows the site and its own language.
    ///
    /// # Errors
    /// Internal, if it cannot be written.
    pub fn page(&self, language: &Language, name: &'static str, context: Value) -> Result<String> {
        self.render(&language.words(), language, name, context)
            .map_err(|error| Error::internal(format!("a page: {error:#}")))
    }

    /// What a mail says: `name.txt`, `name.html` and the sentence `name.subject`.
    ///
    /// # Errors
    /// Internal, if it cannot be written.
    pub fn letter(&self, language: &Language, name: &'static str, context: &Value) -> Result<Letter> {
        self.compose(&language.words(), language, name, context)
            .map_err(|error| Error::internal(format!("a mail: {error:#}")))
    }

    /// What a page may load: nothing, and no style but its own.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    fn compose(
        &self,
        t: &Value,
        language: &Language,
        name: &str,
        context: &Value,
    ) -> Result<Letter, minijinja::Error> {
        let file = |ending: &str| format!("{name}.{ending}");
        let subject = format!("{{{{ t(\"{name}.subject\", site=site) }}}}");
        let subject = self.environment.render_named_str("subject.txt", &subject, context! { t => t })?;
        Ok(Letter {
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
            "{name} is tried with other members"
        );
        let tag = language.tag();
        self.environment.get_template(name)?.render(context! {
            t => t, language => tag, direction => languages::direction(tag), ..context
        })
    }

    /// Looks for names that no template is given, and renders everything once.
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
                return Err(format!("{}: there is nothing called {variable}", files.place(name)));
            }
        }
        for language in self.languages.values() {
            self.try_out(&language.words(), language).map_err(|(name, error)| files.explain(name, &error))?;
        }
        Ok(())
    }

    /// Renders every sample.
    fn try_out(&self, t: &Value, language: &Language) -> Result<(), (&'static str, minijinja::Error)> {
        for (name, context) in samples::all() {
            self.render(t, language, name, context.clone()).map_err(|error| (name, error))?;
            if let Some(mail) = name.strip_suffix(".txt") {
                self.compose(t, language, mail, &context).map_err(|error| (name, error))?;
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
        if files::ending(name) == "html" { AutoEscape::Html } else { AutoEscape::None }
    });
    environment.set_formatter(write);
    environment.add_filter("wrap", |text: &str| wrap(text));
    environment
}

/// Writes a value. The usual escapes, and no others: links stay readable.
fn write(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    let is_text = value.as_str().is_some() && !value.is_safe();
    if !is_text || *state.auto_escape() != AutoEscape::Html {
        return minijinja::escape_formatter(out, state, value);
    }
    let escaped = escape_html(value.as_str().unwrap_or_default()).replace('\'', "&#39;");
    Ok(out.write_str(&escaped)?)
}

/// Breaks lines at blanks, for mails without markup.
fn wrap(text: &str) -> String {
    let mut wrapped = String::with_capacity(text.len() + 8);
    for (at, line) in text.lines().enumerate() {
        if at > 0 {
            wrapped.push('\n');
        }
        let mut length = 0;
        for word in line.split_whitespace() {
            let width = word.chars().count();
            if length > 0 && length + 1 + width > MOST_IN_A_LINE {
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

/// What the pages look like.
fn style(files: &Files) -> Result<String, String> {
    // Browsers hash what they have read, and they read each line break as one character.
    let style = files.text("page.css").replace("\r\n", "\n").replace('\r', "\n");
    if style.to_ascii_lowercase().contains("</style") {
        return Err(format!("{}: a style does not end itself", files.place("page.css")));
    }
    Ok(style)
}

/// What a page may do. `origins` are where a form that was sent here may lead.
fn policy(style: &str, origins: &[String]) -> String {
    let hash = BASE64_STANDARD.encode(sha256(style.as_bytes()));
    let leads_to = origins.iter().fold("'self'".to_owned(), |all, origin| all + " " + origin);
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action {leads_to}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// The names in a context.
fn members(context: &Value) -> BTreeSet<String> {
    context.try_iter().into_iter().flatten().map(|name| name.to_string()).collect()
}
