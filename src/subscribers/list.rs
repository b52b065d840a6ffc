//! The list as editors read it: filters, orders, and pages that go on from a place.

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};

use super::store::SubscriberRow;
use super::{Line, Status};
use crate::base::clock::Timestamp;
use crate::base::db::schema::{subscriber_labels, subscriber_topics, subscribers, terms};
use crate::base::db::{Connection, MultiBackend};
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::page;
use crate::base::http::query::Params;
use crate::base::ids::SubscriberId;
use crate::base::text::slug::Slug;
use crate::base::text::validate;

/// Which subscribers are wanted, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Any of these; empty means all.
    pub status: Vec<&'static str>,
    /// What stands in the address or the name.
    pub q: Option<String>,
    /// Those who chose any of these topics.
    pub topics: Vec<Slug>,
    /// Those who carry any of these labels.
    pub labels: Vec<String>,
    /// Those who signed up at any of these places.
    pub sources: Vec<String>,
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
    /// When anything of them last changed.
    UpdatedAt,
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
    /// Takes `status`, `q`, `topic`, `label`, `source`, `updated_at_gte` and `sort`.
    pub fn from_params(params: &mut Params) -> Self {
        let status = params.list("status", |name| {
            Status::parse(name)
                .map(Status::as_str)
                .ok_or_else(|| validate::unknown("status", Status::ALL.map(Status::as_str)))
        });
        let sort = params.parsed("sort", |text| {
            let known =
                [("created_at", Sort::CreatedAt), ("updated_at", Sort::UpdatedAt), ("email", Sort::Email)];
            match page::sort(text, &known)?.as_slice() {
                [one] => Ok(*one),
                _ => Err(validate::unknown("sort", ["created_at", "updated_at", "email"])),
            }
        });
        let (sort, descending) = sort.unwrap_or((Sort::CreatedAt, true));
        Self {
            status,
            q: params.text("q").map(|q| q.trim().to_ascii_lowercase()).filter(|q| !q.is_empty()),
            topics: params.list("topic", Slug::parse),
            labels: params.list("label", |text| line("label", text)),
            sources: params.list("source", |text| line("source", text)),
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
        if !self.topics.is_empty() {
            rows = rows.filter(diesel::dsl::exists(
                subscriber_topics::table
                    .inner_join(terms::table.on(terms::id.eq(subscriber_topics::topic_id)))
                    .filter(subscriber_topics::subscriber_id.eq(subscribers::id))
                    .filter(terms::slug.eq_any(&self.topics)),
            ));
        }
        if !self.labels.is_empty() {
            rows = rows.filter(diesel::dsl::exists(
                subscriber_labels::table
                    .filter(subscriber_labels::subscriber_id.eq(subscribers::id))
                    .filter(subscriber_labels::label.eq_any(&self.labels)),
            ));
        }
        if !self.sources.is_empty() {
            rows = rows.filter(subscribers::source.eq_any(&self.sources));
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
    macro_rules! by_time {
        ($column:ident) => {{
            let place = match after {
                None => None,
                Some(Place::At(micros, id)) => {
                    Some((Timestamp::from_micros(micros).map_err(|_| foreign())?, id))
                }
                Some(Place::Key(_)) => return Err(foreign()),
            };
            let column = subscribers::$column;
            if let Some((at, id)) = place {
                // The first condition says where in the index to begin, the second what of that moment is left.
                rows = if wanted.descending {
                    rows.filter(column.le(at)).filter(column.lt(at).or(subscribers::id.lt(id)))
                } else {
                    rows.filter(column.ge(at)).filter(column.gt(at).or(subscribers::id.gt(id)))
                };
            }
            if wanted.descending {
                rows.order((column.desc(), subscribers::id.desc()))
            } else {
                rows.order((column.asc(), subscribers::id.asc()))
            }
        }};
    }
    rows = match wanted.sort {
        Sort::CreatedAt => by_time!(created_at),
        Sort::UpdatedAt => by_time!(updated_at),
        Sort::Email => {
            let key = match after {
                None => None,
                Some(Place::Key(key)) => Some(key),
                Some(Place::At(..)) => return Err(foreign()),
            };
            match (key, wanted.descending) {
                (None, false) => rows.order(subscribers::email_key.asc()),
                (None, true) => rows.order(subscribers::email_key.desc()),
                (Some(key), false) => {
                    rows.filter(subscribers::email_key.gt(key)).order(subscribers::email_key.asc())
                }
                (Some(key), true) => {
                    rows.filter(subscribers::email_key.lt(key)).order(subscribers::email_key.desc())
                }
            }
        }
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
        Sort::UpdatedAt => Place::At(row.updated_at.as_micros(), row.id),
        Sort::Email => Place::Key(row.email_key.clone()),
    }
}

fn line(noun: &str, text: &str) -> Result<String, Invalid> {
    Line::parse(noun, text).map(|line| line.as_str().to_owned())
}

fn foreign() -> Error {
    page::foreign_cursor()
}
