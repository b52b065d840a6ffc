//! Renders anew what has become stale.
use crate::app::App;
use crate::articles::ArticleId;
use crate::error::Result;

pub(crate) async fn run(_app: &App, _after: Option<ArticleId>) -> Result<()> {
    Ok(())
}
