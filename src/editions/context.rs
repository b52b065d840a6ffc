//! Reading what a rendering embeds beside its revision.

use diesel::prelude::*;

use super::Translation;
use super::render::RenderContext;
use crate::articles::Content;
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::Connection;
use crate::base::db::schema::{renderings, translations};
use crate::base::error::Result;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::render_context::ServerSettings;
use crate::{render_context, terms};

/// The context to render a revision of an article in, and its epoch.
pub fn find(
    conn: &mut Connection,
    id: ArticleId,
    content: &Content,
    config: &Config,
) -> Result<(i64, RenderContext)> {
    let (epoch, settings) = render_context::store::find(conn, config)?;
    let own = translations::table.filter(translations::article_id.eq(id)).select(translations::group_id);
    let members = diesel::alias!(translations as members);
    let of_group = members.filter(members.field(translations::group_id).eq_any(own));
    let siblings: Vec<(ArticleId, Locale, Slug, String, Timestamp)> = renderings::table
        .filter(renderings::article_id.eq_any(of_group.select(members.field(translations::article_id))))
        .filter(renderings::article_id.ne(id))
        .order((renderings::locale, renderings::article_id))
        .select((
            renderings::article_id,
            renderings::locale,
            renderings::slug,
            renderings::title,
            renderings::published_at,
        ))
        .limit(100)
        .load(conn)?;
    let translations = siblings
        .into_iter()
        .map(|(id, locale, slug, title, published_at)| Translation {
            id,
            url: settings.render.website.article(&locale, &slug, published_at),
            locale,
            slug,
            title,
        })
        .collect();
    let (authors, topics) =
        terms::store::resolve_all(conn, &content.metadata.authors, &content.metadata.topics)?;
    let ServerSettings { render: settings, locale: default_locale, .. } = settings;
    Ok((epoch, RenderContext { settings, default_locale, authors, topics, translations }))
}
