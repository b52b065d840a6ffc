//! How fast, as ratios to ceilings measured in the same run: `cargo bench --bench load`.
//!
//! The release server runs on generated articles in a process of its own, once with its cache and once without; so do
//! the ceilings: a bare actix-web route that returns the same bytes from memory, the same bytes behind Lede's own
//! middleware, and nginx with the same bytes in files. Processor time is what the operating system counted for the
//! server's processes. Nothing here is a test: machines are noisy, ratios less so.
//!
//! `LOAD_SIZES` names the numbers of articles, `LOAD_FOLDER` a folder in which their databases stay for the next run,
//! `LOAD_ONLY` what a work's name has to hold; `LOAD_ONLY=subscribers` measures the list of subscribers
//! instead, `LOAD_ONLY=lists` their import and export, `LOAD_ONLY=stalled` clients that do not read, `LOAD_ONLY=streams`
//! clients that follow changes, `LOAD_ONLY=writes` what writing articles costs, `LOAD_ONLY=accounts` what tokens and logins
//! cost, `LOAD_ONLY=webhooks` webhooks, `LOAD_ONLY=backups` backups and restores, and `LOAD_ONLY=text` what hostile text
//! costs.
//! `LOAD_SERVER` names another server to measure than the one that was built along. A run of everything writes
//! `tests/load/results.md` and `tests/load/results.svg`.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads its own settings")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people are rounded anyway"
)]

mod accounts;
mod backups;
mod ceilings;
mod client;
mod fixture;
mod hostile;
#[path = "../units/base/text/kinds.rs"]
mod kinds;
mod lists;
mod measure;
mod process;
mod readers;
mod report;
mod stalled;
mod streams;
mod subscribers;
mod webhooks;
mod works;
mod writers;
mod writes;

use std::path::{Path, PathBuf};

/// The numbers of articles that are measured by default.
const SIZES: &str = "1000,10000,100000";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // The ceilings are this same program, started once more.
    if let [_, role, folder, ..] = arguments.as_slice() {
        match role.as_str() {
            "bare" | "middleware" => return ceilings::serve(role, Path::new(folder)),
            "once" | "twice" => return accounts::serve(role, Path::new(folder)),
            _ => {}
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    let setting = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let sizes = setting("LOAD_SIZES").unwrap_or_else(|| SIZES.to_owned());
    let sizes: Vec<usize> =
        sizes.split(',').map(|size| size.parse().expect("a number of articles")).collect();
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = setting("LOAD_FOLDER").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let only = setting("LOAD_ONLY").unwrap_or_default();
    if only == "subscribers" {
        let count = setting("LOAD_SUBSCRIBERS").map_or(1_000_000, |count| count.parse().expect("a number"));
        return subscribers::measure(&folder.join(format!("subscribers-{count}")), count).await;
    }
    if only == "stalled" {
        return stalled::measure(temporary.path()).await;
    }
    if only == "streams" {
        return streams::measure(temporary.path()).await;
    }
    if only == "webhooks" {
        return webhooks::measure(temporary.path()).await;
    }
    if only == "writes" {
        println!("{}", writes::measure(temporary.path()).await);
        return;
    }
    if only == "accounts" {
        return accounts::measure(temporary.path()).await;
    }
    if only == "backups" {
        for size in &sizes {
            backups::measure(&folder.join(format!("backups-{size}")), *size).await;
        }
        return;
    }
    if only == "text" {
        return hostile::measure(temporary.path()).await;
    }
    if only == "lists" {
        let rows = |name: &str, default: usize| {
            setting(name).map_or(default, |rows| rows.parse().expect("a number of rows"))
        };
        let (imported, exported) = (rows("LOAD_IMPORT", 100_000), rows("LOAD_EXPORT", 1_000_000));
        return lists::measure(temporary.path(), imported, exported).await;
    }
    let mut report = report::Report::default();
    for size in &sizes {
        works::measure(&folder.join(size.to_string()), *size, &only, &mut report).await;
    }
    if only.is_empty() {
        report.writes(writes::measure(temporary.path()).await);
    }
    println!("{}", report.text());
    if only.is_empty() {
        report.write(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/load").as_path());
    }
}
