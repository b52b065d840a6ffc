//! Sends one email.

use std::time::Duration;

use super::SendEmail;
use super::store::{self, CLAIM, ClaimedEmail, Delivery};
use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::jobs::{Job, Outcome, Queue};
use crate::base::mail::SendError;
use crate::base::metrics;

impl Job<App> for SendEmail {
    const KIND: &'static str = "send-email";
    const QUEUE: Queue = Queue::Mail;
    // With the pauses between them, these take three days: a mail server that is away over a weekend is waited for.
    const RETRIES: u32 = 80;
    // A slow mail server is not interrupted before another worker may take over.
    const TIMEOUT: Duration = CLAIM;

    async fn run(self, app: &App) -> Result<Outcome> {
        let (id, keys) = (self.email, app.keys.clone());
        let claimed = app.db.write(move |tx| store::claim(tx, &keys, id)).await?;
        let Some(ClaimedEmail { template, locale, content }) = claimed else { return Ok(Outcome::Done) };
        let sent = match content.compose(app, id, &template, &locale) {
            Ok(message) => app.mailer.send(&message).await,
            Err(error) => Err(SendError::Failed(error.to_string())),
        };
        let (result, delivery) = match sent {
            Ok(()) => ("sent", Delivery::Sent),
            Err(SendError::Refused(code)) => {
                ("refused", Delivery::Failed(format!("the mail server refused it with {code}")))
            }
            Err(SendError::Failed(why)) => ("failed", Delivery::Deferred(why)),
        };
        app.metrics.mails.get_or_create(&metrics::Outcome { result }).inc();
        let recorded = delivery.clone();
        app.db.write(move |tx| store::record(tx, id, &recorded)).await?;
        match delivery {
            Delivery::Sent => log::info!("email {id} was sent"),
            Delivery::Failed(why) => log::warn!("email {id} will not be sent: {why}"),
            Delivery::Deferred(why) => return Err(Error::unavailable(format!("email {id}: {why}"))),
        }
        Ok(Outcome::Done)
    }
}
