use lede::base::clock::Timestamp;
use lede::base::text::Locale;
use lede::base::text::address::{Address, is_reserved};
use lede::base::text::slug::Slug;
use lede::render_context::Website;

#[test]
fn an_address_is_told_from_others_as_web_servers_do_it() {
    for (text, path, key) in [
        ("/2019/tides", "/2019/tides", "/2019/tides"),
        ("/2019/Tides/", "/2019/Tides", "/2019/tides"),
        ("/%74ides", "/%74ides", "/tides"),
        ("/marée", "/mar%C3%A9e", "/marée"),
        ("/mar%c3%89e/", "/mar%c3%89e", "/marée"),
        ("/caf%E9", "/caf%E9", "/caf%e9"),
        ("/a/../b/./c", "/b/c", "/b/c"),
        ("/a%2f%2F", "/a%2f%2F", "/a"),
        ("/a b\"c", "/a%20b%22c", "/a b\"c"),
        ("/a\nb", "/ab", "/ab"),
        ("/?p=12", "/?p=12", "?p=12"),
        ("/a/?x=Y z", "/a?x=Y%20z", "/a?x=Y%20z"),
        // A question mark or a fragment in the path is none of the query.
        ("/a%3Fb", "/a%3Fb", "/a%3fb"),
        ("/a%23b", "/a%23b", "/a%23b"),
        ("/a?b", "/a?b", "/a?b"),
        ("/%2525", "/%2525", "/%2525"),
        // What is no UTF-8 leaves the rest as it is.
        ("/%61dmin/%FF", "/%61dmin/%FF", "/admin/%ff"),
        ("/%C3%A9%C3/x%0A", "/%C3%A9%C3/x%0A", "/é%c3/x%0a"),
        // Encoded slashes and dots, empty segments, backslashes.
        ("/a%2F..%2Fb", "/a%2F..%2Fb", "/b"),
        ("/a//b/%2E/c", "/a//b/c", "/a/b/c"),
        ("/a%5Cb\\c", "/a%5Cb/c", "/a/b/c"),
    ] {
        let address = Address::parse(text).unwrap();
        assert_eq!((address.path.as_str(), address.key.as_str()), (path, key), "{text}");
    }
}

#[test]
fn whatever_the_server_serves_is_reserved() {
    let served = lede::server::routes::endpoints().map(|endpoint| endpoint.path.replace(['{', '}'], ""));
    for path in served.chain(["/docs/".to_owned()]) {
        assert!(is_reserved(&Address::parse(&path).unwrap().key), "{path}");
    }
    for path in [
        "/%61dmin/%FF",
        "/AdMin/x",
        "/x/../admin/y",
        "/x%2f%2e%2e%2fadmin/y",
        "/x//../../admin/y",
        "/x/..%2fadmin",
        "/admin%2Fx",
        "/admin;a=b/x",
        "/admin%3Bx",
        "/v1./articles",
        "/v1%20/articles",
        "/docs%5Cx",
        "/%2e/health",
        "/feeds?x",
        "/feed.xml",
        "/robots.txt",
    ] {
        assert!(is_reserved(&Address::parse(path).unwrap().key), "{path}");
    }
    for path in [
        "/tides",
        "/articles/tides",
        "/2019/feed",
        "/?p=12",
        "/administration",
        "/admin%3Fx",
        "/admin-x/y",
        "/x;admin",
        "/ädmin",
    ] {
        assert!(!is_reserved(&Address::parse(path).unwrap().key), "{path}");
    }
}

#[test]
fn an_address_tells_the_slug_that_made_it() {
    let [english, austrian] = ["en", "de-AT"].map(|text| Locale::parse(text).unwrap());
    let slug = Slug::parse("ebbe-2").unwrap();
    let published_at = Timestamp::parse("0987-06-05T23:59:59Z").unwrap();
    for (url, article_path, locale, path) in [
        ("https://website.example", "/{slug}", &austrian, "/ebbe-2"),
        (
            "https://website.example/Blog",
            "/{locale}/read-{slug}.html",
            &austrian,
            "/Blog/de-AT/read-ebbe-2.html",
        ),
        ("https://website.example", "/{slug}-artikel/", &austrian, "/ebbe-2-artikel"),
        ("https://website.example", "/écrits/{slug}/{slug}", &austrian, "/%C3%A9crits/ebbe-2/ebbe-2"),
        ("https://website.example", "/{locale?}/{year}/{slug}", &english, "/0987/ebbe-2"),
        ("https://website.example", "/{locale?}/{year}/{slug}", &austrian, "/de-AT/0987/ebbe-2"),
        ("https://website.example", "/{slug}/{locale?}/", &english, "/ebbe-2"),
        ("https://website.example", "/{slug}-{day}-{month}/{year}", &english, "/ebbe-2-05-06/0987"),
    ] {
        let website = Website::new(url.to_owned(), article_path, &english);
        let address = Address::of_article(&website, locale, &slug, published_at).unwrap();
        assert_eq!(address.path, path, "{article_path}");
        assert_eq!(address.slug(&website, locale).as_ref(), Some(&slug), "{article_path}");
        let other = Address::parse("/elsewhere/ebbe-2").unwrap();
        let slug = other.slug(&website, locale);
        let made = slug.and_then(|slug| Address::of_article(&website, locale, &slug, published_at));
        assert!(made.is_none_or(|made| made.key != other.key), "{article_path}");
    }
}

#[test]
fn what_no_redirect_can_lead_from_is_none() {
    let long = format!("/{}", "é".repeat(400));
    for text in ["", "/", "//", "/./", "/%2F", "a", "/a#b", "/x/..//evil.example", "/a%00b", long.as_str()] {
        assert_eq!(Address::parse(text), None, "{text}");
    }
}
