//! What is shown of a user in logs and panics.

use lede::auth::Role;
use lede::base::clock::Timestamp;
use lede::base::ids::{IsId as _, UserId};
use lede::users::EmailAddress;
use lede::users::store::UserRow;

#[test]
fn neither_address_nor_hash_is_shown_where_a_user_is_debugged() {
    let email = EmailAddress::parse("ada@lede.example").expect("an address");
    let now = Timestamp::parse("2026-01-05T09:00:00Z").expect("a time");
    let id = UserId::from_uuid(uuid::Uuid::from_u128(7));
    let row =
        UserRow::new(id, &email, "Ada".to_owned(), Role::Editor, now).with_password("$argon2id$".to_owned());
    assert_eq!(format!("{row:?}"), "UserRow(00000000-0000-0000-0000-000000000007)");
}
