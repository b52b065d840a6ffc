use lede::base::error::Error;
use lede::base::ids::TopicId;
use lede::terms::{Key, check_merge};

#[test]
fn a_key_is_an_id_in_lower_case_or_a_slug() {
    let id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
    assert!(matches!(Key::<TopicId>::parse(id), Some(Key::Id(_))));
    assert!(matches!(Key::<TopicId>::parse("sea"), Some(Key::Slug(_))));
    for neither in [&id.to_uppercase(), &id.replace('-', ""), "Sea", "", "a b", "a\0"] {
        assert_eq!(Key::<TopicId>::parse(neither), None, "{neither:?}");
    }
}

#[test]
fn nothing_goes_up_in_itself() {
    assert!(check_merge(&1, &2).is_ok());
    assert!(matches!(check_merge(&1, &1), Err(Error::Conflict(c)) if c.code == "merge-into-itself"));
}
