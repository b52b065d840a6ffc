//! Asking by mail. Two jobs, so that each step is done once: the first decides and writes the question down, the second
//! sends it. Jobs carry ids alone; the address is read when the mail is written, and the links are computed.

use askama::Template;

use super::{ConfirmToken, MailId, SubscriberId, leave_token, mails, questions, store};
use crate::app::App;
use crate::db::types::IsId as _;
use crate::error::{Error, Result};
use crate::mail::{EmailAddress, Message, Undelivered};
use crate::metrics::Outcome;

#[derive(Template)]
#[template(path = "confirm_mail.txt", config = "src/templates/askama.toml")]
struct Text<'a> {
    site: &'a str,
    confirm_url: &'a str,
    leave_url: &'a str,
}

#[derive(Template)]
#[template(path = "confirm_mail.html", config = "src/templates/askama.toml")]
struct Html<'a> {
    site: &'a str,
    confirm_url: &'a str,
    leave_url: &'a str,
}

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
pub async fn send(app: &App, mail: MailId) -> Result<()> {
    let claimed = app
        .db
        .write(move |tx| {
            let claimed = mails::claim(tx, mail)?;
            let row = claimed.map(|(_, subscriber)| store::find(tx, subscriber)).transpose()?.flatten();
            Ok(claimed.map(|(kind, _)| kind).zip(row))
        })
        .await?;
    let Some((_, row)) = claimed else { return Ok(()) };
    let message = write(app, mail, row.id, &row.email)?;
    let outcome = app.mailer.send(&message).await;
    let result = match &outcome {
        Ok(()) => "sent",
        Err(Undelivered::Refused(_)) => "refused",
        Err(Undelivered::Failed(_)) => "failed",
    };
    app.metrics.mails.get_or_create(&Outcome { result }).inc();
    match outcome {
        Ok(()) => {
            log::info!("mail {mail} was sent");
            app.db.write(move |tx| mails::settle(tx, mail, Some(true))).await
        }
        Err(Undelivered::Refused(code)) => {
            log::warn!("mail {mail} was refused for good: {code}");
            app.db.write(move |tx| mails::settle(tx, mail, Some(false))).await
        }
        Err(Undelivered::Failed(why)) => {
            app.db.write(move |tx| mails::settle(tx, mail, None)).await?;
            Err(Error::unavailable(format!("mail {mail}: {why}")))
        }
    }
}

fn write(app: &App, mail: MailId, subscriber: SubscriberId, email: &str) -> Result<Message> {
    let to = EmailAddress::parse(email)
        .map_err(|_| Error::internal(format!("subscriber {subscriber} has a malformed address")))?;
    let (site, base) = (app.config.title.as_str(), app.config.base_url());
    let token = ConfirmToken::of(&app.keys, mail);
    let confirm_url = format!("{base}/subscribe/confirm/{}", token.as_str());
    let leave_url = format!("{base}/subscribe/leave/{}", leave_token(&app.keys, subscriber));
    let failed = |e: askama::Error| Error::internal(format!("mail {mail}: {e}"));
    let (text, html) = (
        Text { site, confirm_url: &confirm_url, leave_url: &leave_url }.render().map_err(failed)?,
        Html { site, confirm_url: &confirm_url, leave_url: &leave_url }.render().map_err(failed)?,
    );
    let from = app.config.mail_from.clone();
    Ok(Message {
        id: mail.uuid(),
        headers: vec![
            ("List-Id", format!("<subscribers.{}>", from.domain())),
            ("List-Unsubscribe", format!("<{leave_url}>")),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
            ("Auto-Submitted", "auto-generated".to_owned()),
        ],
        from,
        to,
        subject: format!("Confirm your subscription to {site}"),
        text,
        html,
        date: app.clock.now(),
    })
}
