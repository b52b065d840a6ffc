//! The list as editors read it: filters, orders, and pages that go on from a place.

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};

use super::store::SubscriberRow;
use super::{Status, SubscriberId};
use crate::clock::Timestamp;
use crate::db::schema::subscribers;
use crate::db::{Connection, MultiBackend};
use crate::error::{Error, Result};
use crate::http::page;
use crate::http::query::Params;

/// Which subscribers are wanted, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Any of these; empty means all.
    pub status: Vec<&'static str>,
    /// What stands in the address or the name.
    pub q: Option<String>,
    /// Changed then or later.
    pub updated_at_gte: Option<Timestamp>,
    /// By what.
    pub sort: Sort,
    /// From the end.
    pub descending: bool,
}

/// By what the list is ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// When they signed up first.
    #[default]
    CreatedAt,
    /// The address as it is compared.
    Email,
}

/// The place where a page ends: what it is sorted by, and the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Of a list by time, in microseconds.
    At(i64, SubscriberId),
    /// Of a list by address, which no two share.
    Key(String),
}

diesel::define_sql_function! {
    /// Lower case, of ASCII letters.
    fn lower(text: Text) -> Text;
}

type Rows<'a> = subscribers::BoxedQuery<'a, MultiBackend>;

impl Wanted {
    /// Takes `status`, `q`, `updated_at_gte` and `sort`.
    pub fn from_params(params: &mut Params) -> Self {
        let status = params.list("status", |name| {
            Status::parse(name).map(Status::as_str).ok_or_else(|| {
                let names = Status::ALL.map(Status::as_str).join(", ");
                crate::error::Invalid::new("not-one-of", format!("any of {names}"))
            })
        });
        let sort = params.parsed("sort", |text| {
            match page::sort(text, &[("created_at", Sort::CreatedAt), ("email", Sort::Email)])?.as_slice() {
                [one] => Ok(*one),
                _ => Err(crate::error::Invalid::new("unknown-sort", "one of created_at and email")),
            }
        });
        let (sort, descending) = sort.unwrap_or((Sort::CreatedAt, true));
        Self {
            status,
            q: params.text("q").map(|q| q.trim().to_ascii_lowercase()).filter(|q| !q.is_empty()),
            updated_at_gte: params.time("updated_at_gte"),
            sort,
            descending,
        }
    }

    fn rows(&self) -> Rows<'_> {
        let mut rows = subscribers::table.into_boxed::<MultiBackend>();
        if !self.status.is_empty() {
            rows = rows.filter(subscribers::status.eq_any(self.status.clone()));
        }
        if let Some(at) = self.updated_at_gte {
            rows = rows.filter(subscribers::updated_at.ge(at));
        }
        if let Some(q) = &self.q {
            let pattern = format!("%{}%", q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            let in_name = subscribers::name
                .is_not_null()
                .assume_not_null()
                .and(lower(subscribers::name.assume_not_null()).like(pattern.clone()).escape('\\'));
            rows = rows.filter(subscribers::email_key.like(pattern).escape('\\').or(in_name));
        }
        rows
    }
}

/// Up to `limit` subscribers behind `after`.
///
/// # Errors
/// Malformed, for a place of another order.
pub fn list(
    conn: &mut Connection,
    wanted: &Wanted,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<SubscriberRow>> {
    let mut rows = wanted.rows().limit(limit);
    rows = match (wanted.sort, wanted.descending) {
        (Sort::CreatedAt, false) => rows.order((subscribers::created_at.asc(), subscribers::id.asc())),
        (Sort::CreatedAt, true) => rows.order((subscribers::created_at.desc(), subscribers::id.desc())),
        (Sort::Email, false) => rows.order(subscribers::email_key.asc()),
        (Sort::Email, true) => rows.order(subscribers::email_key.desc()),
    };
    rows = match (after, wanted.sort) {
        (None, _) => rows,
        (Some(Place::At(micros, id)), Sort::CreatedAt) => {
            let at = Timestamp::from_micros(micros).map_err(|_| foreign())?;
            let same = subscribers::created_at.eq(at);
            if wanted.descending {
                rows.filter(subscribers::created_at.lt(at).or(same.and(subscribers::id.lt(id))))
            } else {
                rows.filter(subscribers::created_at.gt(at).or(same.and(subscribers::id.gt(id))))
            }
        }
        (Some(Place::Key(key)), Sort::Email) if wanted.descending => {
            rows.filter(subscribers::email_key.lt(key))
        }
        (Some(Place::Key(key)), Sort::Email) => rows.filter(subscribers::email_key.gt(key)),
        _ => return Err(foreign()),
    };
    Ok(rows.load(conn)?)
}

/// How many there are.
///
/// # Errors
/// When the database refuses.
pub fn count(conn: &mut Connection, wanted: &Wanted) -> Result<i64> {
    Ok(wanted.rows().count().get_result(conn)?)
}

/// The place of a subscriber in the list.
#[must_use]
pub fn place(wanted: &Wanted, row: &SubscriberRow) -> Place {
    match wanted.sort {
        Sort::CreatedAt => Place::At(row.created_at.as_micros(), row.id),
        Sort::Email => Place::Key(row.email_key.clone()),
    }
}

fn foreign() -> Error {
    Error::parameter("cursor", "foreign-cursor", "not a cursor of this list with these filters")
}
