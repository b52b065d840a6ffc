//! `POST /v1/articles`.

use actix_web::web::Data;

use crate::app::App;
use crate::articles::checks::check_first_publication;
use crate::articles::edit::Editor;
use crate::articles::input::CreateArticle;
use crate::articles::markdown_document::{ParsedDocument, check_html_document, check_markdown_document};
use crate::articles::output::Draft;
use crate::articles::passages;
use crate::articles::section_input::check_all;
use crate::articles::tree;
use crate::articles::warnings::{Warning, warnings_after};
use crate::articles::write::{NewArticle, create};
use crate::auth::{Actor, WriteArticles};
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Invalid, Result, Violations};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{IdempotencyKey, Json, Response};
use crate::base::random::Random;
use crate::base::text::markdown::{Passage, Warning as Removed};
use crate::base::text::validate;

/// Create an article
///
/// Requires the right `articles:write`, which all roles have. Creates a draft owned by the caller, at version 1;
/// readers see nothing until it is published. The text is given as `intro` and `sections`, or as one whole
/// `markdown` or `html` document whose headings become sections. If `slug` is omitted, it is derived from the
/// title, with a number appended if another article has it. Topics and authors that do not exist are created if
/// the caller has the right to create them; otherwise the response is 422. `warnings` lists what sanitising will
/// remove, front matter that has no place (`front-matter-left-out`), and a date of publication in front matter that
/// cannot be read (`date-unreadable`), lies in the future (`published-at-in-future`) or is not the caller's to set
/// (`published-at-not-used`): it is not used, and the article stays a draft until it is published.
/// Text that could make more than 5,000,000 bytes of HTML is refused with 422 `rendering-too-large`: wide tables,
/// footnotes and long link definitions that are used often make much HTML.
#[utoipa::path(post, path = "/v1/articles", tag = "drafts", security(("bearer" = [])),
    params(IdempotencyKeyHeader),
    request_body = CreateArticle,
    responses(
        (status = 201, description = "The draft.", body = Draft,
         headers(("Location" = String, description = "The URL of the draft."), ("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-taken`: another article in this language has the slug. Choose another, or omit it. `translation-exists`: the article of the group in this language has the id in `id`."),
    ))]
pub async fn create_article(
    app: Data<App>,
    actor: Actor<WriteArticles>,
    key: IdempotencyKey,
    body: Json<CreateArticle>,
) -> Result<Response> {
    let once = key.once(actor.origin, &body.fingerprint);
    let (random, now, policy) = (app.random.clone(), app.clock.now(), app.policy());
    let prepare = app.compute.run(move || {
        let (new, removed) = prepare(body.value, actor, &random, now)?;
        let intro = new.metadata.intro.as_deref().map(Passage::from);
        let passages = intro.into_iter().chain(passages(&new.sections));
        let warnings = warnings_after(removed, passages, &policy)?;
        Ok((new, warnings))
    });
    let locale = app.config.site.locale.clone();
    let work = move |tx: &mut Tx<'_>, (new, warnings): &(NewArticle, Vec<Warning>)| {
        let draft = create(tx, &Editor { actor, locale: &locale }, new)?;
        let draft = Draft::new(tx, &actor, &draft, warnings.clone())?;
        Ok(Response::created(format!("/v1/articles/{}/draft", new.id), &draft)?.version(draft.version()))
    };
    once.respond(&app.db, prepare, work).await
}

/// Checks a new article and builds its sections. Returns it with what was removed from HTML or is wrong with the date in
/// its front matter.
fn prepare(
    body: CreateArticle,
    actor: Actor<WriteArticles>,
    random: &Random,
    now: Timestamp,
) -> Result<(NewArticle, Vec<Removed>)> {
    let mut violations = Violations::default();
    let metadata = body.change(&mut violations);
    let given = [
        body.sections.is_some() || matches!(body.intro, Some(Some(_))),
        body.markdown.is_some(),
        body.html.is_some(),
    ];
    if given.iter().filter(|given| **given).count() > 1 {
        let detail = "Only one may be given: `sections` with `intro`, or `markdown`, or `html`.";
        violations.take::<()>("", Err(Invalid::new("content-ambiguous", detail)));
    }
    if let Some(at) = body.published_at {
        violations.take("/published_at", check_first_publication(actor, at, now));
    }
    let (document, pointer) = match (&body.markdown, &body.html) {
        (Some(markdown), _) => (check_markdown_document(markdown, "/markdown"), "/markdown"),
        (_, Some(html)) => (check_html_document(html, "/html"), "/html"),
        _ => (Ok((ParsedDocument::default(), Violations::default())), ""),
    };
    // `None` for a document that cannot be read, which may or may not have a title.
    let document = violations.gather(document)?.map(|(document, found)| {
        violations.extend(found);
        document
    });
    if body.title.is_none() && document.as_ref().is_some_and(|document| document.metadata.title.is_none()) {
        violations.take::<()>("/title", Err(validate::missing("title")));
    }
    let document = document.unwrap_or_default();
    let sections = violations.gather(match body.sections {
        Some(inputs) => {
            let intro = metadata.intro.as_deref().unwrap_or_default();
            tree::build(intro, &check_all(inputs), &[], random, now)
        }
        None => document.new_sections(pointer, random, now),
    })?;
    violations.check()?;
    let published_at = document.published_at.filter(|at| check_first_publication(actor, *at, now).is_ok());
    let date = document.check_date_kept(published_at, now).filter(|_| body.published_at.is_none());
    let sections = sections.unwrap_or_default();
    let left_out = document.check_sections_kept(&sections);
    let new = NewArticle {
        id: random.id(now)?,
        metadata: metadata.or(document.metadata),
        sections,
        published_at: body.published_at.or(published_at),
    };
    let mut removed = document.warnings;
    removed.extend(date.into_iter().chain(left_out));
    Ok((new, removed))
}
