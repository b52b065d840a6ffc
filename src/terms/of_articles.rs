//! The terms that articles carry: those of drafts, and those that live articles are found by.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{ArticleTerms, IsTerm, store};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{article_terms, rendering_terms, terms};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::{ArticleId, AuthorId, TermId, TopicId};
use crate::base::text::slug::Slug;

/// Finds the terms of a draft.
pub fn find(conn: &mut Connection, article: ArticleId) -> Result<ArticleTerms> {
    let found: Vec<(String, TermId)> = article_terms::table
        .inner_join(terms::table.on(terms::id.eq(article_terms::term_id)))
        .filter(article_terms::article_id.eq(article))
        .order(article_terms::position)
        .select((terms::kind, terms::id))
        .load(conn)?;
    Ok(ArticleTerms { authors: of_kind(&found), topics: of_kind(&found) })
}

/// Finds the authors of the drafts of these articles, in the order of the articles.
pub fn find_authors(conn: &mut Connection, articles: &[ArticleId]) -> Result<Vec<Vec<AuthorId>>> {
    let rows: Vec<(ArticleId, TermId)> = article_terms::table
        .inner_join(terms::table.on(terms::id.eq(article_terms::term_id)))
        .filter(article_terms::article_id.eq_any(articles))
        .filter(terms::kind.eq(AuthorId::KIND))
        .order(article_terms::position)
        .select((article_terms::article_id, terms::id))
        .load(conn)?;
    let of = |article: &ArticleId| {
        rows.iter().filter(|(owner, _)| owner == article).map(|(_, id)| AuthorId::of(*id)).collect()
    };
    Ok(articles.iter().map(of).collect())
}

/// The authors and topics of drafts, as lists embed them.
pub type Embedded = (Vec<<AuthorId as IsTerm>::Ref>, Vec<<TopicId as IsTerm>::Ref>);

/// How lists embed the terms of these drafts; drafts without any are left out.
pub fn find_embedded(conn: &mut Connection, articles: &[ArticleId]) -> Result<HashMap<ArticleId, Embedded>> {
    let found: Vec<(ArticleId, String, TermId, Slug, String)> = article_terms::table
        .inner_join(terms::table.on(terms::id.eq(article_terms::term_id)))
        .filter(article_terms::article_id.eq_any(articles))
        .order((article_terms::article_id, article_terms::position))
        .select((article_terms::article_id, terms::kind, terms::id, terms::slug, terms::name))
        .load(conn)?;
    let mut embedded: HashMap<ArticleId, Embedded> = HashMap::new();
    for (article, kind, id, slug, name) in found {
        let (authors, topics) = embedded.entry(article).or_default();
        if kind == AuthorId::KIND {
            authors.push(AuthorId::of(id).embedded(slug, name));
        } else {
            topics.push(TopicId::of(id).embedded(slug, name));
        }
    }
    Ok(embedded)
}

fn of_kind<I: IsTerm>(found: &[(String, TermId)]) -> Vec<I> {
    found.iter().filter(|(kind, _)| kind == I::KIND).map(|(_, id)| I::of(*id)).collect()
}

/// Replaces the terms of a draft with those of the given ones that still exist, and returns these.
pub fn set(
    tx: &mut Tx<'_>,
    article: ArticleId,
    authors: &[AuthorId],
    topics: &[TopicId],
) -> Result<ArticleTerms> {
    diesel::delete(article_terms::table.filter(article_terms::article_id.eq(article))).execute(&mut **tx)?;
    add(tx, article, authors, topics)
}

/// Adds those of the given terms that still exist to a draft without any, and returns these.
pub fn add(
    tx: &mut Tx<'_>,
    article: ArticleId,
    authors: &[AuthorId],
    topics: &[TopicId],
) -> Result<ArticleTerms> {
    let held = store::hold_all(tx, authors, topics)?;
    let row = |(position, term): (i64, TermId)| {
        (
            article_terms::article_id.eq(article),
            article_terms::term_id.eq(term),
            article_terms::position.eq(position),
        )
    };
    let rows: Vec<_> = (0i64..).zip(held.all()).map(row).collect();
    crate::insert_rows!(&mut **tx, article_terms::table, rows)?;
    Ok(held)
}

/// Stores the terms that a live article is found by, and when it was first published; none, if it is not listed.
pub fn set_found_by(
    tx: &mut Tx<'_>,
    article: ArticleId,
    published_at: Timestamp,
    terms: impl Iterator<Item = TermId>,
) -> Result<()> {
    let own = rendering_terms::table.filter(rendering_terms::article_id.eq(article));
    diesel::delete(own).execute(&mut **tx)?;
    let row = |term: TermId| {
        (
            rendering_terms::term_id.eq(term),
            rendering_terms::published_at.eq(published_at),
            rendering_terms::article_id.eq(article),
        )
    };
    let rows: Vec<_> = terms.map(row).collect();
    Ok(crate::insert_rows!(&mut **tx, rendering_terms::table, rows)?)
}
