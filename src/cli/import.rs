//! `lede import`: imports Markdown files as articles. A file belongs to the article with the id in its front matter,
//! or else with its language and slug, so that a second run updates what changed and skips the rest. A bad file does
//! not stop the others.

mod batch;
mod files;
mod post;
mod translations;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use futures_util::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub(super) use self::batch::Import;
use self::batch::Outcomes;
use self::files::Found;
use self::post::{Done, Outcome};
use crate::base::config::Config;
use crate::render_context::{self, ServerSettings};

/// How many batches are under way at the same time: some are parsed or rendered while another is written.
const AT_ONCE: usize = 4;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A Markdown file, or a folder of Markdown files.
    path: PathBuf,
    /// Publish the imported articles, except drafts: by their front matter, or in a folder `_drafts`. Those with a `date` or
    /// `publishDate` in the future are scheduled, and those with an `expiryDate` are unpublished then.
    #[arg(long)]
    publish: bool,
    /// Print what would be imported, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// The user who owns the imported articles. Default: the first admin.
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
}

pub(super) async fn run(config: Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Found { files, skipped } = files::find(&arguments.path)?;
    let app = super::open(config).await?;
    let settings = ServerSettings::new(&app.config);
    app.db.write(move |tx| render_context::store::save_settings_if_none(tx, &settings)).await?;
    let import = Import::new(&app, arguments.owner.as_deref(), arguments.publish, arguments.dry_run).await?;
    let bar = progress_bar(files.len());
    let outcomes: Vec<Outcomes> = stream::iter(files::batches(files))
        .map(|batch| {
            let (import, bar) = (&import, &bar);
            async move {
                let outcomes = import.files(batch).await;
                bar.inc(outcomes.len() as u64);
                outcomes
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut outcomes = outcomes.into_iter().flatten().collect();
    import.join_translations(&mut outcomes).await?;
    bar.finish_and_clear();
    Ok(report(outcomes, &skipped, &arguments))
}

/// Prints how many files were imported, and each that failed, was skipped or is not published yet although that was asked
/// for, with the reason.
fn report(mut outcomes: Outcomes, skipped: &[(PathBuf, &'static str)], arguments: &Arguments) -> ExitCode {
    outcomes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let count = |wanted| {
        outcomes.iter().filter(|(_, done)| matches!(done, Ok(done) if done.outcome == wanted)).count()
    };
    let mut failed = 0;
    for (file, done) in &outcomes {
        match done {
            Ok(Done { remark, publish_at, warnings, .. }) => {
                for warning in warnings {
                    eprintln!("{}: {warning}", file.display());
                }
                if let Some(remark) = remark.as_ref().filter(|_| arguments.publish) {
                    eprintln!("{}: is not published: {remark}", file.display());
                }
                if let Some(at) = publish_at.filter(|_| arguments.publish) {
                    eprintln!("{}: is scheduled: it is published at {at}", file.display());
                }
            }
            Err(error) => {
                failed += 1;
                eprintln!("{}: {error:#}", file.display());
            }
        }
    }
    for (path, reason) in skipped {
        eprintln!("{}: skipped: {reason}", path.display());
    }
    let ignored = if skipped.is_empty() { String::new() } else { format!(", {} skipped", skipped.len()) };
    println!(
        "{}{} created, {} updated, {} unchanged, {failed} failed{ignored}",
        if arguments.dry_run { "dry run: " } else { "" },
        count(Outcome::Created),
        count(Outcome::Updated),
        count(Outcome::Skipped),
    );
    match failed {
        0 => ExitCode::SUCCESS,
        _ if failed == outcomes.len() => ExitCode::from(2),
        _ => ExitCode::from(1),
    }
}

fn progress_bar(files: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::stderr());
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} files, {eta} left") {
        bar.set_style(style);
    }
    bar
}
