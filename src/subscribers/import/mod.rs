//! Importing lists: a CSV file becomes subscribers, and nobody is mailed who does not want it.
//!
//! A file is received in parts and stored until it is read (`upload.rs`), so that memory stays flat and an accepted file
//! survives a crash. A job (`job.rs`) reads some rows at a time (`reader.rs`), parses what they state about a person
//! (`columns.rs`, `stated.rs`, `vocabulary.rs`, `person.rs`), plans what that changes (`plan.rs`) and applies it in one write together
//! with the position of the next rows (`apply.rs`, `store.rs`, `report.rs`): when it is killed, nothing is lost or done twice.
//!
//! Three rules hold. What is known here takes precedence: a file fills in what is missing, and nobody who unsubscribed,
//! bounced or complained is subscribed again. A row that cannot be imported is reported and affects no other. And what is
//! stored of an import after it has finished names no person: lines, codes and ids.

mod apply;
pub mod cells;
pub mod columns;
mod dry_run;
mod endings;
pub mod fold;
pub mod format;
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

/// What the code of a row means. The text is the same for every row and repeats nothing of its contents.
#[must_use]
pub fn detail(code: &str) -> &'static str {
    match code {
        "row-too-long" => "The row is longer than 64 KiB, or a quote is not closed.",
        "cells-mismatched" => "The row has more or fewer cells than the first line.",
        "row-not-utf-8" => "The row contains bytes that are not UTF-8.",
        "row-contains-nul" => "The row contains U+0000.",
        "email-missing" => "The row has no address.",
        "email-malformed" => "The address is malformed.",
        "email-not-ascii" => "The part of the address before the @ must be ASCII.",
        "not-confirmed" => "The address was never confirmed. Unconfirmed addresses are not imported.",
        "status-unknown" => {
            "A column about consent holds a word that is not known, or nothing: the person may not want mail."
        }
        "date-unreadable" => {
            "A date cannot be read in one way only, or lies in the future. Write dates as 2024-03-31."
        }
        "unsubscribed" => "The person has unsubscribed.",
        "bounced" => "The address does not accept mail.",
        "complained" => "The person has reported mail as spam.",
        "erased" => "The person was erased.",
        "confirmed-since" => {
            "The person confirmed here after the time at which they unsubscribed in the file."
        }
        "topic-unknown" => "A topic in the row does not exist here or cannot be followed. It was ignored.",
        "topics-too-many" => "The row names more than 100 topics. Those beyond were ignored.",
        "custom-too-long" => {
            "The other columns do not fit into the 8 KiB of custom fields. They were ignored."
        }
        _ => "",
    }
}
