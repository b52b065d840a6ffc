//! What is left in the database of somebody who was erased.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::server::Server;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    value: String,
}

/// The tables in which any of these texts stands, which are in lower case.
pub fn traces(server: &Server, texts: &[&str]) -> Vec<String> {
    let mut conn = server.database().connect();
    let mut load = |sql: String| diesel::sql_query(sql).load::<Found>(&mut conn).expect("rows");
    let tables = if server.is_embedded() {
        "SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    } else {
        "SELECT table_name::text AS value FROM information_schema.tables WHERE table_schema = 'public'"
    };
    // Binary values as text, too, byte by byte.
    let columns = |table: &str| {
        if server.is_embedded() {
            format!(
                "SELECT 'instr(lower(CAST(\"' || name || '\" AS text)), ' AS value FROM pragma_table_info('{table}')"
            )
        } else {
            format!(
                "SELECT 'strpos(lower(' || CASE data_type WHEN 'bytea' THEN 'encode(\"' || column_name || '\", ''escape'')' \
                 ELSE '\"' || column_name || '\"::text' END || '), ' AS value \
                 FROM information_schema.columns WHERE table_name = '{table}'"
            )
        }
    };
    let mut found = Vec::new();
    for Found { value: table } in load(tables.to_owned()) {
        for Found { value: column } in load(columns(&table)) {
            let is_in = |text: &&str| format!("{column}'{text}') > 0");
            let anywhere = texts.iter().map(is_in).collect::<Vec<_>>().join(" OR ");
            found.extend(load(format!("SELECT '{table}' AS value FROM \"{table}\" WHERE {anywhere}")));
        }
    }
    found.into_iter().map(|found| found.value).collect()
}
