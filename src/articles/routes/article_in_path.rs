//! The article in the path of a request with a token, read at once and in one place, so that no handler can forget to
//! resolve the slug in its language or to check the caller's right.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::{Data, Path};
use actix_web::{FromRequest, HttpRequest};

use super::paths::{ArticlePath, InLocale};
use crate::app::App;
use crate::articles::ArticleKey;
use crate::articles::draft::Draft;
use crate::articles::resolve::resolve_article;
use crate::articles::store::ArticleRow;
use crate::auth::{Actor, Permission, ReadDrafts};
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::Query;
use crate::base::http::endpoint::Requires;

/// The article in the path, and a user with the right `P`.
#[derive(Debug, Clone)]
pub struct ArticleInPath<P> {
    /// The user.
    pub actor: Actor<P>,
    /// The article.
    pub article: ArticleKey,
}

/// A read of the draft of the article in the path, or of its history.
pub type DraftRead = ArticleInPath<ReadDrafts>;

impl<P: Permission> Requires for ArticleInPath<P> {
    const RIGHT: Option<&'static str> = Actor::<P>::RIGHT;
}

impl<P: Permission> FromRequest for ArticleInPath<P> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = req.app_data::<Data<App>>().cloned();
        let actor = Actor::from_request(req, payload);
        let path = Path::<ArticlePath>::from_request(req, payload);
        let query = Query::<InLocale>::from_request(req, payload);
        Box::pin(async move {
            let app = app.ok_or_else(|| Error::internal("the application is missing"))?;
            let actor = actor.await?;
            let path = path.await.map_err(|_| Error::NotFound("page"))?.into_inner();
            let Query(locale) = query.await?;
            Ok(Self { actor, article: locale.key(&app, path.article) })
        })
    }
}

impl DraftRead {
    /// The article. Conflict `slug-moved`.
    pub fn row(&self, conn: &mut Connection) -> Result<ArticleRow> {
        resolve_article(conn, self.actor, &self.article)
    }

    /// Its draft. Conflict `slug-moved`.
    pub fn draft(&self, conn: &mut Connection) -> Result<Draft> {
        let row = self.row(conn)?;
        Draft::load(conn, row)
    }
}
