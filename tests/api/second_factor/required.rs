//! Who must have a second factor can do nothing else until then.

use lede::auth::Role;
use lede::base::config::Config;

use crate::authenticator::enrol;
use crate::given::{self, Factor, seconds};
use crate::policy::fixtures::Fixtures;
use crate::policy::{self, Access};
use crate::server::Server;

use super::{DISABLE, RECOVERY, TOTP, ada, change};

#[tokio::test]
async fn who_must_have_a_second_factor_can_replace_but_not_disable_it() {
    let require = |config: &mut Config| config.accounts.require_second_factor = vec!["editor".to_owned()];
    let server = Server::start_with(require).await;
    let ada = ada(&server).await;
    let (app, recovery) = enrol(&server, &ada).await;
    ada.get("/v1/drafts").await.is(200);
    server.clock.advance(seconds(30));
    change(&ada, DISABLE, app.code(server.clock.now())).await.problem(409, "second-factor-mandatory");
    // The code was not used up.
    change(&ada, TOTP, app.code(server.clock.now())).await.is(201);
    change(&ada, RECOVERY, &recovery[0]).await.is(201);
}

/// What a server that requires a second factor lets a user do who has none yet. It needs the right `account:use`.
const ALLOWED: &[&str] = &[
    "log_out",
    "list_sessions",
    "delete_session",
    "get_me",
    "create_totp",
    "confirm_totp",
    "disable_totp",
    "create_recovery_codes",
];

/// Every operation is tried on a server that requires a second factor, beside one that does not and makes what they are about.
#[tokio::test]
async fn who_must_have_a_second_factor_can_do_nothing_else_until_then() {
    let mut on = Fixtures::start().await;
    let require = |config: &mut Config| config.accounts.require_second_factor = vec!["admin".to_owned()];
    let strict = Server::start_on(on.server.database(), on.server.clock.clone(), require).await;
    let admin = strict.login(Role::Admin).await;
    let key = given::stored_api_key(&on.server, admin.user()).await;
    let (by_key, lenient) = (strict.client().with_token(&key), on.server.client().with_token(&key));
    lenient.get("/v1/drafts").await.is(200);
    for line in policy::lines().filter(|line| line.access != Access::Anyone) {
        // Some of the operations end sessions and set up second factors.
        on.second_factor(Factor::None).await;
        on.owner = on.server.login(Role::Admin).await;
        let call = (line.call)(&on).await;
        let refused = call.clone().by(&by_key).await;
        assert_eq!(refused.status(), 403, "{} with an API key", line.operation);
        let response = call.by(&admin).await;
        if ALLOWED.contains(&line.operation) {
            // Of what only users with a second factor have, there is none to disable.
            let is_allowed = response.status() < 300 || response.status() == 409;
            assert!(is_allowed, "{}: {}", line.operation, response.text());
        } else {
            response.problem(403, "second-factor-missing");
        }
    }
    on.second_factor(Factor::None).await;
    enrol(&strict, &admin).await;
    for client in [admin, by_key] {
        client.get("/v1/drafts").await.is(200);
    }
}
