//! No two live articles have the same address. Slugs differ within a language, so addresses can only be the same if two
//! articles of different languages have one slug: those are what the checks look at, under the current settings. Stored
//! addresses may be of earlier ones.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::base::clock::Timestamp;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::renderings;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::address::Address;
use crate::base::text::slug::Slug;
use crate::render_context::{self, Website};

/// What the address of a live article is made of.
type Live = (ArticleId, Locale, Slug, Timestamp);
const LIVE: (renderings::article_id, renderings::locale, renderings::slug, renderings::published_at) =
    (renderings::article_id, renderings::locale, renderings::slug, renderings::published_at);

/// Checks that no other live article has the address of `article`, which is live under it from now on. `website` is the one
/// it was rendered for. Conflict `address-taken`.
pub fn check_free(
    tx: &mut Tx<'_>,
    article: ArticleId,
    locale: &Locale,
    slug: &Slug,
    published_at: Timestamp,
    website: &Website,
) -> Result<()> {
    AdvisoryLock::Addresses.take(tx)?;
    let saved = render_context::store::saved(tx)?;
    let website = saved.as_ref().map_or(website, |settings| &settings.render.website);
    let own = Address::of_article(website, locale, slug, published_at);
    let others: Vec<Live> = renderings::table
        .filter(renderings::slug.eq(slug))
        .filter(renderings::article_id.ne(article))
        .order(renderings::locale)
        .select(LIVE)
        .load(&mut **tx)?;
    for (id, locale, slug, published_at) in others {
        let other = Address::of_article(website, &locale, &slug, published_at);
        if other.map(|other| other.key) == own.as_ref().map(|own| own.key.clone()) {
            let url = website.article(&locale, &slug, published_at);
            let detail = format!("The article {id} in {locale} is live at {url}. Choose another slug.");
            return Err(Error::conflict("address-taken", detail));
        }
    }
    Ok(())
}

/// Paths that more than one live article would have, each with those articles.
pub type Shared = BTreeMap<String, Vec<ArticleId>>;

/// The paths that more than one live article would have on this website.
pub fn find_shared(conn: &mut Connection, website: &Website) -> Result<Shared> {
    let others = diesel::alias!(renderings as others);
    let same_slug = others
        .filter(others.field(renderings::slug).eq(renderings::slug))
        .filter(others.field(renderings::article_id).ne(renderings::article_id));
    let live: Vec<Live> = renderings::table
        .filter(diesel::dsl::exists(same_slug))
        .order((renderings::published_at, renderings::article_id))
        .select(LIVE)
        .load(conn)?;
    let mut paths = Shared::new();
    for (id, locale, slug, published_at) in live {
        if let Some(address) = Address::of_article(website, &locale, &slug, published_at) {
            paths.entry(address.key).or_default().push(id);
        }
    }
    paths.retain(|_, articles| articles.len() > 1);
    Ok(paths)
}
