use lede::base::text::markdown::{Policy, Rendered, render};

fn one(markdown: &str) -> Rendered {
    render(&[markdown], &Policy::default()).remove(0)
}

/// How deep quotations, lists and their items stand in each other.
fn deepest(html: &str) -> usize {
    let (mut depth, mut deepest) = (0, 0);
    for tag in html.split('<').skip(1) {
        let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap();
        if ["blockquote", "ul", "ol", "li"].contains(&name) {
            depth = if tag.starts_with('/') { depth - 1 } else { depth + 1 };
            deepest = deepest.max(depth);
        }
    }
    deepest
}

#[test]
fn usual_documents_are_left_alone() {
    assert_eq!(deepest(&one("> - 1. a").html), 5);
    assert_eq!(deepest(&one("a\n\n- b\n  - c").html), 4);
    assert_eq!(one("").html, "");
    assert_eq!(one(&"- ".repeat(300)).html, "<hr>\n");
    let code = one(&format!("```\n{}\n```", ">".repeat(300)));
    assert_eq!(code.all_text, ">".repeat(300));
}

#[test]
fn towers_are_cut_at_their_length() {
    for marker in [">", "> ", "- ", "1. ", "- > "] {
        let rendered = one(&(marker.repeat(1000) + "a\r\nb"));
        let depth = deepest(&rendered.html);
        assert!((90..=201).contains(&depth), "{marker}: {depth}");
        assert!(
            rendered.all_text.ends_with("a b") && rendered.all_text.contains('x'),
            "{marker}: {}",
            rendered.all_text
        );
    }
}
