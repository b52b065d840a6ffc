//! Mails to subscribers. Asking takes two jobs, so that each step is done once: the first decides and writes the question
//! down, the second sends it. Jobs carry ids alone; the address is read when the mail is written, and the links are computed.

use std::time::Duration;

use minijinja::context;
use uuid::Uuid;

use super::outbox::SendEmail;
use super::store::SubscriberRow;
use super::{ConfirmToken, Grant, RequestConfirmation, confirmations, outbox, store};
use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::ids::{IsId as _, MailId};
use crate::base::jobs::{Job, Outcome, Queue};
use crate::base::mail::{Message, Undelivered};
use crate::base::metrics;
use crate::base::templates::Letter;
use crate::base::text::email::EmailAddress;

impl Job<App> for RequestConfirmation {
    const KIND: &'static str = "request-confirmation";

    async fn run(self, app: &App) -> Result<Outcome> {
        let keys = app.keys.clone();
        app.db.write(move |tx| confirmations::ask(tx, &keys, self.subscriber)).await?;
        Ok(Outcome::Done)
    }
}

impl Job<App> for SendEmail {
    const KIND: &'static str = "send-email";
    const QUEUE: Queue = Queue::Mail;
    /// A mail server that answers slowly is not interrupted.
    const TIMEOUT: Duration = outbox::TRY;

    async fn run(self, app: &App) -> Result<Outcome> {
        send(app, self.mail).await?;
        Ok(Outcome::Done)
    }
}

/// Sends a question, unless it was sent, answered or became pointless.
async fn send(app: &App, mail: MailId) -> Result<()> {
    let keys = app.keys.clone();
    let claimed = app
        .db
        .write(move |tx| {
            let claimed = outbox::claim(tx, &keys, mail)?;
            let row = claimed.map(|(_, subscriber)| store::find(tx, subscriber)).transpose()?.flatten();
            Ok(claimed.map(|(kind, _)| kind).zip(row))
        })
        .await?;
    let Some((kind, row)) = claimed else { return Ok(()) };
    let message = write(app, mail, kind, &row)?;
    let outcome = app.mailer.send(&message).await;
    let result = match &outcome {
        Ok(()) => "sent",
        Err(Undelivered::Refused(_)) => "refused",
        Err(Undelivered::Failed(_)) => "failed",
    };
    app.metrics.mails.get_or_create(&metrics::Outcome { result }).inc();
    match outcome {
        Ok(()) => {
            log::info!("mail {mail} was sent");
            app.db.write(move |tx| outbox::settle(tx, mail, Some(true))).await
        }
        Err(Undelivered::Refused(code)) => {
            log::warn!("mail {mail} was refused for good: {code}");
            app.db.write(move |tx| outbox::settle(tx, mail, Some(false))).await
        }
        Err(Undelivered::Failed(why)) => {
            app.db.write(move |tx| outbox::settle(tx, mail, None)).await?;
            Err(Error::unavailable(format!("mail {mail}: {why}")))
        }
    }
}

/// Writes a mail: the question, or the welcome to those who answered it.
fn write(app: &App, mail: MailId, kind: outbox::Kind, row: &SubscriberRow) -> Result<Message> {
    let language = app.templates.nearest(&row.locale);
    let base = app.config.base_url();
    let leave_url = format!("{base}/subscribe/leave/{}", Grant::Leave.token(&app.keys, row.id));
    let letter = match kind {
        outbox::Kind::Confirmation => {
            let token = ConfirmToken::of(&app.keys, mail);
            let confirm_url = format!("{base}/subscribe/confirm/{}", token.as_str());
            app.templates.letter(
                &language,
                "confirm_mail",
                &context! { confirm_url, leave_url => leave_url.as_str() },
            )?
        }
        outbox::Kind::Welcome => {
            let website_url = app.config.website_url();
            let own = Grant::Own.token(&app.keys, row.id);
            let preferences_url = format!("{base}/subscribe/preferences/{own}");
            let links = context! { website_url, preferences_url, leave_url => leave_url.as_str() };
            app.templates.letter(&language, "welcome_mail", &links)?
        }
    };
    address(app, mail.uuid(), row, &leave_url, letter)
}

/// Makes a letter a mail, with the headers that tell machines what it is and how to leave.
fn address(
    app: &App,
    id: Uuid,
    row: &SubscriberRow,
    leave_url: &str,
    Letter { subject, text, html }: Letter,
) -> Result<Message> {
    let to = EmailAddress::parse(&row.email)
        .map_err(|_| Error::internal(format!("subscriber {} has a malformed address", row.id)))?;
    let from = app.config.mail.from.clone();
    Ok(Message {
        id,
        headers: vec![
            ("List-Id", format!("<subscribers.{}>", from.domain())),
            ("List-Unsubscribe", format!("<{leave_url}>")),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
            ("Auto-Submitted", "auto-generated".to_owned()),
        ],
        from,
        to,
        subject,
        text,
        html,
        date: app.clock.now(),
    })
}
