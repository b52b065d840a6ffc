//! The list of everything that is scheduled.

use diesel::prelude::*;
use utoipa::IntoParams;

use crate::articles::schedule::ScheduleRow;
use crate::articles::store::ArticleRow;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{articles, schedules};
use crate::base::db::{Connection, MultiBackend};
use crate::base::error::Result;
use crate::base::http::query::{FromParams, Params};
use crate::base::ids::{ScheduleId, UserId};

/// Which actions a list contains.
#[derive(Debug, Clone, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ScheduleFilter {
    /// Due at this time or later.
    #[param(value_type = Option<Timestamp>)]
    pub at_gte: Option<Timestamp>,
    /// Due before this time.
    #[param(value_type = Option<Timestamp>)]
    pub at_lt: Option<Timestamp>,
}

impl FromParams for ScheduleFilter {
    fn from_params(params: &mut Params) -> Self {
        Self { at_gte: params.time("at_gte"), at_lt: params.time("at_lt") }
    }
}

/// A position in the list: the time and the id of an action.
pub type Position = (Timestamp, ScheduleId);

#[diesel::dsl::auto_type]
fn with_articles() -> _ {
    schedules::table.inner_join(articles::table.on(articles::id.eq(schedules::article_id)))
}

type Matching<'a> = diesel::dsl::IntoBoxed<'a, with_articles, MultiBackend>;

fn matching(filter: &ScheduleFilter, owner: Option<UserId>) -> Matching<'static> {
    let mut query = with_articles().into_boxed();
    if let Some(owner) = owner {
        query = query.filter(articles::owner_id.eq(owner));
    }
    if let Some(at) = filter.at_gte {
        query = query.filter(schedules::at.ge(at));
    }
    if let Some(at) = filter.at_lt {
        query = query.filter(schedules::at.lt(at));
    }
    query
}

/// At most `limit` actions after a place, with their articles, in the order of their moments.
pub fn list(
    conn: &mut Connection,
    filter: &ScheduleFilter,
    owner: Option<UserId>,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<(ScheduleRow, ArticleRow)>> {
    let mut query = matching(filter, owner);
    if let Some((at, id)) = after {
        query = query.filter(schedules::at.gt(at).or(schedules::at.eq(at).and(schedules::id.gt(id))));
    }
    Ok(query
        .order((schedules::at, schedules::id))
        .limit(limit)
        .select((schedules::all_columns, articles::all_columns))
        .load(conn)?)
}

/// How many actions there are.
pub fn count(conn: &mut Connection, filter: &ScheduleFilter, owner: Option<UserId>) -> Result<i64> {
    Ok(matching(filter, owner).count().get_result(conn)?)
}
