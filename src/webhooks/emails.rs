//! The email about a webhook that the server has disabled.

use std::collections::BTreeMap;

use super::DisabledReason;
use super::store::WebhookRow;
use crate::app::App;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::text::email::EmailAddress;
use crate::outbox::{self, Email, Recipient};
use crate::users::UserState;
use crate::users::store as users;

/// Tells the owner of a webhook, if they can log in.
///
/// # Errors
/// Those of the database.
pub(super) fn send_disabled(
    tx: &mut Tx<'_>,
    app: &App,
    webhook: &WebhookRow,
    reason: DisabledReason,
) -> Result<()> {
    let owner = users::find(tx, webhook.user_id)?.filter(|owner| owner.state() == UserState::Active);
    let Some(owner) = owner else { return Ok(()) };
    let webhook_url = format!("{}/v1/webhooks/{}", app.config.base_url(), webhook.id);
    let context = [
        ("reason", reason.as_str().to_owned()),
        ("description", webhook.description.clone().unwrap_or_default()),
        ("url", webhook.url.clone()),
        ("webhook_url", webhook_url),
    ];
    let email = Email {
        recipient: Some(Recipient::User(owner.id)),
        to: EmailAddress::parse(&owner.email)
            .map_err(|_| Error::internal(format!("user {} has a malformed address", owner.id)))?,
        locale: owner.locale().unwrap_or_else(|| app.config.site.locale.clone()),
        template: "webhook_disabled_email",
        context: BTreeMap::from(context.map(|(name, value)| (name.to_owned(), value))),
        unsubscribe_url: None,
        expires_at: None,
    };
    outbox::enqueue(tx, &app.keys, &email)?;
    Ok(())
}
