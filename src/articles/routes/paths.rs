//! The parameters that paths of articles have in common.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::articles::{ArticleKey, ArticleRef, SectionRef};
use crate::base::http::query::{FromParams, Params};
use crate::base::ids::NoteId;
use crate::base::text::Locale;

/// Names an article.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ArticlePath {
    /// The id or the slug of the article.
    #[param(value_type = String, max_length = 120, example = "tides-and-harbours")]
    pub article: ArticleRef,
}

/// Names a section of an article.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SectionPath {
    /// The id or the slug of the article.
    #[param(value_type = String, max_length = 120)]
    pub article: ArticleRef,
    /// The id or the anchor of the section.
    #[param(value_type = String, max_length = 120)]
    pub section: SectionRef,
}

/// Names a note on an article.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct NotePath {
    /// The id or the slug of the article.
    #[param(value_type = String, max_length = 120)]
    pub article: ArticleRef,
    /// The id of the note.
    pub note: NoteId,
}

/// Names a revision of an article.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RevisionPath {
    /// The id or the slug of the article.
    #[param(value_type = String, max_length = 120)]
    pub article: ArticleRef,
    /// The version of the article that the edit made.
    #[param(minimum = 1, maximum = 2_147_483_647)]
    pub revision: i64,
}

/// The language of the slug in the path.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InLocale {
    /// The language of the slug in the path. Default: the site's.
    #[param(value_type = Option<Locale>)]
    pub locale: Option<Locale>,
}

impl FromParams for InLocale {
    fn from_params(params: &mut Params) -> Self {
        Self { locale: params.parsed("locale", Locale::parse) }
    }
}

impl InLocale {
    /// The article that the path names.
    #[must_use]
    pub fn key(self, app: &App, article: ArticleRef) -> ArticleKey {
        article.in_locale(self.locale.unwrap_or_else(|| app.config.site.locale.clone()))
    }
}
