//! Listing subscribers: filters, orders, and pages that continue at a position.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::consent::Status;
use super::profile::Line;
use super::store::SubscriberRow;
use crate::base::clock::Timestamp;
use crate::base::db::like::{containing, lower};
use crate::base::db::schema::{subscriber_labels, subscriber_topics, subscribers};
use crate::base::db::{Connection, MultiBackend};
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::page;
use crate::base::http::query::Params;
use crate::base::ids::{SubscriberId, TopicId};
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::terms;

/// Which subscribers are listed, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriberFilter {
    /// Any of these; empty means all.
    pub statuses: Vec<Status>,
    /// A part of the address or the name.
    pub q: Option<String>,
    /// Those who follow any of these topics, or what they were merged into.
    pub topics: Vec<Slug>,
    /// Those who have any of these labels.
    pub labels: Vec<String>,
    /// Those who signed up at any of these places.
    pub sources: Vec<String>,
    /// Updated then or later.
    pub updated_at_gte: Option<Timestamp>,
    /// The order.
    pub sort: Sort,
    /// Whether the order is reversed.
    pub descending: bool,
}

/// What the list is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// When they first signed up.
    #[default]
    CreatedAt,
    /// When they were last updated.
    UpdatedAt,
    /// The address as compared.
    Email,
}

/// Where a page ends: the sort key and the id of its last item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// In a list by time, in microseconds.
    At(i64, SubscriberId),
    /// In a list by address, which is unique.
    Key(String),
}

type Rows<'a> = subscribers::BoxedQuery<'a, MultiBackend>;

impl SubscriberFilter {
    /// Reads `status`, `q`, `topic`, `label`, `source`, `updated_at_gte` and `sort`.
    pub fn from_params(params: &mut Params) -> Self {
        let status =
            |name: &str| Status::parse(name).ok_or_else(|| validate::unknown("status", Status::texts()));
        let statuses = params.list("status", status);
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
            statuses,
            q: params.text("q").map(|q| q.trim().to_ascii_lowercase()).filter(|q| !q.is_empty()),
            topics: params.list("topic", Slug::parse),
            labels: params.list("label", |text| line("label", text)),
            sources: params.list("source", |text| line("source", text)),
            updated_at_gte: params.time("updated_at_gte"),
            sort,
            descending,
        }
    }

    fn rows(&self, conn: &mut Connection) -> Result<Rows<'_>> {
        let mut rows = subscribers::table.into_boxed::<MultiBackend>();
        if !self.statuses.is_empty() {
            rows = rows.filter(subscribers::status.eq_any(self.statuses.clone()));
        }
        if !self.topics.is_empty() {
            let topics = terms::slugs::find::<TopicId>(conn, &self.topics)?;
            rows = rows.filter(diesel::dsl::exists(
                subscriber_topics::table
                    .filter(subscriber_topics::subscriber_id.eq(subscribers::id))
                    .filter(subscriber_topics::topic_id.eq_any(topics.into_iter().flatten())),
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
            let pattern = containing(q);
            let in_name = subscribers::name
                .is_not_null()
                .assume_not_null()
                .and(lower(subscribers::name.assume_not_null()).like(pattern.clone()).escape('\\'));
            rows = rows.filter(subscribers::email_key.like(pattern).escape('\\').or(in_name));
        }
        Ok(rows)
    }
}

/// Lists up to `limit` subscribers after `after`. Malformed, if that is a position in another order.
pub fn list(
    conn: &mut Connection,
    filter: &SubscriberFilter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<SubscriberRow>> {
    let mut rows = filter.rows(conn)?.limit(limit);
    macro_rules! by_time {
        ($column:ident) => {{
            let position = match after {
                None => None,
                Some(Position::At(micros, id)) => {
                    Some((Timestamp::from_micros(micros).map_err(|_| foreign())?, id))
                }
                Some(Position::Key(_)) => return Err(foreign()),
            };
            let column = subscribers::$column;
            if let Some((at, id)) = position {
                // The first condition is the start in the index, the second excludes what was listed of the same moment.
                rows = if filter.descending {
                    rows.filter(column.le(at)).filter(column.lt(at).or(subscribers::id.lt(id)))
                } else {
                    rows.filter(column.ge(at)).filter(column.gt(at).or(subscribers::id.gt(id)))
                };
            }
            if filter.descending {
                rows.order((column.desc(), subscribers::id.desc()))
            } else {
                rows.order((column.asc(), subscribers::id.asc()))
            }
        }};
    }
    rows = match filter.sort {
        Sort::CreatedAt => by_time!(created_at),
        Sort::UpdatedAt => by_time!(updated_at),
        Sort::Email => {
            let key = match after {
                None => None,
                Some(Position::Key(key)) => Some(key),
                Some(Position::At(..)) => return Err(foreign()),
            };
            match (key, filter.descending) {
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

/// Counts subscribers.
pub fn count(conn: &mut Connection, filter: &SubscriberFilter) -> Result<i64> {
    Ok(filter.rows(conn)?.count().get_result(conn)?)
}

/// The position of a subscriber in the list.
#[must_use]
pub fn position(filter: &SubscriberFilter, row: &SubscriberRow) -> Position {
    match filter.sort {
        Sort::CreatedAt => Position::At(row.created_at.as_micros(), row.id),
        Sort::UpdatedAt => Position::At(row.updated_at.as_micros(), row.id),
        Sort::Email => Position::Key(row.email_key.clone()),
    }
}

fn line(noun: &str, text: &str) -> Result<String, Invalid> {
    Line::parse(noun, text).map(|line| line.as_str().to_owned())
}

fn foreign() -> Error {
    page::foreign_cursor()
}
