//! Settings: a wrong one stops the start with one clear line, and no secret is ever shown.

use std::net::TcpListener;
use std::process::Output;

use clap::CommandFactory as _;

use crate::executable::{SECRET, Serving, lede, lede_on, run};
use crate::test_database::TestDatabase;

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// The one line that says why, whatever else was logged.
#[track_caller]
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = text(&output.stderr);
    let lines: Vec<&str> =
        said.lines().filter(|line| line.starts_with("lede: ") || line.starts_with("error: ")).collect();
    let [line] = lines.as_slice() else { panic!("not one line: {said}") };
    assert!(!said.contains("panicked"), "{said}");
    (*line).to_owned()
}

#[test]
fn a_wrong_setting_stops_the_start() {
    for (name, value, wanted) in [
        ("LEDE_BIND", "nowhere", "--bind"),
        ("LEDE_BIND", "127.0.0.1:99999", "--bind"),
        ("LEDE_DATABASE_URL", "mysql://localhost/lede", "neither sqlite:// nor postgres://"),
        ("LEDE_DATABASE_URL", "lede.db", "neither sqlite:// nor postgres://"),
        ("LEDE_DATABASE_URL", "sqlite://", "names a file"),
        ("LEDE_DATABASE_URL", "sqlite:///nowhere/at/all.db", "/nowhere/at/all.db"),
        ("LEDE_DATABASE_URL", "postgres://lede@127.0.0.1:1/lede", "127.0.0.1"),
        ("LEDE_SECRET", "short", "32 characters"),
        ("LEDE_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "eight of them different"),
        ("LEDE_BASE_URL", "cms.example", "--base-url"),
        ("LEDE_WEBSITE_URL", "ftp://website.example", "an http or https URL"),
        ("LEDE_ARTICLE_PATH", "articles", "{slug}"),
        ("LEDE_LOCALE", "english please", "--locale"),
        ("LEDE_DATABASE_CONNECTIONS", "0", "1..=256"),
        ("LEDE_DRAIN_SECONDS", "soon", "--drain-seconds"),
        ("LEDE_SECURITY_CONTACT", "security@website.example", "mailto:"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = run(lede().current_dir(&folder).env(name, value).arg("serve"), "");
        let line = refusal(&refused);
        assert!(line.contains(wanted), "{name}={value}: {line}");
    }
}

#[test]
fn a_port_that_is_taken_stops_the_start() {
    let database = TestDatabase::fresh();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let refused = run(lede_on(&database).env("LEDE_BIND", &address).arg("serve"), "");
    assert_eq!(refusal(&refused).split(": ").nth(1), Some(format!("cannot listen on {address}").as_str()));
}

#[test]
fn another_installations_secret_does_not_open_the_database() {
    let database = TestDatabase::fresh();
    let serving = Serving::start(&mut lede_on(&database));
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
    let other = "another secret, of another installation";
    let refused = run(lede_on(&database).env("LEDE_SECRET", other).arg("serve"), "");
    let line = refusal(&refused);
    assert!(line.contains("the secret does not decrypt this database's keys"), "{line}");
    assert!(!line.contains(other));
}

#[test]
fn with_sqlite_the_secret_is_made_at_the_first_start_and_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let migrate =
        || run(lede().current_dir(&folder).env_remove("LEDE_SECRET").args(["user", "add", "x"]), "");
    assert_eq!(migrate().status.code(), Some(2));
    for _ in 0..2 {
        let serving = Serving::start(lede().current_dir(&folder).env_remove("LEDE_SECRET"));
        serving.terminate();
        assert_eq!(serving.ended().0, Some(0));
    }
    let kept = std::fs::metadata(folder.path().join("lede.secret")).expect("lede.secret");
    assert_eq!(kept.permissions().mode() & 0o777, 0o600);
}

#[test]
fn checking_the_settings_shows_them_without_secrets() {
    let url = "postgres://lede:open-sesame@127.0.0.1/lede";
    let smtp = "smtps://lede:open-sesame@mail.example";
    let checked =
        run(lede().env("LEDE_DATABASE_URL", url).env("LEDE_SMTP_URL", smtp).args(["config", "check"]), "");
    assert!(checked.status.success(), "{checked:?}");
    let said = text(&checked.stdout);
    assert!(said.contains("127.0.0.1"), "{said}");
    assert!(!said.contains(SECRET) && !said.contains("open-sesame"), "{said}");
    let url = "postgres://127.0.0.1/lede?user=lede&password=open-sesame";
    let checked = run(lede().env("LEDE_DATABASE_URL", url).args(["config", "check"]), "");
    assert!(checked.status.success() && !text(&checked.stdout).contains("open-sesame"), "{checked:?}");
}

#[test]
fn a_template_with_a_mistake_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("message.html");
    std::fs::write(&file, "{% extends \"page.html\" %}\n{{ t(\"left.hedding\") }}\n{% if link %}")
        .expect("a file");
    for command in [&["serve"][..], &["config", "check"]] {
        let database = TestDatabase::fresh();
        let refused = run(lede_on(&database).env("LEDE_TEMPLATES", folder.path()).args(command), "");
        let line = refusal(&refused);
        assert!(line.starts_with(&format!("lede: {}: line 3: ", file.display())), "{line}");
    }
    std::fs::write(&file, "{% extends \"page.html\" %}").expect("a file");
    let checked = run(lede().env("LEDE_TEMPLATES", folder.path()).args(["config", "check"]), "");
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn a_setting_that_is_not_one_is_named() {
    let database = TestDatabase::fresh();
    let unknown = |args: &[&str]| run(lede_on(&database).env("LEDE_DATABSE_URL", "x").args(args), "");
    let checked = unknown(&["config", "check"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(text(&checked.stderr).contains("unknown setting LEDE_DATABSE_URL"), "{checked:?}");
    let serving = Serving::start(lede_on(&database).env("LEDE_DATABSE_URL", "x"));
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
}

#[test]
fn secrets_are_read_from_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    let database = TestDatabase::fresh();
    let migrate = |what: &str| {
        std::fs::write(&file, what).expect("a file");
        let mut command = lede_on(&database);
        command.env_remove("LEDE_SECRET").env("LEDE_SECRET_FILE", &file);
        run(
            command.args(["user", "add", "a@b.example", "--role", "admin", "--password-stdin"]),
            "a good long password",
        )
    };
    assert!(refusal(&migrate("short")).contains("32 characters"));
    assert!(migrate(&format!("{SECRET}\n")).status.success());
    std::fs::remove_file(&file).expect("the file goes");
    let mut command = lede_on(&database);
    let missing =
        run(command.env_remove("LEDE_SECRET").env("LEDE_SECRET_FILE", &file).args(["config", "check"]), "");
    assert!(refusal(&missing).contains(&file.display().to_string()));
}

#[test]
fn the_readme_names_the_hosts_of_iframes() {
    let readme = include_str!("../../README.md");
    let (_, told) = readme.split_once("Articles keep `iframe`s of these hosts").expect("the list");
    let (told, _) = told.split_once("\n\n").expect("its end");
    let is_host = |word: &&str| word.len() > 1 && word.contains('.') && !word.contains(' ');
    let mut named: Vec<&str> = told.split('`').filter(is_host).collect();
    named.sort_unstable();
    let mut kept = lede::base::text::sanitise::Policy::default().iframe_hosts;
    kept.sort_unstable();
    assert_eq!(named, kept);
}

/// A line of the README's table for a setting: its variable, its default and what it means.
fn line(arg: &clap::Arg) -> Option<String> {
    let name = arg.get_env()?.to_str()?.to_owned();
    let default = arg.get_default_values().first().and_then(|value| value.to_str());
    let default = default.map(|value| format!("`{value}`")).unwrap_or_default();
    let meaning = arg.get_long_help().or(arg.get_help())?.to_string();
    Some(format!("| `{name}` | {default} | {} |", meaning.split_whitespace().collect::<Vec<_>>().join(" ")))
}

#[test]
fn the_readme_has_every_setting_as_it_is() {
    let readme = include_str!("../../README.md");
    let lines: Vec<String> = lede::cli::Cli::command().get_arguments().filter_map(line).collect();
    let missing: Vec<&String> = lines.iter().filter(|line| !readme.contains(line.as_str())).collect();
    assert!(missing.is_empty(), "lines that the README lacks:\n{missing:#?}");
    assert_eq!(readme.matches("| `LEDE_").count(), lines.len(), "the README has settings that are none");
}
