use lede::base::mail::smtp::{Privacy, Smtp};
use url::Url;

fn of(url: &str) -> Option<Privacy> {
    Privacy::of(&Url::parse(url).unwrap())
}

#[test]
fn a_password_crosses_no_network_in_clear_unless_the_url_says_so() {
    assert_eq!(of("smtps://u:p@mail.website.example"), Some(Privacy::Wrapped));
    assert_eq!(of("smtp://u:p@mail.website.example"), Some(Privacy::Required));
    assert_eq!(of("smtp://u:p@127.0.0.1:2525"), Some(Privacy::Plain));
    assert_eq!(of("smtp://u:p@[::1]:2525"), Some(Privacy::Plain));
    assert_eq!(of("smtp://mail.website.example"), Some(Privacy::Offered));
    assert_eq!(of("smtp://u:p@mail.website.example?tls=none"), Some(Privacy::Plain));
    assert_eq!(of("http://mail.website.example"), None);
    assert_eq!(of("smtp://mail.website.example?tls=perhaps"), None);
}

#[test]
fn a_wrong_url_is_refused_without_telling_it() {
    for url in
        ["", "mail.website.example", "smtp://", "imap://secret@x.example", "smtp://%ff:secret@x.example"]
    {
        assert!(!Smtp::open(url, "website.example").unwrap_err().contains("secret"), "{url}");
    }
    assert!(Smtp::open("smtps://u:p@mail.website.example", "website.example").is_ok());
}
