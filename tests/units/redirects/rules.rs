use lede::base::text::address::Address;
use lede::redirects::rules::RuleFormat;
use proptest::prelude::*;

/// The rule that an alias makes.
fn rule(format: RuleFormat, alias: &str) -> Option<String> {
    format.rule(&Address::parse(alias)?.path, Some("https://website.example/tides"), 301)
}

#[test]
fn a_path_becomes_a_rule() {
    for (alias, netlify, nginx) in [
        ("/2019/tides/", "/2019/tides", "/2019/tides"),
        ("/Marée.html", "/Mar%C3%A9e.html", "/Marée.html"),
        ("/a b", "/a%20b", "/a b"),
        ("/a;b{c}$d", "/a;b%7Bc%7D$d", "/a;b{c}$d"),
        ("/\"quoted\"", "/%22quoted%22", "/\\\"quoted\\\""),
        ("/a%5Cb", "/a%5Cb", "/a\\\\b"),
        ("/~^/.*", "", "/~^/.*"),
    ] {
        let to = "https://website.example/tides";
        let wanted = (!netlify.is_empty()).then(|| format!("{netlify} {to} 301\n"));
        assert_eq!(rule(RuleFormat::Netlify, alias), wanted, "{alias}");
        let wanted = format!("\"{nginx}\" \"{to}\";\n\"{nginx}/\" \"{to}\";\n");
        assert_eq!(rule(RuleFormat::Nginx, alias), Some(wanted), "{alias}");
    }
}

#[test]
fn what_a_form_cannot_say_is_left_out() {
    for alias in ["/*", "/blog/*", "/:year/:month", "/talk:tides", "/?p=12", "/a?b"] {
        assert_eq!(rule(RuleFormat::Netlify, alias), None, "{alias}");
    }
    for alias in ["/?p=12", "/a%0A%22;%20return%20200", "/a%E9", "/a%7Fb"] {
        assert_eq!(rule(RuleFormat::Nginx, alias), None, "{alias}");
    }
    for format in [RuleFormat::Netlify, RuleFormat::Nginx] {
        for to in ["https://website.example/a b", "https://website.example/a\n/* /evil", "\u{7}"] {
            assert_eq!(format.rule("/a", Some(to), 301), None, "{to:?}");
        }
    }
}

#[test]
fn other_statuses_are_said_as_far_as_a_form_can() {
    let to = Some("https://website.example/x$y");
    let rule = |format: RuleFormat, to, status| format.rule("/a", to, status);
    assert_eq!(rule(RuleFormat::Netlify, to, 302).unwrap(), "/a https://website.example/x$y 302\n");
    assert_eq!(rule(RuleFormat::Netlify, None, 410), None);
    let line = "\"302 https://website.example/x%24y\";\n";
    assert_eq!(rule(RuleFormat::Nginx, to, 302).unwrap(), format!("\"/a\" {line}\"/a/\" {line}"));
    assert_eq!(rule(RuleFormat::Nginx, None, 410).unwrap(), "\"/a\" \"410\";\n\"/a/\" \"410\";\n");
}

#[test]
fn whatever_an_alias_holds_it_makes_one_rule_of_its_own() {
    proptest!(|(alias in "/[ -~\\n\\t\\\\\"%$é/]{0,40}")| {
        if let Some(line) = rule(RuleFormat::Netlify, &alias) {
            let words: Vec<&str> = line.split_whitespace().collect();
            prop_assert_eq!((words.len(), words[2], line.matches('\n').count()), (3, "301", 1));
        }
        if let Some(lines) = rule(RuleFormat::Nginx, &alias) {
            for line in lines.lines() {
                // As nginx reads it: a backslash takes the next character along, a quote ends.
                let mut ends = 0;
                let mut chars = line.chars();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => { chars.next(); }
                        '"' => ends += 1,
                        _ => {}
                    }
                }
                prop_assert_eq!(ends, 4, "{}", line);
                prop_assert!(line.ends_with("\" \"https://website.example/tides\";"));
            }
            prop_assert_eq!(lines.lines().count(), 2);
        }
    });
}
