//! Asking by mail. Two jobs, so that each step is done once: the first decides and writes the question down, the second
//! sends it. Jobs carry ids alone; the address is read when the mail is written, and the links are computed.

use minijinja::context;
use uuid::Uuid;

use super::store::SubscriberRow;
use super::{ConfirmToken, ConfirmationId, SubscriberId, languages, leave_token, questions};
use crate::app::App;
use crate::db::types::IsId as _;
use crate::error::{Error, Result};
use crate::mail::{EmailAddress, Message, Undelivered};
use crate::metrics::Outcome;
use crate::templates::Letter;
use crate::text::Locale;

/// Decides whether someone who signed up is to be asked.
///
/// # Errors
/// When the database refuses.
pub async fn ask(app: &App, subscriber: SubscriberId) -> Result<()> {
    let (random, keys) = (app.random.clone(), app.keys.clone());
    app.db.write(move |tx| questions::ask(tx, &random, &keys, subscriber)).await
}

/// Sends a question, unless it was sent, answered or became pointless.
///
/// # Errors
/// When the mail did not leave and another try may help.
pub async fn send(app: &App, confirmation: ConfirmationId) -> Result<()> {
    let claimed = app
        .db
        .write(move |tx| {
            let Some((subscriber, email)) = questions::claim(tx, confirmation)? else { return Ok(None) };
            Ok(Some((subscriber, email, languages::of_subscriber(tx, subscriber)?)))
        })
        .await?;
    let Some((subscriber, email, locale)) = claimed else { return Ok(()) };
    let message = question(app, confirmation, subscriber, &email, locale.as_ref())?;
    let outcome = app.mailer.send(&message).await;
    let result = match &outcome {
        Ok(()) => "sent",
        Err(Undelivered::Refused(_)) => "refused",
        Err(Undelivered::Failed(_)) => "failed",
    };
    app.metrics.mails.get_or_create(&Outcome { result }).inc();
    match outcome {
        Ok(()) => {
            log::info!("mail {confirmation} was sent");
            app.db.write(move |tx| questions::settle(tx, confirmation, Some(true))).await
        }
        Err(Undelivered::Refused(code)) => {
            log::warn!("mail {confirmation} was refused for good: {code}");
            app.db.write(move |tx| questions::settle(tx, confirmation, Some(false))).await
        }
        Err(Undelivered::Failed(why)) => {
            app.db.write(move |tx| questions::settle(tx, confirmation, None)).await?;
            Err(Error::unavailable(format!("mail {confirmation}: {why}")))
        }
    }
}

fn question(
    app: &App,
    confirmation: ConfirmationId,
    subscriber: SubscriberId,
    email: &str,
    locale: Option<&Locale>,
) -> Result<Message> {
    let language = app.templates.nearest(locale.unwrap_or(&app.config.locale));
    let token = ConfirmToken::of(&app.keys, confirmation);
    let confirm_url = format!("{}/subscribe/confirm/{}", app.config.base_url(), token.as_str());
    let leave_url = leave_url(app, subscriber);
    let links = context! { confirm_url, leave_url };
    let letter = app.templates.letter(&language, "confirm_mail", &links)?;
    address(app, confirmation.uuid(), subscriber, email, letter)
}

/// The mail that thanks someone who has confirmed. The same mail has the same `id` each time it is tried.
///
/// # Errors
/// Internal, if it cannot be written.
pub fn welcome(app: &App, id: Uuid, row: &SubscriberRow) -> Result<Message> {
    let language = app.templates.nearest(&row.locale);
    let website_url = app.config.website_url();
    let leave_url = leave_url(app, row.id);
    let letter = app.templates.letter(&language, "welcome_mail", &context! { website_url, leave_url })?;
    address(app, id, row.id, &row.email, letter)
}

fn leave_url(app: &App, subscriber: SubscriberId) -> String {
    format!("{}/subscribe/leave/{}", app.config.base_url(), leave_token(&app.keys, subscriber))
}

/// Makes a letter a mail, with the headers that tell machines what it is and how to leave.
fn address(
    app: &App,
    id: Uuid,
    subscriber: SubscriberId,
    email: &str,
    Letter { subject, text, html }: Letter,
) -> Result<Message> {
    let to = EmailAddress::parse(email)
        .map_err(|_| Error::internal(format!("subscriber {subscriber} has a malformed address")))?;
    let from = app.config.mail_from.clone();
    Ok(Message {
        id,
        headers: vec![
            ("List-Id", format!("<subscribers.{}>", from.domain())),
            ("List-Unsubscribe", format!("<{}>", leave_url(app, subscriber))),
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
