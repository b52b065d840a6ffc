use lede::base::ids::{IsId as _, SubscriberId};
use lede::subscribers::LinkScope;
use uuid::Uuid;

use super::keys;

#[test]
fn a_token_is_the_same_each_time_has_one_scope_and_cannot_be_made_without_the_key() {
    let (ours, theirs) = (keys(1), keys(2));
    let subscriber = SubscriberId::from_uuid(Uuid::from_u128(7));
    for scope in [LinkScope::Subscription, LinkScope::PersonalData] {
        let token = scope.token(&ours, subscriber);
        assert_eq!(token, scope.token(&ours, subscriber));
        assert_eq!(LinkScope::parse(&ours, &token), Some((subscriber, scope)));
        assert_eq!(LinkScope::parse(&theirs, &token), None);
        for wrong in ["", "a", &token[1..], &format!("{token}A"), &"A".repeat(43), &"A".repeat(1000)] {
            assert_eq!(LinkScope::parse(&ours, wrong), None, "{wrong}");
        }
    }
}
