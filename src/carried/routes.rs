//! What the routes of topics and authors do alike, written once for each by a macro as in `store.rs`. The handlers
//! that call it stay in `routes.rs` of their resource, because each carries its documentation.

use utoipa::IntoParams;

use super::Order;
use crate::base::http::fields::Field;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Fields, PageRequest};

/// What a list of topics or authors takes.
#[derive(Debug, Clone)]
pub struct List<F> {
    /// Which part of it.
    pub page: PageRequest,
    /// In which order.
    pub order: Order,
    /// What of each.
    pub fields: Fields<F>,
}

/// What one topic or author takes.
#[derive(Debug, Clone)]
pub struct Get<F> {
    /// What of it.
    pub fields: Fields<F>,
}

/// The order of a list, for its documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what List reads")]
pub struct OrderParams {
    /// In which order; by name if not given. Ties are broken by id.
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

/// Writes what the handlers of one of the two resources do, given the names of its parts: `answered` to readers,
/// `edited` to editors, and `changes`, which know how to `apply` themselves to a row.
macro_rules! carried_routes {
    (
        path: $path:literal, resource: $resource:ident, what: $what:literal, row: $Row:ident, id: $Id:ident, field: $Field:ident,
        answered: $Answered:ident, edited: $Edited:ident, changes: $Changes:ident,
    ) => {
        use actix_web::HttpRequest;
        use actix_web::web::Data;

        use crate::app::App;
        use crate::base::error::{Error, Result};
        use crate::base::http::{self, Answer, IdempotencyKey, Page};
        use crate::base::ids::UserId;
        use crate::base::ids::$Id;
        use crate::base::text::slug::Slug;
        use crate::carried::routes::{Get, List};
        use crate::carried::{self, Key, Place};
        use crate::$resource::store::{self, $Row};

        fn key(text: &str) -> Result<Key<$Id>> {
            Key::parse(text).ok_or(Error::NotFound($what))
        }

        async fn list(app: &App, req: &HttpRequest, list: List<$Field>) -> Result<Answer> {
            let of = ($what, list.order);
            let after: Option<Place<$Id>> = list.page.after(&of)?;
            let read = move |conn: &mut crate::base::db::Connection| {
                let mut rows = store::list(conn, list.order, after, list.page.limit + 1)?;
                let next_cursor = list
                    .page
                    .cut(&mut rows, &of, |row| list.order.place(&row.name, row.created_at, row.id))?;
                let total = list.page.include_total.then(|| store::count(conn)).transpose()?;
                let mut items: Vec<$Answered> = rows.into_iter().map(Into::into).collect();
                if list.fields.name($Field::ArticleCount) {
                    let ids: Vec<$Id> = items.iter().map(|item| item.id).collect();
                    let counts = store::count_articles(conn, &ids)?;
                    for item in &mut items {
                        item.article_count = Some(counts.get(&item.id).copied().unwrap_or(0));
                    }
                }
                let items = items.iter().map(|item| list.fields.choose(item)).collect::<Result<_>>()?;
                Ok(Page { items, next_cursor, total })
            };
            app.db.snapshot(read).await?.public(req)
        }

        async fn get(app: &App, req: &HttpRequest, named: &str, get: Get<$Field>) -> Result<Answer> {
            let key = key(named)?;
            let by_id = matches!(key, Key::Id(_));
            let read = move |conn: &mut crate::base::db::Connection| {
                let row = store::find(conn, &key)?.ok_or(Error::NotFound($what))?;
                if let Some(into) = row.merged_into {
                    return Ok(Err(store::find(conn, &Key::Id(into))?.ok_or(Error::NotFound($what))?));
                }
                let mut answered = $Answered::from(row);
                if get.fields.name($Field::ArticleCount) {
                    let counts = store::count_articles(conn, &[answered.id])?;
                    answered.article_count = Some(counts.get(&answered.id).copied().unwrap_or(0));
                }
                Ok(Ok(get.fields.choose(&answered)?))
            };
            Ok(match app.db.snapshot(read).await? {
                Ok(json) => Answer::public_json(&json)?,
                Err(into) if by_id => http::moved(req, $what, &into.id.to_string()),
                Err(into) => http::moved(req, $what, into.slug.as_str()),
            })
        }

        /// Makes one of that name, with the slug that was given or one made from the name.
        async fn create(
            app: &App,
            actor: UserId,
            (idempotency, fingerprint): (IdempotencyKey, [u8; 32]),
            name: String,
            slug: Option<Slug>,
            changes: $Changes,
        ) -> Result<Answer> {
            let work = move |tx: &mut crate::base::db::Tx<'_>, (): &()| {
                let now = tx.now();
                let given = slug.is_some();
                let slug = slug.clone().map_or_else(|| store::free_slug(tx, &name), Ok)?;
                let mut row = $Row::new(tx.new_id()?, slug, name.clone(), now);
                changes.apply(tx, &mut row)?;
                if given {
                    store::insert(tx, &row)?
                } else {
                    store::insert_free(tx, &row)?
                }
                Answer::created(format!("{}/{}", $path, row.id), &$Edited::from(row))
            };
            idempotency.once(actor, &fingerprint).answer(&app.db, async { Ok(()) }, work).await
        }

        /// Changes one; nothing is written when nothing differs.
        async fn update(app: &App, actor: UserId, named: &str, changes: $Changes) -> Result<Answer> {
            let key = key(named)?;
            let row = app
                .db
                .write_as(actor, move |tx| {
                    let old = store::find_to_change(tx, &key)?;
                    let mut row = old.clone();
                    changes.apply(tx, &mut row)?;
                    if row != old {
                        row.updated_at = tx.now();
                        let embedded = row.slug != old.slug || row.name != old.name;
                        store::update(tx, &row, embedded)?;
                    }
                    Ok(row)
                })
                .await?;
            Answer::ok(&$Edited::from(row))
        }

        async fn merge(
            app: &App,
            actor: UserId,
            (idempotency, fingerprint): (IdempotencyKey, [u8; 32]),
            named: &str,
            into: &str,
        ) -> Result<Answer> {
            let key = key(named)?;
            let into = Key::parse(into).ok_or_else(|| {
                Error::invalid("/into", concat!("unknown-", $what), "neither an id nor a slug")
            })?;
            let work = move |tx: &mut crate::base::db::Tx<'_>, (): &()| {
                Answer::ok(&$Edited::from(store::merge(tx, &key, &into)?))
            };
            idempotency.once(actor, &fingerprint).answer(&app.db, async { Ok(()) }, work).await
        }

        async fn remove(app: &App, actor: UserId, named: &str) -> Result<Answer> {
            let key = key(named)?;
            app.db.write_as(actor, move |tx| store::remove(tx, &key)).await?;
            Ok(Answer::no_content())
        }
    };
}

pub(crate) use carried_routes;
