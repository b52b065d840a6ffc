//! Lists from elsewhere: a CSV file becomes subscribers, without anybody being mailed who does not want it.
//!
//! A file is taken in pieces and kept until it is read (`upload.rs`), so that memory stays flat and what was accepted
//! survives a crash. A job (`work.rs`) reads some rows at a time (`reading.rs`), finds out what they say of a person
//! (`columns.rs`, `words.rs`, `person.rs`), decides what that changes (`judge.rs`) and stores it in one write with the
//! place where the next rows begin (`store.rs`, `keeping.rs`): whenever it is killed, nothing is lost or done twice.
//!
//! Three rules hold. What is known here wins: a file fills in what is missing and takes nothing away but the wish for
//! mail, and nobody who left, bounced or complained is brought back. A row that cannot be taken is told of and costs no
//! other. And what is kept of an import names no person: lines, codes and ids.

pub mod apply;
pub mod cells;
pub mod columns;
pub mod job;
pub mod person;
pub mod plan;
pub mod reader;
pub mod store;
pub mod upload;
pub mod utf8;
pub mod vocabulary;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::ids::ImportId;

/// The job that reads some of a file, and comes back until all of it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSubscribers {
    /// Which.
    pub import: ImportId,
}

/// How far an import is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    ToSchema,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "lowercase")]
#[schema(as = SubscriberImportStatus)]
pub enum Progress {
    /// The file has not arrived yet as a whole.
    Receiving,
    /// The file is there, and no row of it was read.
    Waiting,
    /// Some rows were read.
    Running,
    /// Every row was read.
    Done,
    /// It has ended early: `error` says why.
    Failed,
}

crate::text_column!(Progress);

impl Progress {
    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "what columns of text give")]
    pub(crate) fn from_stored(name: String) -> Self {
        let known = [Self::Receiving, Self::Waiting, Self::Running, Self::Done];
        known.into_iter().find(|one| one.as_str() == name).unwrap_or(Self::Failed)
    }
}

/// What became of a row.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "lowercase")]
#[schema(as = SubscriberImportOutcome)]
pub enum Outcome {
    /// A new subscriber.
    Created,
    /// A known subscriber was changed.
    Updated,
    /// A known subscriber was as the row has it, or better known.
    Unchanged,
    /// The address is sent nothing, and stays so.
    Suppressed,
    /// The row could not be taken: `code` says why.
    Refused,
}

crate::text_column!(Outcome);

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] =
        [Self::Created, Self::Updated, Self::Unchanged, Self::Suppressed, Self::Refused];

    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Suppressed => "suppressed",
            Self::Refused => "refused",
        }
    }

    /// The outcome of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }

    #[expect(clippy::needless_pass_by_value, reason = "what columns of text give")]
    pub(crate) fn from_stored(name: String) -> Self {
        Self::parse(&name).unwrap_or(Self::Refused)
    }
}

/// What a code of a row means, for a person. The same words for every row: nothing of what stands in it.
#[must_use]
pub fn detail(code: &str) -> &'static str {
    match code {
        "row-too-long" => "longer than 64 KiB, or a quote is not closed",
        "cells-mismatched" => "has more or fewer cells than the first line",
        "row-not-utf-8" => "holds bytes that are not UTF-8",
        "row-contains-nul" => "holds U+0000",
        "email-missing" => "has no address",
        "email-malformed" => "the address is malformed",
        "email-not-ascii" => "the part of the address before the @ is limited to ASCII",
        "not-confirmed" => "nobody has confirmed the address there",
        "status-unknown" => "the status is none that is known here",
        "unsubscribed" => "the person left",
        "bounced" => "the address takes no mail",
        "complained" => "the person called mail spam",
        "erased" => "the person was erased",
        "confirmed-since" => "the person confirmed here after the file has them leave",
        "topic-unknown" => "a topic that the person chose cannot be followed here",
        "custom-too-long" => "what else the row says does not fit beside what is noted already",
        _ => "",
    }
}
