use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Parser as _;
use lede::base::config::Config;
use lede::base::http::json::sha256;
use lede::base::templates::{Language, Templates, samples};
use lede::base::text::Locale;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{Environment, Value, context};

#[derive(clap::Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

fn config(folder: Option<&Path>) -> Config {
    let mut config = Settings::parse_from(["lede"]).config;
    config.mail.templates_dir = folder.map(Path::to_path_buf);
    config
}

/// Opens a folder with these files.
fn with(files: &[(&str, &str)]) -> Result<Templates, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    Templates::open(&config(Some(folder.path())))
        .map_err(|why| why.replace(&folder.path().display().to_string(), "FOLDER"))
}

fn locale(tag: &str) -> Locale {
    Locale::parse(tag).unwrap()
}

/// The files that are compiled in, by name.
fn files() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/base/templates");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending != "rs"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The sentences of a language, each with the names of what is put into it.
fn sentences(words: &str) -> BTreeMap<String, BTreeSet<String>> {
    let tables: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(words).unwrap();
    let mut sentences = BTreeMap::new();
    for (table, words) in tables {
        for (name, sentence) in words {
            let places = sentence.split('{').skip(1).map(|rest| rest.split('}').next().unwrap().to_owned());
            sentences.insert(format!("{table}.{name}"), places.collect());
        }
    }
    sentences
}

#[test]
fn every_file_of_the_folder_is_compiled_in() {
    let why = with(&[("unknown", "")]).unwrap_err();
    let (_, names) = why.split_once("there are ").unwrap();
    assert_eq!(names.split(", ").collect::<Vec<_>>(), files().keys().collect::<Vec<_>>());
}

/// A server renders everything at startup only if a file is replaced.
#[test]
fn what_is_compiled_in_renders() {
    with(&[("page.css", &files()["page.css"])]).unwrap();
}

#[test]
fn every_language_has_the_same_texts_with_the_same_placeholders() {
    let files = files();
    for (name, words) in files.iter().filter(|(name, _)| name.ends_with(".toml")) {
        assert_eq!(sentences(words), sentences(&files["en.toml"]), "{name}");
    }
}

#[test]
fn every_text_is_used() {
    let files = files();
    let asked = Arc::new(Mutex::new(BTreeSet::new()));
    let kept = asked.clone();
    let t = Value::from_function(move |key: &str, _: Kwargs| {
        kept.lock().unwrap().insert(key.to_owned());
        String::new()
    });
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().unwrap());
    environment.add_filter("wrap", |text: String| text);
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".html") || name.ends_with(".txt")) {
        environment.add_template(name, text).unwrap();
    }
    for (name, context) in samples::all() {
        environment.get_template(name).unwrap().render(context! { t => t.clone(), ..context }).unwrap();
        if let Some(mail) = name.strip_suffix(".txt") {
            asked.lock().unwrap().insert(format!("{mail}.subject"));
        }
    }
    assert_eq!(*asked.lock().unwrap(), sentences(&files["en.toml"]).into_keys().collect());
}

#[test]
fn what_is_put_in_is_escaped_on_pages_and_not_in_plain_text() {
    let mut config = config(None);
    config.site.title = "Tides & <Häfen> \"by\" 'us'/x".into();
    let templates = Templates::open(&config).unwrap();
    let urls = context! { confirm_url => "https://a.example/?a=1&b=2", unsubscribe_url => "" };
    let email = templates.email(&templates.site(), "confirmation_email", &urls).unwrap();
    assert_eq!(email.subject, format!("Confirm your subscription to {}", config.site.title));
    assert!(email.text.contains(&config.site.title) && email.text.contains("?a=1&b=2\n"), "{}", email.text);
    assert!(email.html.contains("mail from Tides &amp; &lt;Häfen&gt; &quot;by&quot; &#39;us&#39;/x at this"));
    assert!(email.html.contains("href=\"https://a.example/?a=1&amp;b=2\""), "{}", email.html);
}

#[test]
fn a_page_says_its_language_and_the_policy_its_style() {
    let templates =
        with(&[("page.css", "h1{color:red}\r\n"), ("he.toml", "[unsubscribed]\nheading = \"שלום\"\n")])
            .unwrap();
    let context = context! { message => "unsubscribed", link => () };
    let page = |tag: &str| {
        templates.page(&templates.nearest(&locale(tag)), "message.html", context.clone()).unwrap()
    };
    assert!(page("de-AT").contains("<html lang=\"de\" dir=\"ltr\">"), "{}", page("de-AT"));
    let other = page("he");
    assert!(other.contains("<html lang=\"he\" dir=\"rtl\">") && other.contains("<h1>שלום</h1>"), "{other}");
    assert!(other.contains("We send you no more mail."), "what is missing is taken from English: {other}");
    let style = other.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    assert_eq!(style, "h1{color:red}\n");
    let hash = BASE64_STANDARD.encode(sha256(style.as_bytes()));
    assert!(templates.policy().contains(&format!("style-src 'sha256-{hash}'")), "{}", templates.policy());
}

#[test]
fn a_folder_replaces_one_text_and_keeps_the_others() {
    let files = [
        ("en.toml", "[unsubscribed]\nheading = \"Farewell\"\n"),
        ("de-AT.toml", "[unsubscribed]\nheading = \"Servus\"\n"),
    ];
    let templates = with(&files).unwrap();
    for (tag, heading, text) in [
        ("en", "<h1>Farewell</h1>", "no more mail"),
        ("de-AT", "<h1>Servus</h1>", "keine E-Mails mehr"),
        ("de-CH", "<h1>Sie haben unsere E-Mails abbestellt</h1>", "keine E-Mails mehr"),
        ("fr", "<h1>Farewell</h1>", "no more mail"),
    ] {
        let context = context! { message => "unsubscribed", link => () };
        let page = templates.page(&templates.nearest(&locale(tag)), "message.html", context).unwrap();
        assert!(page.contains(heading) && page.contains(text), "{tag}: {page}");
    }
}

#[test]
fn a_mistake_in_a_file_is_reported_in_one_line_that_names_it() {
    let broken = "{% extends \"page.html\" %}\n{% block content %}\n{{ subject }}\n{% endblock %}";
    let branch = "{% if link == 7 %}\n{{ links }}\n{% endif %}";
    for (name, text, wanted) in [
        ("message.html", "<p>\n{% if %}", "FOLDER/message.html: line 2: syntax error: "),
        ("message.html", broken, "FOLDER/message.html: there is no variable called subject"),
        ("message.html", branch, "FOLDER/message.html: there is no variable called links"),
        ("message.html", "{{ message.a.b }}", "FOLDER/message.html: line 1: undefined value"),
        ("message.html", "{% extends \"pages.html\" %}", "FOLDER/message.html: line 1: template not found: "),
        (
            "message.html",
            "\n{{ t(\"unsubscribed.hedding\") }}",
            "FOLDER/message.html: line 2: invalid operation: there is no text called unsubscribed.hedding",
        ),
        (
            "confirmation_email.txt",
            "{{ t(\"confirmation_email.text\") }}",
            "FOLDER/confirmation_email.txt: line 1: invalid operation: confirmation_email.text needs a value for site",
        ),
        (
            "confirmation_email.txt",
            "{{ site|shout }}",
            "FOLDER/confirmation_email.txt: line 1: unknown filter: ",
        ),
        ("page.html", "{{ message }}", "FOLDER/page.html: there is no variable called message"),
        ("page.css", "a{}</STYLE>", "FOLDER/page.css: a style sheet contains no </style"),
        (
            "mesage.html",
            "",
            "FOLDER/mesage.html: there is no such template; there are account_changed_email.html, ",
        ),
        ("german.toml", "", "FOLDER/german.toml: a translation file is named by a language tag"),
        ("de_at.toml", "", "FOLDER/de_at.toml: the file of that language is called de-AT.toml"),
        ("fr.toml", "[unsubscribed]\nheading = 1\n", "FOLDER/fr.toml: line 2: "),
        ("fr.toml", "[unsubscribed]\nheading\n", "FOLDER/fr.toml: line 2: "),
        (
            "fr.toml",
            "[unsubscribed]\nhedding = \"Adieu\"\n",
            "FOLDER/fr.toml: no template uses unsubscribed.hedding",
        ),
        (
            "fr.toml",
            "[unsubscribed]\nheading = \"Adieu {name}\"\n",
            "FOLDER/fr.toml: unsubscribed.heading: there is no placeholder {name}",
        ),
        (
            "fr.toml",
            "[unsubscribed]\nheading = \"Adieu {\"\n",
            "FOLDER/fr.toml: line 2: unsubscribed.heading: a brace is not closed",
        ),
        (
            "fr.toml",
            "[unsubscribed]\nheading = \" \"\n",
            "FOLDER/fr.toml: line 2: unsubscribed.heading: the text is empty",
        ),
    ] {
        let why = with(&[(name, text)]).unwrap_err();
        let why = why.strip_prefix("LEDE_TEMPLATES: ").unwrap();
        assert!(why.starts_with(wanted) && !why.contains('\n'), "{name} {text:?}: {why}");
    }
    let gone = Templates::open(&config(Some(Path::new("/nowhere/at/all")))).unwrap_err();
    assert!(gone.starts_with("LEDE_TEMPLATES: /nowhere/at/all: "), "{gone}");
    assert!(with(&[(".gitkeep", ""), ("message.html~", "{% if")]).is_ok());
}

#[test]
fn the_preferred_language_is_chosen() {
    let mut config = config(None);
    for (site, header, wanted) in [
        ("en", "de", Some("de")),
        ("en", "de-AT,de;q=0.9,en;q=0.8", Some("de")),
        ("en", "en;q=0.8, DE ; q=0.9", Some("de")),
        ("en", "fr, en;q=0.5, de;q=0.5", Some("en")),
        ("en", "fr-CH, it;q=0.9", None),
        ("en", "de;q=0", None),
        ("en", "de;q=0, *", Some("en")),
        ("de", "*", Some("de")),
        ("de", "*, de;q=0", None),
        ("en", "de;q=1.5, en;q=0.1", Some("en")),
        ("en", "de;q=0.1234, en;q=0.1", Some("en")),
        ("en", "de;level=1", None),
        ("en", "", None),
        ("en", ",;q=1,\u{e9}, d e", None),
    ] {
        config.site.locale = locale(site);
        let accepted = Templates::open(&config).unwrap().accepted(header);
        assert_eq!(accepted.as_ref().map(Language::tag), wanted, "{header}");
    }
}

#[test]
fn a_language_of_one_region_is_used_for_a_tag_without_one() {
    let templates = with(&[("pt-BR.toml", "[unsubscribed]\nheading = \"Tchau\"\n")]).unwrap();
    assert_eq!(templates.nearest(&locale("pt")).tag(), "pt-BR");
    assert_eq!(templates.nearest(&locale("pt-PT")).tag(), "en");
    assert_eq!(templates.accepted("pt, de;q=0.9").unwrap().tag(), "pt-BR");
}

#[test]
fn lines_of_mails_are_broken_at_blanks() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("test_email.txt"), "{{ site|wrap }}").unwrap();
    let mut config = config(Some(folder.path()));
    config.site.title = format!("{} {}\nnext", "word ".repeat(20), "x".repeat(100));
    let templates = Templates::open(&config).unwrap();
    let wrapped = templates.email(&templates.site(), "test_email", &context! {}).unwrap().text;
    assert!(wrapped.lines().all(|line| line.chars().count() <= 72 || !line.contains(' ')), "{wrapped}");
    assert_eq!(wrapped.split_whitespace().count(), config.site.title.split_whitespace().count());
    assert!(wrapped.ends_with("\nnext"));
}
