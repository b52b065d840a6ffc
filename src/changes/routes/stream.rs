//! `/v1/changes/stream`: what changes for readers, as it happens.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use actix_web::web::Data;
use utoipa::IntoParams;

use crate::app::App;
use crate::base::error::Result;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{EventStream, Query, page};
use crate::changes::filter::StreamFilter;
use crate::changes::item::LIST;
use crate::changes::live::Live;
use crate::changes::store::{self, Place};
use crate::changes::stream::Changes;

/// What clients send that connect again: the `id` of the last event that they got.
static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Where a stream continues.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// `next_cursor` of a response of `GET /v1/changes`, or the `id` of an event. Without it, the stream starts with what
    /// changes from now on.
    #[param(value_type = Option<String>, min_length = 1, max_length = 4000, nullable = false)]
    cursor: Option<String>,
}

impl FromParams for From {
    fn from_params(params: &mut Params) -> Self {
        Self { cursor: params.text_within("cursor", page::MAX_CURSOR) }
    }
}

/// The header that browsers send, for the documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "tells the documentation what stream_changes reads")]
pub struct LastEventId {
    /// The `id` of the last event that the client got. It counts instead of `cursor`. `EventSource` sends it when it
    /// connects again.
    #[param(rename = "Last-Event-ID", nullable = false, min_length = 1, max_length = 4000)]
    last_event_id: Option<String>,
}

/// Stream changes
///
/// Needs no access token. Returns what `GET /v1/changes` lists as server-sent events, each within a second: `data` is a
/// change as there, `id` is the cursor after it. A client that connects again with that id, as `EventSource` in browsers
/// does, continues exactly after it; of what changed several times meanwhile, it gets the newest change once. After 15
/// seconds without an event, a comment is sent. The server ends streams when it stops, and connections whose client does not
/// read.
///
/// Filters choose among articles. A changed article that does not match is sent with `article: null`, because it may have
/// matched before: delete the copy then. Changes of topics, authors and the site are sent to everyone. If a topic or author
/// in a filter is merged or removed, read the list of articles again.
///
/// Responds with 503 if too many streams are open, `LEDE_STREAM_CONNECTIONS` in total or a quarter of that from one network.
#[utoipa::path(get, path = "/v1/changes/stream", tag = "articles", security(()), params(StreamFilter, From, LastEventId),
    responses((status = 200, description = "The events, each with a change as JSON in `data`.", body = String,
        content_type = "text/event-stream")))]
pub async fn stream_changes(
    app: Data<App>,
    live: Data<Live>,
    req: HttpRequest,
    Query((filter, from)): Query<(StreamFilter, From)>,
) -> Result<EventStream> {
    let place = live.enter(&app, &req)?;
    let given = match req.headers().get(&LAST_EVENT_ID) {
        Some(id) => Some(("Last-Event-ID", id.to_str().unwrap_or_default().to_owned())),
        None => from.cursor.map(|cursor| ("cursor", cursor)),
    };
    let at = start(&app, &live, given).await?;
    let mut filter = filter.chosen();
    if let Some(filter) = &mut filter {
        let _turn = live.turn().await?;
        filter.resolve(&app.db).await?;
    }
    Ok(EventStream::new(Changes::after(at, filter, app, live, place).events()?))
}

/// The position of a cursor, or the newest event. The database is asked only for positions that are not in memory: many
/// clients connect again at once.
async fn start(app: &App, live: &Live, given: Option<(&'static str, String)>) -> Result<Place> {
    let newest = *app.db.generation().watch().borrow();
    let newest = Place::new(newest.0, newest.1);
    let Some((parameter, cursor)) = given else { return Ok(newest) };
    let place = page::parse_cursor(&cursor, &LIST)?.ok_or_else(|| store::unknown(parameter))?;
    if place != newest && !live.watch().borrow().has(place) {
        let _turn = live.turn().await?;
        app.db.read_inline(move |conn| store::check(conn, place, parameter)).await?;
    }
    Ok(place)
}
