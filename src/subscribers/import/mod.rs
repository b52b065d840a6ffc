//! Importing lists: a CSV file becomes subscribers, and nobody is mailed who does not want it.
//!
//! A file is received in parts and stored until it is read (`upload.rs`), so that memory stays flat and an accepted
//! file survives a crash. A job (`job.rs`) reads some rows at a time (`reader.rs`), parses what they state about a
//! person (`columns.rs`, `headers.rs`, `stated.rs`, `vocabulary.rs`, `person.rs`), plans what that changes (`plan.rs`)
//! and applies it in one write together with the position of the next rows (`apply.rs`, `store.rs`, `report.rs`): when
//! it is killed, nothing is lost or done twice.
//!
//! Three rules hold. What is known here takes precedence: a file fills in what is missing, and nobody who
//! unsubscribed, bounced or complained is subscribed again. A row that cannot be imported is reported and affects no
//! other. And what is stored of an import after it has finished names no person: lines, codes and ids.

mod apply;
pub mod cells;
pub mod columns;
mod dry_run;
mod endings;
pub mod fold;
pub mod format;
mod headers;
mod job;
pub mod meaning;
mod names;
mod parts;
pub mod person;
mod plan;
pub mod purge;
pub mod reader;
pub mod report;
mod snapshot;
mod stated;
pub mod store;
mod times;
pub mod upload;
pub mod utf8;
pub mod vocabulary;

use serde::{Deserialize, Serialize};

use crate::base::ids::ImportId;

/// Imports some rows of a file, and continues in another job until all are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSubscribers {
    /// Which import.
    pub import: ImportId,
}

crate::text_enum! {
    /// The status of an import.
    ImportStatus as SubscriberImportStatus {
        /// The file is being uploaded.
        Receiving = "receiving",
        /// The file is uploaded, and no row has been read.
        Waiting = "waiting",
        /// Rows are being read.
        Running = "running",
        /// Every row has been read.
        Done = "done",
        /// The import ended early; `error` is the reason.
        Failed = "failed",
    }
}

crate::text_enum! {
    /// What became of a row.
    RowOutcome as SubscriberImportOutcome {
        /// A new subscriber was created.
        Created = "created",
        /// A known subscriber was updated.
        Updated = "updated",
        /// A known subscriber already had what the row states.
        Unchanged = "unchanged",
        /// The address is suppressed and stays so.
        Suppressed = "suppressed",
        /// The row could not be imported; `code` is the reason.
        Refused = "refused",
    }
}
