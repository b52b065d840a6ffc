//! Tries the lines of the policy: sends each line's request as every role and without a token.
//!
//! A refused request is sent again by an admin, or by whose thing it is, and has to succeed: what was refused was in order, its target exists, and
//! the refused request has not changed it.

use lede::auth::Role;

use super::fixtures::Fixtures;
use super::{Access, Cell, Line};
use crate::client::{Call, Client};

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
            Cell::Own | Cell::Any => Expected::Success,
        }
    }

    fn expected_without_a_token(self) -> Expected {
        if self == Self::Anyone { Expected::Success } else { Expected::Refusal(401) }
    }
}

pub async fn try_every_role(lines: &[Line]) {
    let mut on = Fixtures::start().await;
    let mut wrong = Vec::new();
    for role in Role::ALL {
        let actor = on.server.login(role).await;
        for owner in [Owner::Actor, Owner::SomebodyElse] {
            on.owner = if owner == Owner::Actor { actor.clone() } else { on.somebody.clone() };
            for line in lines {
                let call = (line.call)(&on).await;
                let outcome = attempt(&on, call, &actor, line.access.expected(role, owner)).await;
                let told = |why| format!("{} by {role:?}, owner {owner:?}: {why}", line.operation);
                wrong.extend(outcome.err().map(told));
            }
        }
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

/// Sends a request as `actor`, and as an admin if the actor was to be refused.
async fn attempt(on: &Fixtures, call: Call, actor: &Client, expected: Expected) -> Result<(), String> {
    let status = call.clone().by(actor).await.status();
    let is_success = |status: u16| (200..400).contains(&status);
    match expected {
        Expected::Success if is_success(status) => Ok(()),
        Expected::Success => Err(format!("{status} instead of success")),
        Expected::Refusal(refusal) if status != refusal => Err(format!("{status} instead of {refusal}")),
        Expected::Refusal(_) => {
            let by_admin = call.clone().by(&on.admin).await.status();
            // What is personal even an admin is refused.
            if is_success(by_admin) || is_success(call.by(&on.owner).await.status()) {
                return Ok(());
            }
            Err(format!("refused as it should be, but an admin gets {by_admin}, and its owner is refused"))
        }
    }
}
