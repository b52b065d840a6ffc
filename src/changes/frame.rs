//! A change as it is sent to streams. It is made once, with all that filters need, and shared by all streams.

use actix_web::web::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::item::{ChangeItem, LIST};
use super::store::{self, ChangeRow, Place};
use crate::app::App;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::events::Change;
use crate::base::http::page;
use crate::base::ids::{SubjectId, TermId};
use crate::base::text::Locale;
use crate::editions::items;
use crate::editions::view::View;

/// A change as it is sent.
#[derive(Debug)]
pub struct Frame {
    /// Its position in the log.
    pub place: Place,
    /// What has changed.
    pub subject: SubjectId,
    /// How it has changed.
    pub change: Change,
    /// The newest event that can have changed which filters the subject matches.
    pub edited: i64,
    /// What filters look at; `None` if the subject is no article that is published now.
    pub article: Option<Labels>,
    /// The event.
    pub whole: Bytes,
    /// The event without its article, for those whose filters it does not match.
    pub bare: Bytes,
}

/// What filters look at of an article.
#[derive(Debug, Deserialize)]
pub struct Labels {
    /// Its language.
    pub locale: Locale,
    authors: Vec<Label>,
    topics: Vec<Label>,
}

#[derive(Debug, Deserialize)]
struct Label {
    id: TermId,
}

impl Labels {
    /// Its topics and authors.
    pub fn terms(&self) -> impl Iterator<Item = TermId> {
        self.topics.iter().chain(&self.authors).map(|label| label.id)
    }
}

/// Some changes, and up to which event there are no others.
#[derive(Debug)]
pub struct Frames {
    /// The changes, in the order of the log.
    pub frames: Vec<Frame>,
    /// The number of that event.
    pub to: i64,
}

/// Reads at most `limit` changes after the event of that number, and fewer if they have more than `max_bytes`. Articles are
/// sent as they are stored: if one is to be rendered again, that is another change, which comes later.
pub async fn read(app: &App, after: i64, limit: usize, max_bytes: usize) -> Result<Frames> {
    let newest = app.db.generation().number();
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = app.db.read(move |conn: &mut Connection| store::list(conn, after, wanted + 1)).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let live: Vec<_> = rows.iter().filter_map(|row| row.item.clone()).collect();
    let articles = items::select(app, &live, &View::default(), max_bytes).await?;
    app.compute.run(move || make(&rows, articles, has_more, (after, newest))).await
}

/// Ends before the first article that is not among `articles`.
fn make(
    rows: &[ChangeRow],
    articles: Vec<Option<Box<RawValue>>>,
    mut has_more: bool,
    (after, newest): (i64, i64),
) -> Result<Frames> {
    let mut articles = articles.into_iter();
    let mut frames: Vec<Frame> = Vec::with_capacity(rows.len());
    for row in rows {
        let article = match row.item.as_ref().map(|_| articles.next()) {
            None => None,
            Some(Some(article)) => article,
            Some(None) => {
                has_more = true;
                break;
            }
        };
        frames.push(Frame::new(row, article)?);
    }
    let last = frames.last().map_or(after, |frame| frame.place.number());
    // What was committed after `newest` was asked for may have been read, too.
    let to = if has_more { last } else { last.max(newest) };
    Ok(Frames { frames, to })
}

impl Frame {
    fn new(row: &ChangeRow, article: Option<Box<RawValue>>) -> Result<Self> {
        let labels = article.as_deref().map(|article| serde_json::from_str(article.get())).transpose()?;
        let place = row.place();
        let bare = event(place, &ChangeItem::new(row, None))?;
        let whole =
            if article.is_some() { event(place, &ChangeItem::new(row, article))? } else { bare.clone() };
        Ok(Self {
            place,
            subject: row.subject_id,
            change: row.change,
            edited: row.edited,
            article: labels,
            whole,
            bare,
        })
    }

    /// How many bytes it takes, about.
    #[must_use]
    pub fn size(&self) -> usize {
        self.whole.len() + self.bare.len()
    }
}

fn event(place: Place, item: &ChangeItem) -> Result<Bytes> {
    let text = format!("id: {}\ndata: {}\n\n", page::cursor(&place, &LIST)?, serde_json::to_string(item)?);
    Ok(text.into())
}
