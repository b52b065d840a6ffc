//! What the handlers of topics and of authors share. The handlers themselves stand in `topics/routes/` and
//! `authors/routes/`, because each carries its documentation.

use actix_web::HttpRequest;
use serde::Serialize;
use utoipa::IntoParams;

use super::{IsTerm, Key, Order, Term, slugs, store};
use crate::app::App;
use crate::base::actor::Origin;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::http::fields::Field;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{self, Fields, IdempotencyKey, PageRequest, Response};
use crate::base::text::slug::Slug;

/// The public JSON form of a term.
pub trait PublicTerm: Serialize + 'static {
    /// The type of the id, which says whether it is a topic or an author.
    type Id: IsTerm;
    /// The fields.
    type Field: Field + Send + Sync;
    /// The field that needs a query of its own: the number of listed articles with the term.
    const ARTICLE_COUNT: Self::Field;

    /// Creates one; `article_count` is given if it was requested.
    fn new(term: Term<Self::Id>, article_count: Option<i64>) -> Self;
}

/// The query parameters of a list of terms.
#[derive(Debug, Clone)]
pub struct List<F> {
    page: PageRequest,
    order: Order,
    fields: Fields<F>,
}

/// The query parameters of one term.
#[derive(Debug, Clone)]
pub struct Get<F> {
    fields: Fields<F>,
}

/// The order of a list, for its documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what List reads")]
pub struct OrderParams {
    /// The order; by name if omitted. Ties are broken by id.
    #[param(inline, nullable = false)]
    sort: Option<Order>,
}

impl<F: Field> FromParams for List<F> {
    fn from_params(params: &mut Params) -> Self {
        Self {
            page: PageRequest::from_params(params),
            order: params.parsed("sort", Order::parse).unwrap_or_default(),
            fields: Fields::from_params(params),
        }
    }
}

impl<F: Field> FromParams for Get<F> {
    fn from_params(params: &mut Params) -> Self {
        Self { fields: Fields::from_params(params) }
    }
}

/// Reads what a path names a term by.
pub fn key<I: IsTerm>(text: &str) -> Result<Key<I>> {
    Key::parse(text).ok_or(Error::NotFound(I::KIND))
}

/// Lists the terms that are not merged.
pub async fn list<T: PublicTerm>(app: &App, req: &HttpRequest, list: List<T::Field>) -> Result<Response> {
    let List { page, order, fields } = list;
    let read = move |conn: &mut Connection| {
        let page = page.read(
            conn,
            &(T::Id::KIND, order),
            |conn, after, limit| store::list(conn, order, after, limit),
            |term| order.position(term),
            store::count::<T::Id>,
        )?;
        page.try_convert(|terms| {
            public::<T>(conn, terms, &fields)?.iter().map(|item| fields.choose(item)).collect()
        })
    };
    app.db.snapshot(read).await?.public(req)
}

/// Gets a term. If it was merged into another, or had the slug before, redirects.
pub async fn get<T: PublicTerm>(
    app: &App,
    req: &HttpRequest,
    named: &str,
    get: Get<T::Field>,
) -> Result<Response> {
    let key: Key<T::Id> = key(named)?;
    let by_id = matches!(key, Key::Id(_));
    let read = move |conn: &mut Connection| {
        let find = |conn: &mut Connection, key: &Key<T::Id>| {
            store::find(conn, key)?.ok_or(Error::NotFound(T::Id::KIND))
        };
        let term = find(conn, &key)?;
        if let Some(into) = term.merged_into {
            return Ok(Err(find(conn, &Key::Id(into))?));
        }
        if matches!(&key, Key::Slug(slug) if *slug != term.slug) {
            return Ok(Err(term));
        }
        let items = public::<T>(conn, vec![term], &get.fields)?;
        Ok(Ok(items.iter().map(|item| get.fields.choose(item)).collect::<Result<Vec<_>>>()?))
    };
    Ok(match app.db.snapshot(read).await? {
        Ok(found) => Response::public_json(found.first().ok_or(Error::NotFound(T::Id::KIND))?)?,
        Err(into) if by_id => http::moved(req, T::Id::KIND, &into.id.to_string()),
        Err(into) => http::moved(req, T::Id::KIND, into.slug.as_str()),
    })
}

fn public<T: PublicTerm>(
    conn: &mut Connection,
    terms: Vec<Term<T::Id>>,
    fields: &Fields<T::Field>,
) -> Result<Vec<T>> {
    if !fields.name(T::ARTICLE_COUNT) {
        return Ok(terms.into_iter().map(|term| T::new(term, None)).collect());
    }
    let ids: Vec<T::Id> = terms.iter().map(|term| term.id).collect();
    let counts = store::count_articles(conn, &ids)?;
    let with_count = |term: Term<T::Id>| {
        let count = counts.get(&term.id).copied().unwrap_or(0);
        T::new(term, Some(count))
    };
    Ok(terms.into_iter().map(with_count).collect())
}

/// Creates a term of that name, with the given slug or one derived from the name. `change` sets the details.
pub async fn create<I: IsTerm, T: Serialize + From<Term<I>> + 'static>(
    app: &App,
    origin: Origin,
    (idempotency, fingerprint): (IdempotencyKey, [u8; 32]),
    path: &'static str,
    (name, slug): (String, Option<Slug>),
    change: impl Fn(&mut Tx<'_>, &mut Term<I>) -> Result<()> + Send + 'static,
) -> Result<Response> {
    let work = move |tx: &mut Tx<'_>| {
        let now = tx.now();
        let given = slug.is_some();
        let slug = slug.clone().map_or_else(|| slugs::derive::<I>(tx, &name), Ok)?;
        let mut term = Term::new(tx.new_id()?, slug, name.clone(), now);
        change(tx, &mut term)?;
        if given {
            store::insert(tx, &term)?;
        } else {
            store::insert_free(tx, &term)?;
        }
        Response::created(format!("{path}/{}", term.id), &T::from(term))
    };
    idempotency.once(origin, &fingerprint).write(&app.db, work).await
}

/// Changes a term; nothing is written if nothing differs.
pub async fn update<I: IsTerm, T: Serialize + From<Term<I>> + 'static>(
    app: &App,
    origin: Origin,
    named: &str,
    change: impl Fn(&mut Tx<'_>, &mut Term<I>) -> Result<()> + Send + 'static,
) -> Result<Response> {
    let key = key(named)?;
    let term = app
        .db
        .write_as(origin, move |tx| {
            slugs::lock(tx)?;
            let old = store::find_to_change(tx, &key)?;
            let mut term = old.clone();
            change(tx, &mut term)?;
            if term != old {
                term.updated_at = tx.now();
                store::update(tx, &old, &term)?;
            }
            Ok(term)
        })
        .await?;
    Response::ok(&T::from(term))
}

/// Deletes a term.
pub async fn delete<I: IsTerm>(app: &App, origin: Origin, named: &str) -> Result<Response> {
    let key = key::<I>(named)?;
    app.db.write_as(origin, move |tx| store::remove(tx, &key)).await?;
    Ok(Response::no_content())
}

/// Merges a term into another.
pub async fn merge<I: IsTerm, T: Serialize + From<Term<I>> + 'static>(
    app: &App,
    origin: Origin,
    (idempotency, fingerprint): (IdempotencyKey, [u8; 32]),
    named: &str,
    into: &str,
) -> Result<Response> {
    let key = key::<I>(named)?;
    let into =
        Key::parse(into).ok_or_else(|| Error::invalid("/into", I::UNKNOWN, "Must be an id or a slug."))?;
    let work = move |tx: &mut Tx<'_>| Response::ok(&T::from(store::merge(tx, &key, &into)?));
    idempotency.once(origin, &fingerprint).write(&app.db, work).await
}
