//! Settings: a wrong one stops the start with one clear line, and no secret is ever shown.

use std::net::TcpListener;
use std::process::{Output, Stdio};

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

/// A bad value of every setting, and what the refusal says is allowed.
const BAD: &[(&str, &str, &str)] = &[
    ("LEDE_BIND", "nowhere", "127.0.0.1:8143"),
    ("LEDE_BIND", "127.0.0.1:99999", "127.0.0.1:8143"),
    ("LEDE_METRICS_BIND", "9144", "127.0.0.1:8143"),
    ("LEDE_BASE_URL", "cms.example", "an http or https URL"),
    ("LEDE_TRUSTED_PROXIES", "10.0.0.0/8,proxy", "10.0.0.0/8"),
    ("LEDE_CORS_ORIGINS", "https://console.example/", "a scheme, a host"),
    ("LEDE_DRAIN_SECONDS", "soon", "from 0 to 600"),
    ("LEDE_SECURITY_CONTACT", "security@website.example", "mailto:"),
    ("LEDE_LOG", "verbose", "off, error, warn, info, debug and trace"),
    ("LEDE_LOG", "lede=loud", "off, error, warn, info, debug and trace"),
    ("LEDE_LOG", "", "off, error, warn, info, debug and trace"),
    ("LEDE_DATABASE_URL", "mysql://localhost/lede", "sqlite:// or postgres://"),
    ("LEDE_DATABASE_URL", "lede.db", "sqlite:// or postgres://"),
    ("LEDE_DATABASE_URL", "sqlite://", "must name a file"),
    ("LEDE_DATABASE_URL", "sqlite:///nowhere/at/all.db", "/nowhere/at/all.db"),
    ("LEDE_DATABASE_URL", "postgres://lede@127.0.0.1:1/lede", "127.0.0.1"),
    ("LEDE_DATABASE_URL_FILE", "nowhere", "nowhere: "),
    ("LEDE_DATABASE_CONNECTIONS", "0", "from 1 to 256"),
    ("LEDE_SECRET", "short", "32 characters"),
    ("LEDE_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "eight of them different"),
    ("LEDE_SECRET_FILE", "nowhere", "nowhere: "),
    ("LEDE_SECRET_PREVIOUS", "short", "32 characters"),
    ("LEDE_SESSION_IDLE_DAYS", "0", "from 1 to 365"),
    ("LEDE_SESSION_DAYS", "366", "from 1 to 365"),
    ("LEDE_REQUIRE_SECOND_FACTOR", "admin,owner", "contributor, author, editor, admin"),
    ("LEDE_ACCOUNT_URL", "console", "an http or https URL"),
    ("LEDE_ADMIN_EMAIL", "nobody", "address"),
    ("LEDE_ADMIN_EMAIL", "ada@lede.example", "LEDE_ADMIN_PASSWORD_FILE"),
    ("LEDE_ADMIN_PASSWORD_FILE", "nowhere", "LEDE_ADMIN_EMAIL"),
    ("LEDE_TITLE", "two\nlines", "one line of 1 to 300 characters"),
    ("LEDE_LOCALE", "english please", "en or de-AT"),
    ("LEDE_WEBSITE_URL", "ftp://website.example", "an http or https URL"),
    ("LEDE_ARTICLE_PATH", "articles", "{slug}"),
    ("LEDE_TRASH_DAYS", "-1", "from 0 to 3650"),
    ("LEDE_PREVIEW_URL", "https://website.example/preview/", "{token}"),
    ("LEDE_PREVIEW_URL", "https://{token}.website.example/", "{token}"),
    ("LEDE_PREVIEW_URL", "https://website.example/{title}/{token}", "{token}"),
    ("LEDE_PREVIEW_URL", "javascript://website.example/%0A{token}", "{token}"),
    ("LEDE_KEEP_REVISIONS_DAYS", "0", "from 1 to 36500"),
    ("LEDE_IFRAME_HOSTS", "https://player.example/", "player.example"),
    ("LEDE_FORM_ORIGINS", "website.example", "a scheme, a host"),
    ("LEDE_SMTP_URL", "mail.example", "smtps://USER:PASSWORD@HOST"),
    ("LEDE_SMTP_URL", "smtp://mail.example?tls=perhaps", "?tls=required"),
    ("LEDE_SMTP_URL_FILE", "nowhere", "nowhere: "),
    ("LEDE_MAIL_DIR", "/dev/null", "must be a folder"),
    ("LEDE_MAIL_FROM", "nobody", "News <news@website.example>"),
    ("LEDE_WELCOME_MAIL", "perhaps", "true or false"),
    ("LEDE_TEMPLATES", "nowhere", "nowhere: "),
    ("LEDE_CACHE_MEGABYTES", "-1", "from 0 to 65536"),
    ("LEDE_CACHE_SECONDS", "1.5", "from 0 to 86400"),
    ("LEDE_CACHE_STALE_SECONDS", "999999999", "from 0 to 31536000"),
    ("LEDE_OUTAGE_SECONDS", "0", "from 1 to 86400"),
    ("LEDE_CDN", "akamai", "fastly, cloudflare or http"),
    ("LEDE_CDN", "http", "LEDE_CDN_URL"),
    ("LEDE_CDN_URL", "ftp://varnish/", "an http or https URL"),
    ("LEDE_CDN_TOKEN", "two words", "without spaces"),
    ("LEDE_CDN_TOKEN_FILE", "nowhere", "nowhere: "),
    ("LEDE_LOGIN_LIMIT", "many", "from 0 to 4294967295"),
    ("LEDE_SIGN_UP_LIMIT", "-1", "from 0 to 4294967295"),
    ("LEDE_WRITE_LIMIT", "1e3", "from 0 to 4294967295"),
    ("LEDE_READ_LIMIT", " 1", "from 0 to 4294967295"),
    ("LEDE_CONNECTION_LIMIT", "0", "from 1 to 1000000"),
    ("LEDE_STREAM_CONNECTIONS", "0", "from 1 to 1000000"),
    ("LEDE_READER_SECONDS", "3601", "from 1 to 3600"),
    ("LEDE_RESPONSE_MEGABYTES", "3", "from 4 to 65536"),
    ("LEDE_WEBHOOK_NETWORKS", "10.0.0.0/8,localhost", "10.0.0.0/8"),
];

#[test]
fn a_bad_value_of_any_setting_stops_the_start_and_is_named_with_what_is_allowed() {
    for (name, value, allowed) in BAD {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = lede();
        command.current_dir(&folder).env(name, value).arg("serve");
        if name.starts_with("LEDE_SECRET") && name.ends_with("_FILE") {
            command.env_remove("LEDE_SECRET");
        }
        let line = refusal(&run(&mut command, ""));
        assert!(line.starts_with(&format!("lede: {name}")), "{name}={value}: {line}");
        assert!(line.contains(allowed), "{name}={value}: {line}");
        let is_secret = name.contains("SECRET") && !name.ends_with("_FILE");
        assert!(!is_secret || !line.contains(value), "{line}");
        // Nothing was made before the settings had been checked.
        let made: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
        assert!(made.is_empty(), "{name}={value}: {made:?}");
    }
}

#[test]
fn no_setting_is_without_a_bad_value() {
    let command = lede::cli::Cli::command();
    let settings = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str());
    let untried: Vec<&str> = settings.filter(|name| BAD.iter().all(|(tried, ..)| tried != name)).collect();
    assert_eq!(untried, Vec::<&str>::new());
}

#[test]
fn a_flag_is_named_with_its_setting() {
    let refused = run(lede().args(["serve", "--cache-seconds", "soon"]), "");
    let line = refusal(&refused);
    assert_eq!(
        line,
        "lede: LEDE_CACHE_SECONDS (--cache-seconds): \"soon\" must be a whole number from 0 to 86400"
    );
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
fn a_lost_secret_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("lede.secret");
    let start =
        || lede().current_dir(&folder).env_remove("LEDE_SECRET").arg("serve").stderr(Stdio::piped()).spawn();
    let serving = Serving::start(lede().current_dir(&folder).env_remove("LEDE_SECRET"));
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
    let kept = std::fs::read(&secret).expect("a secret");
    std::fs::remove_file(&secret).expect("the secret goes");
    let refused = start().and_then(std::process::Child::wait_with_output).expect("an end");
    let line = refusal(&refused);
    assert!(line.contains("the secret is missing: restore ./lede.secret, or set LEDE_SECRET"), "{line}");
    assert!(!secret.exists(), "none was made");
    for (bad, wanted) in [(&b""[..], "32 characters"), (b"short", "32 characters"), (b"\xff\xfe", "UTF-8")] {
        std::fs::write(&secret, bad).expect("a file");
        let refused = start().and_then(std::process::Child::wait_with_output).expect("an end");
        let line = refusal(&refused);
        assert!(line.contains("lede.secret") && line.contains(wanted), "{line}");
        assert_eq!(std::fs::read(&secret).expect("a file"), bad);
    }
    std::fs::write(&secret, kept).expect("the secret is back");
    let serving = Serving::start(lede().current_dir(&folder).env_remove("LEDE_SECRET"));
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
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
    // One line a setting, as it would be set.
    let command = lede::cli::Cli::command();
    let names: Vec<&str> = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str()).collect();
    let shown: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert_eq!(shown, names);
    let line = |start: &str| said.lines().find(|line| line.starts_with(start)).expect(start);
    assert!(line("LEDE_BIND=127.0.0.1:0 ").ends_with("# environment"), "{said}");
    assert!(line("LEDE_CACHE_SECONDS=60 ").ends_with("# default"), "{said}");
    assert!(line("LEDE_WEBSITE_URL= ").ends_with("# not set"), "{said}");
    assert!(line("LEDE_SECRET=*** ").ends_with("# environment"), "{said}");
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
        assert!(line.starts_with(&format!("lede: LEDE_TEMPLATES: {}: line 3: ", file.display())), "{line}");
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
