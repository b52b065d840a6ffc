use lede::base::text::email::EmailAddress;

#[test]
fn the_local_part_stays_as_typed_and_compares_without_case() {
    let address = EmailAddress::parse("  Ada.L+news@Bücher.Example ").unwrap();
    assert_eq!(address.as_str(), "Ada.L+news@xn--bcher-kva.example");
    assert_eq!(address.key(), "ada.l+news@xn--bcher-kva.example");
}

#[test]
fn what_mail_servers_would_misread_is_refused() {
    for text in [
        "",
        "@",
        "a@",
        "@b.example",
        "a b@c.example",
        "\"a b\"@c.example",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a..b@c.example",
        "a@b..example",
        "a@-b.example",
        "a\r\nBcc: x@y.example",
        "a@b.example\r\nBcc: x@y.example",
        "(c)a@b.example",
        "@relay.example:a@b.example",
        "Ada <a@b.example>",
    ] {
        assert!(EmailAddress::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(EmailAddress::parse("jörg@b.example").unwrap_err().code, "email-not-ascii");
}

#[test]
fn a_mailbox_has_several_addresses() {
    let mailbox = |text: &str| EmailAddress::parse(text).unwrap().mailbox();
    for text in ["adalove@gmail.com", "Ada.Love@gmail.com", "a.d.a.love+news+x@GoogleMail.com"] {
        assert_eq!(mailbox(text), "adalove@gmail.com", "{text}");
    }
    assert_eq!(mailbox("Ada.Love+news@Reader.example"), "ada.love@reader.example");
    assert_eq!(mailbox("ada@gmail.com.example"), "ada@gmail.com.example");
}
