//! Every deed that is done later. A [`Job`] is a row written in the transaction that wants it, claimed by a worker, done
//! at least once, tried again with growing pauses, and laid aside as dead when it keeps failing.

mod store;
mod worker;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use store::{count, enqueue, waiting};
pub use worker::{run_due, run_until};

use crate::app::App;
use crate::base::error::Result;
use crate::base::ids::{ArticleId, ImportId, MailId, SubscriberId};
use crate::subscribers::delivery;

/// What can be done later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "kebab-case")]
pub enum Job {
    /// Renders anew what has become stale, some articles at a time, from `after` on.
    RemakeRenderings {
        /// The last article that was looked at.
        after: Option<ArticleId>,
    },
    /// Decides whether someone who signed up is to be asked to confirm.
    AskConsent {
        /// Who.
        subscriber: SubscriberId,
    },
    /// Sends a mail to a subscriber.
    SendMail {
        /// Which.
        mail: MailId,
    },
    /// Reads some of a file of subscribers, and comes back until it has been read.
    ImportSubscribers {
        /// Which.
        import: ImportId,
    },
    /// Drops what has outlived its time, tidies up what is searched, and comes back in an hour.
    Housekeeping,
}

/// Which worker does a job: sending waits for other machines, and nothing of ours waits for sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// What goes out by mail.
    Mail,
    /// Everything else.
    Own,
}

/// The kind of job that the lane for mail does.
const SENDING: &str = "send-mail";

/// How long a claim lasts: a worker that dies gives its jobs back after this.
const CLAIM: Duration = Duration::from_secs(300);
/// After this many tries a job is dead.
const TRIES: i64 = 10;

impl Job {
    async fn run(self, app: &App) -> Result<()> {
        match self {
            Self::RemakeRenderings { after } => crate::editions::rerender::run(app, after).await,
            Self::AskConsent { subscriber } => delivery::ask(app, subscriber).await,
            Self::SendMail { mail } => delivery::send(app, mail).await,
            Self::ImportSubscribers { import } => crate::subscribers::import::run(app, import).await,
            Self::Housekeeping => crate::server::housekeeping::housekeeping(app).await,
        }
    }
}

/// The pause before try number `attempts + 1`: ten seconds, doubling up to an hour.
fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    Duration::from_secs(10 * 2u64.pow(doublings)).min(Duration::from_secs(3600))
}
