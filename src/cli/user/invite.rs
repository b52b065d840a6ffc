//! `lede user invite`: invites a user with a link that the operator passes on.

use super::NewUser;
use crate::accounts::emails::AccountEmails;
use crate::accounts::invitations;
use crate::accounts::management::{self, UserChange};
use crate::app::App;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::users::store;
use crate::users::{EmailAddress, admins};

pub(super) async fn run(app: &App, user: NewUser) -> anyhow::Result<()> {
    let has_name = user.name.is_some();
    let user = user.parse(app)?;
    let change = UserChange {
        name: has_name.then(|| user.name.clone()),
        role: Some(user.role()),
        ..UserChange::default()
    };
    let emails = AccountEmails::new(app);
    let email = EmailAddress::parse(&user.email).map_err(|invalid| anyhow::anyhow!("{}", invalid.detail))?;
    let invite = move |tx: &mut Tx<'_>| -> Result<String> {
        let Some(invited) = store::find_by_email(tx, &email)? else {
            store::insert(tx, &user)?;
            return invitations::link(tx, &emails, &user);
        };
        let invited = admins::lock(tx, invited.id, None)?.row;
        management::check_invited(&invited)?;
        let invited = management::update(tx, &emails, invited.id, &change)?;
        invitations::link(tx, &emails, &invited)
    };
    println!("{}", app.db.write(invite).await?);
    Ok(())
}
