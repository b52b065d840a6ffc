//! What is sealed of an email while it waits: the address, the template's variables and the links in them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Email;
use crate::app::App;
use crate::auth::Keys;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::ids::{EmailId, IsId as _};
use crate::base::mail::Message;
use crate::base::templates::RenderedEmail;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;

/// Separates these seals from others made with the same key.
const PURPOSE: &str = "outbox";

/// The sealed part of an email.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Content {
    to: String,
    context: BTreeMap<String, String>,
    unsubscribe_url: Option<String>,
}

impl Content {
    pub fn of(email: &Email) -> Self {
        let mut context = email.context.clone();
        if let Some(url) = &email.unsubscribe_url {
            context.insert("unsubscribe_url".to_owned(), url.clone());
        }
        Self { to: email.to.to_string(), context, unsubscribe_url: email.unsubscribe_url.clone() }
    }

    pub fn seal(&self, tx: &Tx<'_>, keys: &Keys) -> Result<Vec<u8>> {
        keys.seal(PURPOSE, &serde_json::to_vec(self)?, tx.random())
    }

    pub fn unseal(keys: &Keys, sealed: &[u8]) -> Result<Self> {
        Ok(serde_json::from_slice(&keys.unseal(PURPOSE, sealed)?)?)
    }

    /// Renders the email. Its `Message-ID` comes from `id`: sent a second time, it has the same one.
    pub fn compose(self, app: &App, id: EmailId, template: &str, locale: &Locale) -> Result<Message> {
        let to = EmailAddress::parse(&self.to)
            .map_err(|_| Error::internal(format!("email {id} has a malformed address")))?;
        let language = app.templates.nearest(locale);
        let context = minijinja::Value::from_pairs(self.context);
        let RenderedEmail { subject, text, html } = app.templates.email(&language, template, &context)?;
        let from = app.config.mail.from.clone();
        let mut headers = vec![("Auto-Submitted", "auto-generated".to_owned())];
        if let Some(url) = self.unsubscribe_url {
            headers.push(("List-Id", format!("<subscribers.{}>", from.domain())));
            headers.push(("List-Unsubscribe", format!("<{url}>")));
            headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        Ok(Message { id: id.uuid(), headers, from, to, subject, text, html, date: app.clock.now() })
    }
}
