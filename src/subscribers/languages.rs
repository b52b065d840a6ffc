//! The languages that subscribers read, for what is written to them.

use diesel::prelude::*;

use super::ConfirmToken;
use crate::base::db::Connection;
use crate::base::db::schema::{confirmations, subscribers};
use crate::base::error::Result;
use crate::base::ids::SubscriberId;
use crate::base::text::Locale;

/// The language of that subscriber.
///
/// # Errors
/// When the database refuses.
pub fn of_subscriber(conn: &mut Connection, id: SubscriberId) -> Result<Option<Locale>> {
    let locale = subscribers::table.filter(subscribers::id.eq(id)).select(subscribers::locale);
    Ok(locale.get_result(conn).optional()?)
}

/// Whom the question with that token is for, and their language.
///
/// # Errors
/// When the database refuses.
pub fn of_question(conn: &mut Connection, token: &ConfirmToken) -> Result<Option<(SubscriberId, Locale)>> {
    let asked = confirmations::table
        .inner_join(subscribers::table.on(subscribers::id.eq(confirmations::subscriber_id)))
        .filter(confirmations::token_hash.eq(token.hash()))
        .select((subscribers::id, subscribers::locale));
    Ok(asked.get_result(conn).optional()?)
}
