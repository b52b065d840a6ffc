//! The house holds: dependencies point down its floors, no files depend on each other in a circle, handlers stand in
//! `routes/`, and nothing below the application names it. Reads the sources as text; needs no database and no build of
//! the library.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use source::Source;

static SOURCE: LazyLock<Source> = LazyLock::new(Source::read);
static EDGES: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(|| SOURCE.edges());

/// The floors, from the bottom up: a file belongs to the longest entry that its path begins with. It may use its own
/// floor and those below.
const FLOORS: &[&[&str]] = &[
    // The ground.
    &[
        "base/mod.rs",
        "base/clock.rs",
        "base/config/",
        "base/db/connection.rs",
        "base/db/types.rs",
        "base/error.rs",
        "base/ids.rs",
        "base/json.rs",
        "base/logger.rs",
        "base/metrics.rs",
        "base/private_files.rs",
        "base/random.rs",
        "base/text/",
    ],
    // Machinery.
    &["base/"],
    // Rights, then the application, then the guard.
    &["auth/"],
    &["app.rs"],
    &["auth/guard.rs"],
    // The resources.
    &[""],
    // What runs.
    &["server/"],
    &["cli/", "lib.rs", "main.rs"],
];

/// The resources, from the bottom up, in the order in which `lib.rs` declares them. One may use those before it; its
/// `routes/` may also use what is not routes of those after it.
static RESOURCES: LazyLock<Vec<String>> = LazyLock::new(|| resources(&SOURCE));

fn resources(source: &Source) -> Vec<String> {
    let (_, declared) =
        source.code("lib.rs").split_once("pub mod server;").expect("what is no resource ends with server");
    declared.split(';').filter_map(|item| item.trim().strip_prefix("pub mod ")).map(str::to_owned).collect()
}

/// The first floor on which `App` may be named.
const APP: usize = 3;

fn floor(path: &str) -> usize {
    let entries = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(floor, entries)| entries.iter().map(move |entry| (entry, floor)));
    let own = entries.filter(|(entry, _)| path.starts_with(**entry));
    own.max_by_key(|(entry, _)| entry.len()).map_or(usize::MAX, |(_, floor)| floor)
}

/// The resource that a file belongs to, by its place in [`RESOURCES`].
fn resource(path: &str) -> Option<usize> {
    let (folder, _) = path.split_once('/')?;
    RESOURCES.iter().position(|name| name == folder)
}

fn is_route(path: &str) -> bool {
    path.contains("/routes/")
}

/// Every dependency that points up, as `from -> to`.
fn upward(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for (from, to) in edges.iter().flat_map(|(from, tos)| tos.iter().map(move |to| (from, to))) {
        let climbs = floor(to) > floor(from);
        let overtakes = match (resource(from), resource(to)) {
            (Some(own), Some(other)) => other > own && (!is_route(from) || is_route(to)),
            _ => false,
        };
        if climbs || overtakes {
            found.push(format!("{from} -> {to}"));
        }
    }
    found
}

/// The files that can reach each other, a circle an entry.
fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<&str>> {
    let reach = |start: &str| {
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![start]);
        while let Some(at) = waiting.pop() {
            for next in edges.get(at).into_iter().flatten() {
                if seen.insert(next.as_str()) {
                    waiting.push(next);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|file| (file.as_str(), reach(file))).collect();
    let mut found: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (file, others) in &reached {
        let circle: Vec<&str> = others
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(file)))
            .collect();
        if !circle.is_empty() {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

#[test]
fn dependencies_point_down() {
    let found = upward(&EDGES);
    assert!(found.is_empty(), "{} dependencies point up:\n{}", found.len(), found.join("\n"));
}

#[test]
fn no_files_depend_on_each_other_in_a_circle() {
    let found: Vec<String> = circles(&EDGES).iter().map(|circle| circle.join(", ")).collect();
    assert!(found.is_empty(), "{} circles:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_resource_has_its_place_in_the_order() {
    let folders: BTreeSet<&str> =
        SOURCE.files().filter_map(|file| file.split_once('/')).map(|(folder, _)| folder).collect();
    let known: BTreeSet<&str> =
        RESOURCES.iter().map(String::as_str).chain(["auth", "base", "cli", "server"]).collect();
    assert_eq!(folders, known);
}

#[test]
fn handlers_stand_in_routes() {
    let found: Vec<&str> = SOURCE
        .files()
        .filter(|file| !is_route(file) && SOURCE.code(file).contains("#[utoipa::path("))
        .collect();
    assert!(found.is_empty(), "handlers outside routes/: {found:?}");
}

#[test]
fn nothing_below_the_application_names_it() {
    let names_app = |file: &str| SOURCE.words(file).any(|word| word == "App");
    let is_below = |file: &str| floor(file) < APP || file.ends_with("/store.rs") || file.contains("/store/");
    let found: Vec<&str> = SOURCE.files().filter(|file| is_below(file) && names_app(file)).collect();
    assert!(found.is_empty(), "App is named in {found:?}");
}

/// The handlers that write without the credential of a client: what they do needs none.
const WITHOUT_A_CLIENT: &[&str] = &[
    "accounts/login.rs",
    "accounts/passwords.rs",
    "accounts/resets.rs",
    "accounts/routes/email_page.rs",
    "accounts/routes/logout.rs",
    "accounts/routes/refresh.rs",
    "subscribers/routes/confirm.rs",
    "subscribers/routes/preferences.rs",
    "subscribers/routes/subscribe.rs",
    "subscribers/routes/subscribers.rs",
    "subscribers/routes/unsubscribe_page.rs",
];

/// A write checks the credential of the request in whose name it is made, so handlers make none in nobody's name.
#[test]
fn handlers_write_as_their_client() {
    let code = |file: &str| SOURCE.code(file).split_whitespace().collect::<String>();
    let nameless: Vec<&str> =
        SOURCE.files().filter(|file| is_route(file) && code(file).contains("db.write(")).collect();
    assert!(nameless.is_empty(), "writes in nobody's name: {nameless:?}");
    let is_resource = |file: &str| resource(file).is_some();
    let made: Vec<&str> =
        SOURCE.files().filter(|file| is_resource(file) && code(file).contains("app.origin(")).collect();
    assert_eq!(made, WITHOUT_A_CLIENT);
}

#[test]
fn advisory_locks_stand_in_one_file() {
    let text = |file: &str| std::fs::read_to_string(source::root().join(file)).expect("a text");
    let found: Vec<&str> = SOURCE.files().filter(|file| text(file).contains("pg_advisory")).collect();
    assert_eq!(found, ["base/db/locks.rs"]);
}

#[test]
fn a_wrong_dependency_is_seen() {
    let source = Source::of(&[
        ("lib.rs", "pub mod app; pub mod base; pub mod users; pub mod terms;"),
        ("app.rs", "pub struct App;"),
        ("base/mod.rs", "pub mod clock; pub mod text;"),
        ("base/clock.rs", "use crate::app::App; // crate::terms::Term"),
        ("base/text/mod.rs", "mod slug; mod html; pub use slug::Slug; pub use html::Html;"),
        ("base/text/slug.rs", "use super::Html; pub struct Slug(Html);"),
        ("base/text/html.rs", "use super::{Slug, Html as Own};"),
        ("users/mod.rs", "pub mod routes; pub mod store;"),
        ("users/store.rs", "fn find() -> crate::terms::Term { todo() }"),
        ("users/routes/mod.rs", "pub mod me;"),
        ("users/routes/me.rs", "use crate::{terms::Term, users::{store::{self, find}}};"),
        ("terms/mod.rs", "pub struct Term;"),
    ]);
    let edges = source.edges();
    assert_eq!(upward(&edges), ["base/clock.rs -> app.rs", "users/store.rs -> terms/mod.rs"]);
    assert_eq!(circles(&edges), [["base/text/html.rs", "base/text/slug.rs"]]);
}

/// The names of tests in the tables of SECURITY.md.
fn named_in_security_policy() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/SECURITY.md");
    let text = std::fs::read_to_string(file).expect("a text");
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.matches(" | ").count() == 3);
    let cells = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    names.map(str::to_owned).collect()
}

#[test]
fn the_tests_that_the_security_policy_names_exist() {
    let named = named_in_security_policy();
    assert!(named.len() > 30, "{named:?}");
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")];
    let mut missing = named;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a text");
                missing.retain(|name| !text.contains(&format!("fn {name}(")));
            }
        }
    }
    assert!(missing.is_empty(), "SECURITY.md names tests that do not exist: {missing:?}");
}
