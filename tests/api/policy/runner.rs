//! Tries the lines of the policy: sends each line's request as every role, with API keys and without a token.
//!
//! A refused request is sent again by an admin, or by the owner where admins are refused too, and has to succeed: what was
//! refused was in order, its target exists, and the refused request has not changed it.

use futures_util::future::join_all;
use lede::accounts::sessions::{self, Which};
use lede::auth::{POLICY, Role, Scopes};
use lede::base::db::Tx;
use lede::base::ids::UserId;
use tokio::io::AsyncWriteExt as _;

use super::fixtures::Fixtures;
use super::{Access, Cell, Line};
use crate::client::{Call, Client};
use crate::given;
use crate::server::Server;
use crate::sockets::{answered, connect};

/// Whose things a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Actor,
    SomebodyElse,
}

/// What a request has to be answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Success,
    Refusal(u16),
}

impl Access {
    fn expected(self, role: Role, owner: Owner) -> Expected {
        let Self::Roles(cells) = self else { return Expected::Success };
        match cells[Role::ALL.iter().position(|other| *other == role).expect("a role")] {
            Cell::Forbidden => Expected::Refusal(403),
            Cell::Own if owner == Owner::SomebodyElse => Expected::Refusal(404),
            Cell::Sole if owner == Owner::SomebodyElse => Expected::Refusal(403),
            Cell::Own | Cell::Sole | Cell::Any => Expected::Success,
        }
    }

    fn expected_without_a_token(self) -> Expected {
        if self == Self::Anyone { Expected::Success } else { Expected::Refusal(401) }
    }
}

impl Line {
    /// What a key with every scope that its owner's role allows gets.
    fn expected_for_key(&self, role: Role, owner: Owner) -> Expected {
        if self.access == Access::Anyone || self.is_for_keys() {
            self.access.expected(role, owner)
        } else {
            Expected::Refusal(403)
        }
    }
}

pub async fn try_every_role(lines: &[Line]) {
    let mut on = Fixtures::start().await;
    let mut wrong = Vec::new();
    for role in Role::ALL {
        let user = on.server.login(role).await;
        let scopes: Vec<&str> = Scopes::allowed(role).map(|right| right.name).collect();
        let (_, key) = given::api_key(&user, &scopes).await;
        for owner in [Owner::Actor, Owner::SomebodyElse] {
            on.owner = if owner == Owner::Actor { user.clone() } else { on.somebody.clone() };
            for line in lines {
                let call = (line.call)(&on).await;
                let outcome = attempt(&on, call, &user, line.access.expected(role, owner)).await;
                let told = |why| format!("{} by {role:?}, owner {owner:?}: {why}", line.operation);
                wrong.extend(outcome.err().map(told));
                // Authors have rights of every kind: none, on what they own, on everything.
                if role == Role::Author {
                    let call = (line.call)(&on).await;
                    let outcome = attempt(&on, call, &key, line.expected_for_key(role, owner)).await;
                    let told =
                        |why| format!("{} by a key of {role:?}, owner {owner:?}: {why}", line.operation);
                    wrong.extend(outcome.err().map(told));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The operation that requires a second right: a correction changes texts and publishes them.
const CORRECTION: &str = "correct_article";

/// Tries keys of an admin, each with one scope.
pub async fn try_keys(lines: &[Line]) {
    let on = Fixtures::start().await;
    let admin = on.server.login(Role::Admin).await;
    let mut keys: Vec<(&str, Client)> = Vec::new();
    // One after another: too many passwords at once count as guesses.
    for scope in POLICY.iter().filter(|right| right.for_keys).map(|right| right.name) {
        keys.push((scope, given::api_key(&admin, &[scope]).await.1));
    }
    let mut wrong = Vec::new();
    let (_, corrector) = given::api_key(&admin, &["articles:publish", "articles:write"]).await;
    for line in lines {
        let call = (line.call)(&on).await;
        if line.access == Access::Anyone {
            let outcome = attempt(&on, call, &keys[0].1, Expected::Success).await;
            wrong.extend(outcome.err().map(|why| format!("{} with a key: {why}", line.operation)));
            continue;
        }
        let right = line.right().filter(|right| right.for_keys).map(|right| right.name);
        // What is refused changes nothing, so that all are sent the same.
        let takes_two = line.operation == CORRECTION;
        let others = keys.iter().filter(|(scope, _)| takes_two || Some(*scope) != right);
        let refused = others.map(|(scope, key)| {
            let call = call.clone().by(key);
            async move { (*scope, call.await.status()) }
        });
        let refused = join_all(refused).await.into_iter().filter(|(_, status)| *status != 403);
        let told = |(scope, status)| format!("{} with {scope}: {status} instead of 403", line.operation);
        wrong.extend(refused.map(told));
        let outcome = match keys.iter().find(|(scope, _)| Some(*scope) == right) {
            Some(_) if takes_two => attempt(&on, call, &corrector, Expected::Success).await,
            Some((_, own)) => attempt(&on, call, own, Expected::Success).await,
            None => succeeds(&on, call).await,
        };
        wrong.extend(outcome.err().map(|why| format!("{} with {right:?}: {why}", line.operation)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub async fn try_without_a_token(lines: &[Line]) {
    let on = Fixtures::start().await;
    let mut wrong = Vec::new();
    for (name, stranger) in
        [("no", on.server.client()), ("an invalid", on.server.client().with_token("not.a.token"))]
    {
        for line in lines {
            let call = (line.call)(&on).await;
            let outcome = attempt(&on, call, &stranger, line.access.expected_without_a_token()).await;
            wrong.extend(outcome.err().map(|why| format!("{} with {name} token: {why}", line.operation)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Sends each request with a body but for its last byte, ends the session, and sends that byte.
pub async fn try_ended(lines: &[Line]) {
    let mut on = Fixtures::start().await;
    let mut wrong = Vec::new();
    for line in lines.iter().filter(|line| line.access != Access::Anyone) {
        let leaver = on.server.login_as("leaver", Role::Admin).await;
        on.owner = leaver.clone();
        let call = (line.call)(&on).await;
        if !call.has_body() {
            continue;
        }
        let (most, last) = call.in_two(&leaver.token().expect("a token"));
        let mut stream = connect(&on.server).await;
        stream.write_all(&most).await.expect("a request");
        on.server.answer_others().await;
        end_sessions(&on.server, leaver.user()).await;
        // What is refused before its body is read, such as a method that has none, is answered already.
        let _ = stream.write_all(&last).await;
        let status = answered(&mut stream).await;
        if status != 401 {
            wrong.push(format!("{}: {status} instead of 401", line.operation));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn end_sessions(server: &Server, user: UserId) {
    let end = move |tx: &mut Tx<'_>| sessions::end(tx, user, Which::All);
    assert!(server.app.db.write(end).await.expect("a write") > 0);
}

/// Sends a request as `actor`, and as somebody who may if the actor was to be refused.
async fn attempt(on: &Fixtures, call: Call, actor: &Client, expected: Expected) -> Result<(), String> {
    let status = call.clone().by(actor).await.status();
    match expected {
        Expected::Success if is_success(status) => Ok(()),
        Expected::Success => Err(format!("{status} instead of success")),
        Expected::Refusal(refusal) if status != refusal => Err(format!("{status} instead of {refusal}")),
        Expected::Refusal(_) => succeeds(on, call).await,
    }
}

/// Sends a request that has been refused as an admin, or as the owner if even an admin is refused what is personal.
async fn succeeds(on: &Fixtures, call: Call) -> Result<(), String> {
    let by_admin = call.clone().by(&on.admin).await.status();
    if is_success(by_admin) || is_success(call.by(&on.owner).await.status()) {
        return Ok(());
    }
    Err(format!("refused as it should be, but an admin gets {by_admin}, and its owner is refused"))
}

fn is_success(status: u16) -> bool {
    (200..400).contains(&status)
}
