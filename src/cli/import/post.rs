//! A document of an import: what it says, which article it belongs to, and how it is stored.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};

use super::files::{is_draft, name_and_date};
use crate::articles::draft::Draft;
use crate::articles::edit::{Editor, edit};
use crate::articles::markdown_document::{MAX_DOCUMENT, ParsedDocument, read_markdown};
use crate::articles::scope::WriteScope;
use crate::articles::write::{NewArticle, create, replace_by_document};
use crate::articles::{ArticleKey, ArticleRef, slugs, store};
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::http::IfMatch;
use crate::base::ids::ArticleId;
use crate::base::random::Random;
use crate::base::text::Locale;
use crate::base::text::front_matter::time_in;
use crate::base::text::markdown::Warning;
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::schedules::Plan;

/// What was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Outcome {
    Created,
    Updated,
    Skipped,
}

/// What was done with a file, and what else there is to say of it.
pub(in crate::cli) struct Done {
    pub outcome: Outcome,
    /// Why it is not published, although it might be.
    pub remark: Option<String>,
    /// When it is published, if not at once.
    pub publish_at: Option<Timestamp>,
    /// What of it was left out.
    pub warnings: Vec<String>,
}

/// A document that was read.
pub(super) struct Post {
    pub file: PathBuf,
    pub document: ParsedDocument,
    /// The article that it is, unless there is one already.
    pub new: NewArticle,
    pub locale: Locale,
    pub slug: Option<Slug>,
    /// What it is a translation of, if it says so.
    pub translation_of: Option<Option<ArticleRef>>,
    /// When it is to be published; `None` for at once.
    publish_at: Option<Timestamp>,
    /// When it is to be unpublished.
    unpublish_at: Option<Timestamp>,
    /// Why it is not published, although it might be.
    remark: Option<String>,
}

/// A post with the articles that its id and its slug name.
pub(super) struct Known {
    pub post: Arc<Post>,
    by_id: Option<ArticleId>,
    by_slug: Option<ArticleId>,
}

/// What was stored of a post.
pub(super) struct Stored {
    pub article: ArticleId,
    pub revision: i64,
    pub outcome: Outcome,
    /// What of it the article does not keep.
    pub warnings: Vec<Warning>,
}

impl Post {
    /// Parses a document. The name of its file provides a missing title, slug and date.
    pub(super) fn parse(
        file: PathBuf,
        text: &str,
        site: &Locale,
        random: &Random,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        if text.contains('\0') {
            bail!("U+0000 is not allowed in text");
        }
        let mut document = read_markdown(text, "")?;
        let (name, date) = name_and_date(&file);
        if document.published_at.is_none() && document.unreadable_date.is_none() {
            document.published_at = date;
        }
        document.draft |= is_draft(&file);
        let times = Times::of(&document, now);
        let metadata = &mut document.metadata;
        if metadata.title.is_none() {
            let title = validate::line("title", &name.replace(['-', '_'], " "), 300);
            metadata.title = Some(title.map_err(|invalid| anyhow!("as the title: {}", invalid.detail))?);
        }
        let slug = metadata.slug.get_or_insert_with(|| Some(slugs::from_title(&name))).clone();
        let translation_of = metadata.translation_of.take();
        let locale = metadata.locale.get_or_insert(None).clone().unwrap_or_else(|| site.clone());
        let new = NewArticle {
            // An unknown id is kept: the document comes from another installation.
            id: document.id.map_or_else(|| random.id(now), Ok)?,
            sections: document.new_sections("", random, now)?,
            metadata: document.metadata.clone(),
            published_at: document.published_at.filter(|at| *at <= now),
        };
        let (Times { publish_at, unpublish_at }, remark) = match times {
            Ok(times) => (times, None),
            Err(remark) => (Times::default(), Some(remark)),
        };
        Ok(Self { file, document, new, locale, slug, translation_of, publish_at, unpublish_at, remark })
    }

    /// Whether it is to be published at once: it is no draft, nothing is wrong with its dates, and none is in the future.
    pub(super) fn is_due(&self) -> bool {
        self.may_be_published() && self.publish_at.is_none()
    }

    /// What is to be scheduled for that revision of it.
    pub(super) fn plan(&self, revision: i64) -> Option<Plan> {
        let (publish, unpublish_at) = (self.publish_at.map(|at| (at, revision)), self.unpublish_at);
        let is_any = publish.is_some() || unpublish_at.is_some();
        (is_any && self.may_be_published()).then_some(Plan { publish, unpublish_at })
    }

    fn may_be_published(&self) -> bool {
        !self.document.draft && self.remark.is_none()
    }

    pub(super) fn done(&self, outcome: Outcome, warnings: Vec<Warning>) -> Done {
        let warnings = self.document.warnings.iter().cloned().chain(warnings);
        Done {
            outcome,
            remark: self.remark.clone(),
            publish_at: self.publish_at.filter(|_| self.may_be_published()),
            warnings: warnings.map(|one| one.detail).collect(),
        }
    }
}

/// The times in the future that front matter has.
#[derive(Default)]
struct Times {
    publish_at: Option<Timestamp>,
    unpublish_at: Option<Timestamp>,
}

impl Times {
    /// Reads `date`, `publishDate` and `expiryDate`. `Err` says why the document must not be published.
    fn of(document: &ParsedDocument, now: Timestamp) -> Result<Self, String> {
        let unreadable = document.unreadable_date.as_ref().and_then(|_| document.check_date(now));
        if let Some(warning) = unreadable {
            return Err(warning.detail);
        }
        let other = |name: &str| {
            let custom = document.metadata.custom.as_ref();
            let found = custom.and_then(|custom| time_in(custom, name)).transpose();
            found.map_err(|text| format!("{name} {text:?} cannot be read in one way only"))
        };
        let (published_at, publish_date, unpublish_at) =
            (document.published_at, other("publishDate")?, other("expiryDate")?);
        let publish_at = [published_at, publish_date].into_iter().flatten().filter(|at| *at > now).max();
        match unpublish_at {
            Some(at) if at <= now => Err(format!("it has expired at {at}")),
            Some(at) if publish_at.is_some_and(|publish_at| at <= publish_at) => {
                Err(format!("it expires at {at}, before its date"))
            }
            _ => Ok(Self { publish_at, unpublish_at }),
        }
    }
}

impl Known {
    /// Finds the articles that the id of a post, and its language and slug, name.
    pub(super) fn find(conn: &mut Connection, post: &Arc<Post>) -> Result<Self> {
        let by_id = post.document.id.map_or(Ok(None), |id| store::find(conn, id))?.map(|row| row.id);
        let slug = post.slug.as_ref();
        let by_slug = slug.map_or(Ok(None), |slug| slugs::find_draft(conn, &post.locale, slug))?;
        Ok(Self { post: post.clone(), by_id, by_slug })
    }

    /// The article that it belongs to: by id, or else by language and slug. A conflict if it has the id of one article and the
    /// slug of another, which would be overwritten.
    pub(super) fn article(&self) -> Result<Option<ArticleId>> {
        let is_other = |article: &ArticleId| self.post.document.id.is_some_and(|id| id != *article);
        if let (Some(id), Some(slug)) = (self.post.document.id, &self.post.slug)
            && let Some(other) = self.by_slug.filter(is_other)
        {
            let detail = format!(
                "its id is {id}, but its slug, {slug}, is that of the article {other}; change the slug or remove the id"
            );
            return Err(Error::conflict("slug-taken", detail));
        }
        Ok(self.by_id.or(self.by_slug))
    }

    /// Creates its article, or updates the one it belongs to.
    pub(super) fn store(&self, tx: &mut Tx<'_>, editor: &Editor<'_>) -> Result<Stored> {
        let Some(id) = self.article()? else {
            let draft = create(tx, editor, &self.post.new)?;
            return Ok(self.stored(&draft, Outcome::Created));
        };
        let mut before = 0;
        let (article, scope) = (ArticleKey::Id(id), WriteScope::Everything);
        let draft = edit(tx, editor, &article, IfMatch::Any, &scope, |tx, draft| {
            before = draft.row.version;
            replace_by_document(tx, editor, draft, &self.post.document)
        })?;
        let is_same = draft.row.version == before;
        Ok(self.stored(&draft, if is_same { Outcome::Skipped } else { Outcome::Updated }))
    }

    fn stored(&self, draft: &Draft, outcome: Outcome) -> Stored {
        let document = &self.post.document;
        // Whatever is wrong with the date itself is told of those that are to be published.
        let is_used = self.post.remark.is_none() && self.post.publish_at.is_none();
        let date = document.check_date_used(draft.row.published_at).filter(|_| is_used);
        let sections = document.check_sections_kept(&draft.content.sections);
        Stored {
            article: draft.row.id,
            revision: draft.row.revision,
            outcome,
            warnings: date.into_iter().chain(sections).collect(),
        }
    }
}

/// The text of a file, unless it is larger than a document may be.
pub(super) fn load(file: &Path) -> anyhow::Result<String> {
    let metadata = std::fs::metadata(file)?;
    if !metadata.is_file() {
        bail!("not a file");
    }
    if metadata.len() > MAX_DOCUMENT as u64 {
        bail!("larger than {MAX_DOCUMENT} bytes");
    }
    String::from_utf8(std::fs::read(file)?).context("not UTF-8")
}
