use lede::base::ids::{IsId as _, SubscriberId};
use lede::subscribers::Grant;
use uuid::Uuid;

use super::keys;

#[test]
fn a_token_is_the_same_each_time_grants_one_thing_and_cannot_be_made_without_the_key() {
    let (ours, theirs) = (keys(1), keys(2));
    let subscriber = SubscriberId::from_uuid(Uuid::from_u128(7));
    for grant in [Grant::Leave, Grant::Own] {
        let token = grant.token(&ours, subscriber);
        assert_eq!(token, grant.token(&ours, subscriber));
        assert_eq!(Grant::read(&ours, &token), Some((subscriber, grant)));
        assert_eq!(Grant::read(&theirs, &token), None);
        for wrong in ["", "a", &token[1..], &format!("{token}A"), &"A".repeat(43), &"A".repeat(1000)] {
            assert_eq!(Grant::read(&ours, wrong), None, "{wrong}");
        }
    }
}
