//! The manifest of an archive, its last part: what is in it, and the hash of each part.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::columns::Column;
use super::tables::{LEFT_OUT, TABLES, find};
use crate::base::clock::Timestamp;
use crate::base::db::migrate;
use crate::base::error::{Error, Result};

/// The name of the part.
pub const NAME: &str = "manifest.json";
/// The version of the form of archives. An archive of a newer one is refused.
const FORMAT: u32 = 1;

/// What is in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the form.
    pub format: u32,
    /// The version of Lede that made it.
    pub lede: String,
    /// The version of the schema: its newest migration.
    pub schema: String,
    /// When the snapshot was taken.
    pub created_at: Timestamp,
    /// The tables, in an order in which they can be restored.
    pub tables: Vec<Part>,
    /// The tables that are not in it, and why.
    pub left_out: BTreeMap<String, String>,
}

/// A table in an archive: a file of a JSON object per line, ordered by the primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The table.
    pub table: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// How many rows there are.
    pub rows: u64,
    /// The size of the file.
    pub bytes: u64,
    /// The SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

impl Part {
    /// The name of the file.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}.ndjson", self.table)
    }
}

impl Manifest {
    /// What an archive of this version holds, before anything was read.
    #[must_use]
    pub fn new(schema: String, created_at: Timestamp) -> Self {
        let part = |table: &super::tables::Table| Part {
            table: table.name.to_owned(),
            columns: (table.columns)(),
            rows: 0,
            bytes: 0,
            sha256: String::new(),
        };
        Self {
            format: FORMAT,
            lede: env!("CARGO_PKG_VERSION").to_owned(),
            schema,
            created_at,
            tables: TABLES.iter().map(part).collect(),
            left_out: LEFT_OUT.iter().map(|(name, why)| ((*name).to_owned(), (*why).to_owned())).collect(),
        }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// Unavailable, with a sentence: it is none, or that of a newer version.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
            #[serde(default)]
            lede: String,
        }
        let unreadable = |e: serde_json::Error| Error::unavailable(format!("its {NAME} cannot be read: {e}"));
        let Version { format, lede } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if format > FORMAT {
            return Err(newer(&lede));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(unreadable)?;
        if !migrate::knows(&manifest.schema)? {
            return Err(newer(&manifest.lede));
        }
        let names = manifest.tables.iter().flat_map(|part| {
            std::iter::once(&part.table).chain(part.columns.iter().map(|column| &column.name))
        });
        let is_name = |name: &String| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if manifest.tables.iter().any(|part| find(&part.table).is_none()) || !names.into_iter().all(is_name) {
            return Err(Error::unavailable(format!("its {NAME} names no tables and columns of Lede")));
        }
        Ok(manifest)
    }

    /// How many rows a table has.
    #[must_use]
    pub fn rows(&self, table: &str) -> u64 {
        self.tables.iter().find(|part| part.table == table).map_or(0, |part| part.rows)
    }
}

fn newer(lede: &str) -> Error {
    Error::unavailable(format!(
        "it was made by a newer version of Lede, {}, and this is {}; restore it with that version or a newer one",
        lede.escape_debug(),
        env!("CARGO_PKG_VERSION")
    ))
}
