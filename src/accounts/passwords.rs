//! Choosing passwords: with a link, or with the current password. A new password ends what the old one opened.

use actix_web::HttpRequest;

use super::attempts::{self, Attempt};
use super::confirm::confirm_password;
use super::emails::AccountEmails;
use super::links::{self, LinkToken, Lookup, Purpose};
use super::sessions::{self, Which};
use crate::app::App;
use crate::auth::{Identity, Password, PasswordRules};
use crate::base::db::Tx;
use crate::base::error::{Error, Invalid, Result};
use crate::base::events::Event;
use crate::base::http::client_ip;
use crate::site::store::title_and_description;
use crate::users::store::{self, UserRow};

/// The rules for a user's password. Uses the site's title from the database, which overrides the one in the settings.
///
/// # Errors
/// Those of the database.
pub async fn rules(app: &App, user: &UserRow) -> Result<PasswordRules> {
    let config = app.config.clone();
    let (title, _) = app.db.read(move |conn| title_and_description(conn, &config)).await?;
    Ok(PasswordRules::new(&app.config, &title, &user.role, &user.email, &user.name))
}

/// The new password of a user, checked by the rules for them.
///
/// # Errors
/// Invalid at `/new_password`.
pub async fn check(app: &App, user: &UserRow, text: &str) -> Result<Password> {
    Password::chosen(text, &rules(app, user).await?)
        .map_err(|Invalid { code, detail }| Error::invalid("/new_password", code, detail))
}

/// Gives a user another password. Ends sessions, makes the links in earlier emails useless, also one that confirms
/// another address, and tells the user by mail unless it is the first password.
///
/// # Errors
/// Those of the database.
pub fn replace(
    tx: &mut Tx<'_>,
    emails: &AccountEmails,
    user: &UserRow,
    hash: &str,
    ended: Which,
) -> Result<()> {
    store::set_password_hash(tx, user.id, hash)?;
    links::close(tx, user.id, &Purpose::ALL)?;
    sessions::end(tx, user.id, ended)?;
    if user.password_hash.is_none() {
        tx.append(Event::UserActivated(user.id));
        return Ok(());
    }
    emails.password_changed(tx, user)?;
    tx.append(Event::UserPasswordChanged(user.id));
    Ok(())
}

/// Accepts an invitation or completes a reset: gives the user of the link a password. Ends all sessions and starts none.
///
/// # Errors
/// Conflict `link-invalid`; invalid, if the password breaks a rule: the link still works then.
pub async fn choose(app: &App, req: &HttpRequest, token: &str, text: &str) -> Result<()> {
    let token = LinkToken::parse(token).ok_or_else(links::invalid)?;
    let found = links::look_up(app, token.expose(), &Purpose::OF_PASSWORDS).await?;
    let Lookup::Good(link) = found else { return Err(links::invalid()) };
    let hash = app.passwords.hash(check(app, &link.user, text).await?).await?;
    let emails = AccountEmails::new(app);
    let network = app.keys.network(client_ip::network(app.limits.client(req)));
    let account = app
        .db
        .write_as(app.origin(req, Some(link.user.id.into())), move |tx| {
            let user = links::use_up(tx, &token, &Purpose::OF_PASSWORDS)?.user;
            replace(tx, &emails, &user, &hash, Which::All)?;
            // Whoever has the link owns the mailbox, and with it an account without a second factor.
            let account = attempts::account(emails.keys(), &user.email_key);
            if user.second_factor_at.is_none() {
                attempts::succeed(tx, user.id, &Attempt { account, network, user: Some(user.id) })?;
            }
            Ok(account)
        })
        .await?;
    app.login_blocks.forget(account, network);
    Ok(())
}

/// Replaces the password of a user who is logged in. Ends the user's other sessions.
///
/// # Errors
/// Unauthenticated, if `current` is not the current password; too many, after earlier failures; invalid, if the new one
/// breaks a rule.
pub async fn change(
    app: &App,
    req: &HttpRequest,
    identity: &Identity,
    current: &str,
    text: &str,
) -> Result<()> {
    let confirmed = confirm_password(app, req, identity, current).await?;
    let hash = match check(app, confirmed.user(), text).await {
        Ok(password) => app.passwords.hash(password).await,
        Err(error) => Err(error),
    };
    let (emails, ended) = (AccountEmails::new(app), identity.session.map_or(Which::All, Which::AllBut));
    confirmed.write(move |tx, user| replace(tx, &emails, &user, &hash.clone()?, ended)).await
}
