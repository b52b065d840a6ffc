//! `POST /v1/articles/{article}/corrections`.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::correction::{CorrectMetadata, CorrectSection, Correction, NotInDraft};
use crate::articles::output;
use crate::articles::routes::article_in_path::ArticleInPath;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::articles::schedule::{self, Action};
use crate::articles::warnings::{MAX_WARNINGS, Warning, warnings};
use crate::auth::{Actor, PublishArticles, WriteArticles};
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::http::details::{ChangedKind, FieldName};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::json::present;
use crate::base::http::{IdempotencyKey, Json, Response};
use crate::base::ids::{ArticleId, IsId as _, SubjectId};
use crate::editions::correct::{Target, correct, prepare};

/// A correction of the live edition: new texts of its sections, and a change of its metadata.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectArticle {
    /// The number of the live edition, as it was read.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    edition: i64,
    /// The sections to correct. Default: none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<CorrectSection>>, max_items = 1000, nullable = false)]
    sections: Option<Vec<CorrectSection>>,
    /// The metadata to correct.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<CorrectMetadata>, nullable = false)]
    metadata: Option<Value>,
    /// Whether the correction is too small to count as an update: the article keeps its `updated_at`, and its place in the
    /// order of updates.
    #[serde(default)]
    minor: bool,
}

/// A corrected article.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorrectedArticle {
    #[serde(flatten)]
    draft: output::Draft,
    /// The number of the edition that is live now.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    edition: i64,
    /// What the draft does not have of the correction, because it has changed or removed the same part since it was
    /// published.
    #[schema(max_items = 1001)]
    not_in_draft: Vec<UncorrectedPart>,
}

/// A part of a draft that does not have a correction.
#[derive(Debug, Serialize, ToSchema)]
pub struct UncorrectedPart {
    /// `metadata`, which includes the intro, or `section`.
    kind: ChangedKind,
    /// The id of the section; for `metadata`, that of the article.
    #[schema(value_type = String, format = Uuid, min_length = 36, max_length = 36)]
    id: SubjectId,
    /// The names of the corrected fields that the draft has not taken over.
    #[schema(value_type = Vec<FieldName>, max_items = 100)]
    fields: Vec<&'static str>,
}

impl UncorrectedPart {
    fn all(article: ArticleId, NotInDraft { metadata, sections }: NotInDraft) -> Vec<Self> {
        let part = |kind, id, fields| Self { kind, id, fields };
        let of_article = SubjectId::from_uuid(article.uuid());
        let metadata = (!metadata.is_empty()).then(|| part(ChangedKind::Metadata, of_article, metadata));
        let sections = sections
            .into_iter()
            .map(|id| part(ChangedKind::Section, SubjectId::from_uuid(id.uuid()), vec!["body"]));
        metadata.into_iter().chain(sections).collect()
    }
}

/// The revision whose publication is scheduled, and when.
fn scheduled_revision(conn: &mut Connection, article: ArticleId) -> Result<Option<(i64, Timestamp)>> {
    let rows = schedule::find(conn, article)?;
    let publish = rows.into_iter().find(|row| row.action == Action::Publish);
    Ok(publish.and_then(|row| Some((row.revision?, row.at))))
}

/// Correct a published article
///
/// Requires the rights `articles:publish` and `articles:write`; authors have them for their own articles only, contributors
/// not at all. Publishes the live revision with new texts of sections and a change of metadata, and nothing else of the
/// draft. Succeeds only if `edition` is the live one; otherwise responds 409 `stale-edition`. Changes nothing if the live
/// edition has the texts already. Topics and authors must exist; `slug`, `locale` and `translation_of` are refused with 422
/// `field-unknown`. An article whose text could make more than 5,000,000 bytes of HTML is refused with 422
/// `rendering-too-large`.
///
/// Takes no `If-Match`. Each section, or field of the metadata, that the draft still has as it was live is corrected in the
/// draft, too; if the draft is ahead, as a revision of its own. The other changes are listed in `not_in_draft`.
///
/// What is scheduled stays. If a revision is scheduled to be published, which may not have the corrected text, `warnings`
/// has `scheduled-without-correction`.
#[utoipa::path(post, path = "/v1/articles/{article}/corrections", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
    request_body = CorrectArticle,
    responses(
        (status = 200, description = "Published. The draft.", body = CorrectedArticle, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`stale-edition`: read the article again. `slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first. `slug-taken` or `overtaken`: retry."),
    ))]
pub async fn correct_article(
    app: Data<App>,
    key: IdempotencyKey,
    write: ArticleInPath<PublishArticles>,
    body: Json<CorrectArticle>,
) -> Result<Response> {
    let once = key.once(write.actor.origin, &body.fingerprint);
    let ArticleInPath { actor, article } = write;
    // Unlike publishing, it changes texts.
    Actor::<WriteArticles>::new(actor.identity)?;
    let CorrectArticle { edition, sections, metadata, minor } = body.value;
    let target = Target { article, edition, minor };
    let (wanted, policy) = (target.clone(), app.policy());
    let prepared = async {
        let parse = move || {
            let correction =
                Correction::parse(sections.unwrap_or_default(), metadata.unwrap_or_else(|| json!({})));
            let warnings = warnings(correction.passages(), &policy)?;
            Ok((correction, warnings))
        };
        let (correction, warnings) = app.compute.run(parse).await?;
        Ok((prepare(&app, actor, wanted, correction).await?, warnings))
    };
    let work = move |tx: &mut Tx<'_>, (corrected, warnings): &(Option<_>, Vec<Warning>)| {
        let (draft, not_in_draft) = correct(tx, actor, &target, corrected.as_ref())?;
        let mut warnings = warnings.clone();
        if corrected.is_some()
            && let Some((revision, at)) = scheduled_revision(tx, draft.row.id)?
        {
            warnings.insert(0, Warning::scheduled_without_correction(revision, at));
            warnings.truncate(MAX_WARNINGS);
        }
        let corrected = CorrectedArticle {
            draft: output::Draft::new(tx, &actor, &draft, warnings)?,
            edition: draft.row.last_edition,
            not_in_draft: UncorrectedPart::all(draft.row.id, not_in_draft),
        };
        Ok(Response::ok(&corrected)?.version(draft.row.version))
    };
    once.respond(&app.db, prepared, work).await
}
