//! What an older release left in the database: renderings made by other rules.

use diesel::prelude::*;
use lede::base::db::Connection;
use lede::base::db::schema::{render_context, renderings};
use serde_json::{Value, json};

/// Makes renderings and the settings they were made with look older than this release, which finds so at its next
/// start.
pub fn made_everything(conn: &mut Connection) {
    diesel::update(renderings::table)
        .set(renderings::input_hash.eq(vec![0u8; 32]))
        .execute(conn)
        .expect("older renderings");
    let kept: String =
        render_context::table.select(render_context::settings).get_result(conn).expect("settings");
    let mut kept: Value = serde_json::from_str(&kept).expect("JSON");
    kept["version"] = json!(kept["version"].as_i64().expect("a number") - 1);
    diesel::update(render_context::table)
        .set(render_context::settings.eq(kept.to_string()))
        .execute(conn)
        .expect("older settings");
}
