use lede::base::text::absolute::absolute;
use lede::base::text::html::to_markdown;
use lede::base::text::markdown::{Policy, render};
use url::Url;

#[test]
fn tags_and_texts_come_in_order() {
    let page = Url::parse("https://website.example/").unwrap();
    assert_eq!(
        absolute("a &amp; b<img src=\"x\"><p title=\"a&lt;b&gt;\">c &lt;d&gt;&nbsp;</p>", &page),
        "a &amp; b<img src=\"https://website.example/x\"><p title=\"a&lt;b&gt;\">c &lt;d&gt;\u{a0}</p>"
    );
}

#[test]
fn a_tag_with_thousands_of_attributes_is_refused() {
    let tag = format!("<p {}>", "a ".repeat(50_000));
    assert_eq!(to_markdown(&format!("{tag}b")).unwrap().markdown, "");
    let rendered = render(&[&tag], &Policy::default()).remove(0);
    assert_eq!(rendered.warnings[0].detail, "A tag with thousands of attributes.");
    assert_eq!(to_markdown("").unwrap().markdown, "");
}

#[test]
fn thousands_of_words_are_no_attributes() {
    let text = "a < b ".repeat(5_000);
    assert_eq!(
        to_markdown(&format!("<p>{text}")).unwrap().markdown,
        format!("{}\n", text.trim_end().replace("< ", "\\< "))
    );
}
