//! The current user.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Actor, Identity, POLICY, Role, Scope, UseAccount, WriteAccount};
use crate::authors::of_users;
use crate::base::actor::{ActorKind, ActorRef};
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::Connection;
use crate::base::db::types::Json;
use crate::base::error::{AuthFailure, Error, Result, Violations};
use crate::base::events::Event;
use crate::base::http::json::{Clearable, present};
use crate::base::http::{MergePatch, Response};
use crate::base::ids::{AuthorId, UserId};
use crate::base::text::Locale;
use crate::users::store::{self, UserRow};
use crate::users::{Notifications, UpdateNotifications, parse_name};

/// The current user, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    id: UserId,
    /// The email address.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// The name that colleagues see.
    #[schema(max_length = 200, example = "Ada Marsh")]
    name: String,
    role: Role,
    /// The language of the emails about the account; `null` for the site's language.
    #[schema(required = true, value_type = Option<Locale>)]
    locale: Option<String>,
    notifications: Notifications,
    second_factor: SecondFactorState,
    /// The author that the user is; of several the one who was created first.
    #[schema(required = true)]
    author_id: Option<AuthorId>,
    /// The actor object used for this user in responses.
    actor: ActorRef,
    /// The rights of the role.
    #[schema(max_items = 100)]
    rights: Vec<GrantedRight>,
    /// When the user was invited or added.
    created_at: Timestamp,
}

/// Whether the user has a second factor.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondFactorState {
    /// Whether logins need a code.
    enabled: bool,
    /// Whether the role requires one. A user without one can do nothing but set it up then.
    required: bool,
}

/// A right, and what it covers.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantedRight {
    /// The right, such as `articles:publish`.
    #[schema(max_length = 60, example = "articles:publish")]
    name: &'static str,
    scope: RightScope,
}

/// What a right covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RightScope {
    /// What the user owns.
    Own,
    /// Everything.
    Any,
}

/// Changes to one's own account. Omitted fields keep their value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMe {
    /// The name that colleagues see: one line.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, format = "line", min_length = 1, max_length = 200)]
    name: Option<String>,
    /// The language of the emails about the account; `null` for the site's language.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "language-tag", min_length = 2, max_length = 11)]
    locale: Clearable<String>,
    /// The emails to turn on or off. Omitted ones stay as they are.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = UpdateNotifications, required = false)]
    notifications: Option<UpdateNotifications>,
}

impl Me {
    fn new(conn: &mut Connection, config: &Config, identity: &Identity, row: UserRow) -> Result<Self> {
        Ok(Self {
            notifications: Notifications::of(&row),
            second_factor: SecondFactorState {
                enabled: row.second_factor_at.is_some(),
                required: config.accounts.requires_second_factor(identity.role.as_str()),
            },
            author_id: of_users::find(conn, &[row.id])?.get(&row.id).copied(),
            actor: ActorRef { kind: ActorKind::User, id: row.id.into(), name: Some(row.name.clone()) },
            rights: rights(identity.role),
            id: row.id,
            email: row.email,
            name: row.name,
            role: identity.role,
            locale: row.locale,
            created_at: row.created_at,
        })
    }
}

/// The rights of a role, in the order of the policy.
fn rights(role: Role) -> Vec<GrantedRight> {
    let granted = POLICY.iter().filter_map(|right| {
        let scope = match role.scope_in(right.scopes) {
            Scope::Nothing => return None,
            Scope::Own => RightScope::Own,
            Scope::Any => RightScope::Any,
        };
        Some(GrantedRight { name: right.name, scope })
    });
    granted.collect()
}

/// Get the current user
///
/// Requires an access token of any role. Returns the user the access token belongs to, with the rights of their role.
#[utoipa::path(get, path = "/v1/me", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The current user.", body = Me)))]
pub async fn get_me(app: Data<App>, actor: Actor<UseAccount>) -> Result<Response> {
    let config = app.config.clone();
    app.db
        .snapshot(move |conn| {
            let row = store::find(conn, actor.user)?;
            let row = row.ok_or(Error::Unauthenticated(AuthFailure::EndedSession))?;
            Response::ok(&Me::new(conn, &config, &actor, row)?)
        })
        .await
}

/// Update the current user
///
/// Requires an access token of any role. Takes a merge patch (RFC 7396). The address and the role are changed by admins, with
/// `PATCH /v1/users/{user}`, the password with `POST /v1/me/password`. Responds 422 if a rule is broken.
#[utoipa::path(patch, path = "/v1/me", tag = "accounts", security(("bearer" = [])),
    request_body(content = UpdateMe, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The updated user.", body = Me)))]
pub async fn update_me(
    app: Data<App>,
    actor: Actor<WriteAccount>,
    body: MergePatch<UpdateMe>,
) -> Result<Response> {
    let UpdateMe { name, locale, notifications } = body.value;
    let mut violations = Violations::default();
    let parse = |locale: Option<String>| locale.map(|tag| Locale::parse(&tag)).transpose();
    let name = name.and_then(|name| violations.take("/name", parse_name(&name)));
    let locale = locale.and_then(|locale| violations.take("/locale", parse(locale)));
    violations.check()?;
    let config = app.config.clone();
    app.db
        .write_as(actor.origin, move |tx| {
            let row = store::lock(tx, actor.user)?;
            let row = row.ok_or(Error::Unauthenticated(AuthFailure::EndedSession))?;
            let mut changed = row.clone();
            if let Some(name) = &name {
                changed.name.clone_from(name);
            }
            if let Some(locale) = &locale {
                changed.locale = locale.as_ref().map(|locale| locale.as_str().to_owned());
            }
            if let Some(update) = notifications {
                changed.notifications = Json::Readable(Notifications::of(&row).with(update).to_stored());
            }
            if changed != row {
                changed.updated_at = tx.now();
                store::update(tx, &changed)?;
                tx.append(Event::UserUpdated(row.id));
            }
            Response::ok(&Me::new(tx, &config, &actor, changed)?)
        })
        .await
}
