//! What every write to a draft reads from its request, at once and in one place, so that no handler can forget to check
//! `If-Match`.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::article_in_path::ArticleInPath;
use crate::app::App;
use crate::articles::ArticleKey;
use crate::articles::draft::Draft;
use crate::articles::edit::{Editor, edit};
use crate::articles::output;
use crate::articles::scope::WriteScope;
use crate::articles::warnings::Warning;
use crate::auth::{Actor, Identity, WriteArticles};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::http::endpoint::Requires;
use crate::base::http::{IfMatch, Response};
use crate::base::ids::SectionId;
use crate::base::text::Locale;

/// A write to the draft of the article in the path.
#[derive(Debug, Clone)]
pub struct DraftWrite {
    /// The user.
    pub actor: Actor<WriteArticles>,
    article: ArticleKey,
    /// The value of `If-Match`. It is read inside the write: authentication and the replay of an idempotent request
    /// come before preconditions.
    if_match: Option<String>,
    /// The site's default language.
    locale: Locale,
}

impl Requires for DraftWrite {
    const RIGHT: Option<&'static str> = Actor::<WriteArticles>::RIGHT;
}

impl FromRequest for DraftWrite {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = req.app_data::<Data<App>>().cloned();
        let if_match = req.headers().get(header::IF_MATCH);
        let if_match = if_match.map(|value| value.to_str().unwrap_or_default().to_owned());
        let target = ArticleInPath::from_request(req, payload);
        Box::pin(async move {
            let app = app.ok_or_else(|| Error::internal("the application is missing"))?;
            let ArticleInPath { actor, article } = target.await?;
            Ok(Self { actor, article, if_match, locale: app.config.site.locale.clone() })
        })
    }
}

/// A write to the draft of the article in the path that replaces what its caller has read, with the request body `B`.
/// Without `If-Match` it fails with 428 before the body is read, because then it fails whatever is in the body.
#[derive(Debug)]
pub struct Replacing<B> {
    /// The write.
    pub write: DraftWrite,
    /// The request body.
    pub body: B,
}

impl<B> Requires for Replacing<B> {
    const RIGHT: Option<&'static str> = DraftWrite::RIGHT;
}

impl<B: FromRequest<Error = Error> + 'static> FromRequest for Replacing<B> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let write = DraftWrite::from_request(req, payload);
        let body = B::from_request(req, payload);
        Box::pin(async move {
            let write = write.await?;
            if write.if_match.is_none() {
                return Err(Error::PreconditionRequired);
            }
            Ok(Self { write, body: body.await? })
        })
    }
}

impl DraftWrite {
    /// Changes the draft, if nothing within `scope` has changed since the version in `If-Match`. `change` returns the
    /// sections that it moved.
    pub fn apply(
        &self,
        tx: &mut Tx<'_>,
        scope: &WriteScope,
        change: impl FnOnce(&mut Tx<'_>, &Editor<'_>, &mut Draft) -> Result<Vec<SectionId>>,
    ) -> Result<Draft> {
        let if_match = match (scope, &self.if_match) {
            (WriteScope::Nothing, _) => IfMatch::Any,
            (_, Some(value)) => IfMatch::parse(value)?,
            (_, None) => return Err(Error::PreconditionRequired),
        };
        let editor = Editor { actor: self.actor, locale: &self.locale };
        edit(tx, &editor, &self.article, if_match, scope, |tx, draft| change(tx, &editor, draft))
    }
}

/// The response with a draft, as `caller` sees it.
pub fn draft_response(
    conn: &mut Connection,
    caller: &Identity,
    draft: &Draft,
    warnings: Vec<Warning>,
) -> Result<Response> {
    let draft = output::Draft::new(conn, caller, draft, warnings)?;
    Ok(Response::ok(&draft)?.version(draft.version()))
}
