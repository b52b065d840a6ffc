use lede::base::clock::Timestamp;
use lede::base::text::front_matter::{Cover, FrontMatter, Seo, TermName, split, write};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

fn read(document: &str) -> FrontMatter {
    split(document).unwrap().0
}

fn name(text: &str) -> TermName {
    TermName { name: Some(text.into()), slug: None }
}

#[test]
fn every_listed_key_has_its_place() {
    let (found, rest) = split(
        "---\ntitle: Tides\nslug: tides\ndate: 2024-03-05\nlastmod: 2024-03-06 10:00:00 +0100\ndraft: true\ndescription: >-\n  Two\n  lines\nsubtitle: 1984\ntags: [sea, 2024]\ncategories: sea, Slack water\nauthor: Ada Hill\nheroImage: /a.png\nlang: en\naliases:\n  - /old\npermalink: /older/\ncanonical_url: https://a.example/\nlayout: post\n---\n\n# Body\n",
    )
    .unwrap();
    assert_eq!(rest, "\n# Body\n");
    assert_eq!(found.title.as_deref(), Some("Tides"));
    assert_eq!(found.subtitle.as_deref(), Some("1984"));
    assert_eq!(found.summary.as_deref(), Some("Two lines"));
    assert_eq!(found.published_at.unwrap().to_string(), "2024-03-05T00:00:00.000000Z");
    assert_eq!(found.draft, Some(true));
    assert_eq!(found.topics, ["sea", "2024", "Slack water"].map(name));
    assert_eq!(found.authors, [name("Ada Hill")]);
    assert_eq!(found.cover.unwrap().url, "/a.png");
    assert_eq!(found.locale.as_deref(), Some("en"));
    assert_eq!(found.aliases, ["/old", "/older/"]);
    assert_eq!(found.seo.canonical_url.as_deref(), Some("https://a.example/"));
    // An article has no such time of its own.
    assert_eq!(
        Value::Object(found.custom),
        json!({"lastmod": "2024-03-06 10:00:00 +0100", "layout": "post"})
    );
    assert_eq!(found.left_out, Vec::<String>::new());
}

#[test]
fn toml_and_json_say_the_same_as_yaml() {
    let yaml = read(
        "---\ntitle: Tides\npubDate: Jul 08 2022\npublished: false\nauthors: [{name: Ada, slug: ada}, Bo]\nextra: {a: [1, 2.5]}\n---\n",
    );
    let toml = read(
        "+++\ntitle = 'Tides'\npubDate = 2022-07-08\npublished = false\nauthors = [{name = 'Ada', slug = 'ada'}, 'Bo']\n[extra]\na = [1, 2.5]\n+++\n",
    );
    let json = read(
        "{\"title\": \"Tides\", \"pubDate\": \"2022-07-08\", \"published\": false, \"authors\": [{\"name\": \"Ada\", \"slug\": \"ada\"}, \"Bo\"], \"extra\": {\"a\": [1, 2.5]}}\n",
    );
    assert_eq!(yaml.draft, Some(true));
    assert_eq!(yaml.authors.len(), 2);
    assert_eq!(yaml, toml);
    assert_eq!(yaml, json);
    assert_eq!(split("{\"title\": \"a\"}\n\nText").unwrap().1, "\nText");
}

#[test]
fn the_rules_for_json_hold_in_every_language() {
    let raw = "$serde_json::private::RawValue";
    let deep = format!("{}{}", "[".repeat(70), "]".repeat(70));
    let documents = [
        format!("---\nx: {{\"{raw}\": \"[[1]]\"}}\n---\n"),
        format!("+++\nx = {{\"{raw}\" = \"[[1]]\"}}\n+++\n"),
        format!("{{\"x\": {{\"{raw}\": \"[[1]]\"}}}}\n"),
        format!("---\nx: {deep}\n---\n"),
        format!("+++\nx = {deep}\n+++\n"),
        format!("{{\"x\": {deep}}}\n"),
        format!("+++\n[{}x]\n+++\n", "x.".repeat(70)),
        format!("+++\n{}x = 1\n+++\n", "x.".repeat(70)),
        format!("+++\n{}x = 1\n+++\n", "x.".repeat(30_000)),
        "{\"x\": 1e999}\n".to_owned(),
        "---\nx: {a: 1, a: 2}\n---\n".to_owned(),
        "+++\nx = {a = 1, a = 2}\n+++\n".to_owned(),
        "{\"x\": {\"a\": 1, \"a\": 2}}\n".to_owned(),
    ];
    for document in documents {
        let told = split(&document).map(|(found, _)| found.custom);
        assert_eq!(told.unwrap_err().code, "front-matter-malformed", "{document:.60}");
    }
    let kept =
        read("+++\nx = {\"$__toml_private_datetime\" = \"1979-05-27\"}\ny = [1979-05-27]\n+++\n").custom;
    assert_eq!(Value::Object(kept), json!({"x": "1979-05-27", "y": ["1979-05-27"]}));
}

#[test]
fn a_value_of_an_unusable_type_is_kept_as_custom() {
    let found = read(
        "---\ntitle: [a]\ndate: soon\ntags: {a: b}\ncover: {alt: x}\nid: 7\nseo: {x: y}\nsummary:\nempty:\n---\n",
    );
    assert_eq!(
        Value::Object(found.custom.clone()),
        json!({"title": ["a"], "date": "soon", "tags": {"a": "b"}, "cover": {"alt": "x"}, "id": 7, "seo": {"x": "y"}, "empty": null})
    );
    assert_eq!(found.unreadable_date.as_deref(), Some("soon"));
    assert_eq!(read(&write(&found)), FrontMatter { unreadable_date: None, ..found });
}

#[test]
fn scalars_stay_as_they_were_written() {
    let yaml = "---\ntitle: 1.10\nsubtitle: 007\nsummary: 2016-09-26\nreading: .nan\nlimit: -.Inf\nmask: 0x1F\nlong: 1_000\n\
                big: 123456789012345678901234567890\nhuge: 1e999\nsmall: 1e3\nplus: +5\nzip: 00501\nlist: [1, 1.50, .inf]\n\
                same: &a 2.0\nalias: *a\nrate: 2.5\ncount: -3\nquoted: \"1.10\"\ntrue: true\nno: No\n404: x\n---\n";
    let found = read(yaml);
    assert_eq!((found.title.as_deref(), found.subtitle.as_deref()), (Some("1.10"), Some("007")));
    let kept = json!({
        "reading": ".nan", "limit": "-.Inf", "mask": "0x1F", "long": "1_000", "big": "123456789012345678901234567890",
        "huge": "1e999", "small": "1e3", "plus": "+5", "zip": "00501", "list": [1, "1.50", ".inf"], "same": 2.0,
        "alias": 2.0, "rate": 2.5, "count": -3, "quoted": "1.10", "true": true, "no": "No", "404": "x"
    });
    assert_eq!(Value::Object(found.custom), kept);
    assert_eq!(read("---\ntitle: true\n---\n").title.as_deref(), Some("true"));
    let toml = read("+++\ntitle = 1984\na = inf\nb = [-nan]\nc = -inf\n+++\n");
    assert_eq!(toml.title.as_deref(), Some("1984"));
    assert_eq!(Value::Object(toml.custom), json!({"a": "inf", "b": ["nan"], "c": "-inf"}));
    assert_eq!(read("{\"title\": 1984, \"tags\": [1, true]}\n").topics, ["1", "true"].map(name));
}

#[test]
fn one_bad_item_never_spoils_its_list() {
    for document in [
        "---\ntags: [sea, null, 1.10, true, {a: b}, '', fog]\nauthors: [~, Ada, [x]]\naliases: [/a, null, {b: c}]\n---\n",
        "{\"tags\": [\"sea\", null, \"1.10\", true, {\"a\": \"b\"}, \"\", \"fog\"], \"authors\": [null, \"Ada\", [\"x\"]], \"aliases\": [\"/a\", null, {\"b\": \"c\"}]}\n",
    ] {
        let found = read(document);
        assert_eq!(found.topics, ["sea", "1.10", "true", "fog"].map(name), "{document}");
        assert_eq!(found.authors, [name("Ada")]);
        assert_eq!(found.aliases, ["/a"]);
        let left = json!({"tags": {"a": "b"}, "authors": ["x"], "aliases": {"b": "c"}});
        assert_eq!(Value::Object(found.custom), left);
    }
    let toml = read("+++\ntags = ['sea', 2024, {a = 'b'}, 'fog']\n+++\n");
    assert_eq!(toml.topics, ["sea", "2024", "fog"].map(name));
}

#[test]
fn front_matter_may_stand_after_blank_lines() {
    let bodies =
        ["---\ntitle: Blank\n---\nText", "+++\ntitle = 'Blank'\n+++\nText", "{\"title\": \"Blank\"}\nText"];
    for before in ["\n", "\n\n\n", "\r\n", " \t\n", "\u{feff}\n", "\n\u{feff}", "\u{a0}\n"] {
        for body in bodies {
            let document = format!("{before}{body}");
            let (found, rest) = split(&document).unwrap();
            assert_eq!((found.title.as_deref(), rest), (Some("Blank"), "Text"), "{document:?}");
        }
    }
    for document in ["\n\n---\na: [b\n---\n", "\n\n+++\na = \n+++\n", "\n\n\n{\"a\" 1}\n"] {
        assert!(split(document).unwrap_err().detail.contains("line 4"), "{:?}", split(document));
    }
    for document in ["\n---\nTwo rules\n---\n", "\n  text", "\n\n"] {
        assert_eq!(split(document).unwrap(), (FrontMatter::default(), document));
    }
}

#[test]
fn a_date_that_cannot_be_read_is_kept_and_told() {
    for (date, unreadable) in [
        ("2016-09-26 9:05", None),
        ("1474885230", None),
        ("02/03/2024", Some("02/03/2024")),
        ("[a]", Some("[\"a\"]")),
        ("[[2030-01-05]]", Some("[[\"2030-01-05\"]]")),
        ("{year: 2030}", Some("{\"year\":2030}")),
        ("true", Some("true")),
        ("''", Some("")),
        ("2016", Some("2016")),
        ("null", None),
    ] {
        let found = read(&format!("---\ndate: {date}\n---\n"));
        assert_eq!(found.unreadable_date.as_deref(), unreadable, "{date}");
        assert_eq!(found.custom.contains_key("date"), unreadable.is_some(), "{date}");
    }
    for key in ["publishDate", "pubdate", "publishdate", "datePublished", "publishedAt", "published", "Date"]
    {
        let found = read(&format!("---\n{key}: 2030-01-01\n---\n"));
        assert_eq!(
            found.published_at.map(|at| at.to_string()[..10].to_owned()).as_deref(),
            Some("2030-01-01"),
            "{key}"
        );
        assert_eq!(found.draft, None, "{key}");
        let found = read(&format!("---\n{key}: soon\n---\n"));
        assert_eq!(found.unreadable_date.as_deref(), Some("soon"), "{key}");
    }
    assert_eq!(read("---\npubDate: 2024-01-02\ndate: soon\n---\n").unreadable_date, None);
}

#[test]
fn what_may_say_that_it_is_a_draft_makes_it_one() {
    for (written, draft) in [
        ("draft: true", Some(true)),
        ("draft: 1", Some(true)),
        ("draft: 0", Some(true)),
        ("draft: [true]", Some(true)),
        ("draft: wip", Some(true)),
        ("Draft: true", Some(true)),
        ("draft: off", Some(false)),
        ("draft: null", None),
        ("draft: null\npublished: false", Some(true)),
        ("published: true", Some(false)),
        ("published: perhaps", Some(true)),
        ("published: perhaps\ndate: 2024-01-02", Some(true)),
        ("published: 2024-01-01\ndate: 2024-01-02", None),
        ("date: 2024-01-02", None),
        ("draft: false\npublished: false", Some(true)),
        ("draft: true\npublished: true", Some(true)),
        ("status: draft", Some(true)),
        ("Status: Draft", Some(true)),
        ("status: pending\npublished: true", Some(true)),
        ("status: private\ndraft: false", Some(true)),
        ("status: published", None),
        ("status: evergreen\ndraft: false", Some(false)),
    ] {
        assert_eq!(read(&format!("---\n{written}\n---\n")).draft, draft, "{written}");
    }
}

#[test]
fn what_has_no_place_is_told() {
    let found = read(
        "---\nupdated_at: 2024-01-02\nlayout: post\nlang: en\ncover: {url: /a.jpg, src: /b.jpg, credit: Ada, width: wide, note: ''}\n\
         authors: [{name: Ada, url: /ada, bio: Writes.}, {name: Bo, bio: Draws., slug: null}, Cy]\n\
         tags: [{slug: sea, color: blue}]\ncustom: {layout: page, updated_at: 2024-01-02, mood: calm}\n---\n",
    );
    let custom = json!({"layout": "page", "updated_at": "2024-01-02", "mood": "calm"});
    assert_eq!(Value::Object(found.custom), custom);
    let names =
        ["authors.url", "authors.bio", "topics.color", "cover.src", "cover.credit", "cover.width", "layout"];
    let mut told = found.left_out;
    told.sort();
    let mut wanted = names.to_vec();
    wanted.sort_unstable();
    assert_eq!(told, wanted);
    // What is kept as it is, is not left out.
    let found = read("---\ncover: {credit: Ada}\nauthors: [{bio: Writes.}]\n---\n");
    assert_eq!(found.left_out, Vec::<String>::new());
    let kept = json!({"cover": {"credit": "Ada"}, "authors": {"bio": "Writes."}});
    assert_eq!(Value::Object(found.custom), kept);
}

#[test]
fn documents_without_front_matter_are_markdown_as_a_whole() {
    for document in [
        "",
        "Text",
        "---",
        "---\nno end",
        "----\na: b\n---\n",
        "{{< note >}}",
        "---\njust text\n---\nmore",
        " ---\na: b\n---",
        "+++",
    ] {
        assert_eq!(split(document).unwrap(), (FrontMatter::default(), document), "{document}");
    }
    assert_eq!(split("---\n---\nText").unwrap(), (FrontMatter::default(), "Text"));
    assert_eq!(split("\u{feff}---\r\ntitle: a\r\n---\r\nText").unwrap().1, "Text");
}

#[test]
fn broken_syntax_is_refused_with_its_line() {
    for (document, line) in [
        ("---\na: b\nc: [d\n---\n", "line 3"),
        ("+++\na = 1\nb = \n+++\n", "line 3"),
        ("{\"a\": 1,\n\"b\" 2}\n", "line 2"),
    ] {
        let invalid = split(document).unwrap_err();
        assert_eq!(invalid.code, "front-matter-malformed");
        assert!(invalid.detail.contains(line), "{}", invalid.detail);
    }
}

#[test]
fn bombs_and_long_front_matter_are_refused() {
    let mut aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..9 {
        let before = format!("*a{},", n - 1).repeat(10);
        let line = format!("a{n}: &a{n} [{before}]\n");
        aliases.push_str(&line);
    }
    let bomb = format!("---\n{aliases}---\n");
    assert_eq!(split(&bomb).unwrap_err().code, "front-matter-malformed");
    assert_eq!(
        split(&format!("---\na: {}\n---\n", "x".repeat(70_000))).unwrap_err().code,
        "front-matter-too-long"
    );
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~\n\t]{0,20}",
        prop::sample::select(vec![
            "yes",
            "null",
            "~",
            "2024-01-01",
            "1e3",
            "0x1F",
            "---",
            "...",
            "- a",
            "a: b",
            "'",
            "\"",
            "\u{85}",
            "\u{feff}",
            "\u{2028}",
            "<<",
            "",
            " ",
            ".nan",
            "\u{fffe}\u{7f}"
        ])
        .prop_map(str::to_owned),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1_000_000_i32..1_000_000).prop_map(|n| Value::from(f64::from(n) / 8.0)),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any_text(), inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

fn any_map() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((any_text(), any_value()), 0..4).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_as_the_same_value(
        texts in prop::collection::vec(prop::option::of(any_text()), 8), custom in any_map(), sections in any_map(),
        flags in prop::array::uniform3(prop::option::of(any::<bool>())), seconds in prop::option::of(-1_000_000_000_i64..4_000_000_000),
        names in prop::collection::vec(any_text(), 0..4),
    ) {
        let mut names: Vec<String> = names.into_iter().filter(|name: &String| !name.trim().is_empty()).collect();
        names.sort();
        names.dedup();
        let [title, subtitle, slug, locale, summary, translation_of, alt, canonical_url] = <[Option<String>; 8]>::try_from(texts).unwrap();
        let written = FrontMatter {
            id: seconds.map(|n| Uuid::from_u128(u128::from(n.unsigned_abs()))),
            title, subtitle, slug, locale, summary, translation_of: translation_of.map(Some),
            published_at: seconds.and_then(|n| Timestamp::from_micros(n * 1_000_000).ok()),
            unreadable_date: None, draft: flags[0], featured: flags[1], listed: flags[2],
            authors: names.iter().map(|name| TermName { name: Some(name.clone()), slug: alt.clone().filter(|slug| !slug.trim().is_empty()) }).collect(),
            topics: names.iter().map(|name| TermName { name: Some(name.clone()), slug: None }).collect(), aliases: names,
            cover: alt.clone().map(|alt| Cover { url: alt.clone(), alt: Some(alt), width: Some(7), ..Cover::default() }),
            seo: Seo { canonical_url, noindex: flags[0], ..Seo::default() },
            custom, sections, left_out: Vec::new(),
        };
        let document = write(&written) + "Text";
        let (read, rest) = split(&document).unwrap();
        prop_assert_eq!(rest, "\nText");
        prop_assert_eq!(read, written, "{}", document);
    }
}
