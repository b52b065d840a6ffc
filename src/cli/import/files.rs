//! Which files an import takes, in which batches, and what their names say: a title, and in Jekyll the date of publication.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::base::clock::Timestamp;
use crate::base::text::dates;

/// What the names of Markdown files end in, in any case.
const EXTENSIONS: &[&str] =
    &["md", "markdown", "mdown", "mdwn", "mkd", "mkdn", "mkdown", "mdtxt", "mdtext", "mdx", "rmd", "qmd"];

/// How many files a batch has at most, and how many bytes unless it has only one file: all of it is written at once, and
/// others may be waiting to write.
pub(super) const MAX_FILES: usize = 8;
const MAX_BYTES: u64 = 100_000;

/// The Markdown files at a path, in order, and everything else with the reason why it is skipped.
pub(super) struct Found {
    pub files: Vec<PathBuf>,
    pub skipped: Vec<(PathBuf, &'static str)>,
}

/// Finds the Markdown files at a path.
pub(super) fn find(path: &Path) -> anyhow::Result<Found> {
    let mut found = Found { files: Vec::new(), skipped: Vec::new() };
    let is_folder = std::fs::metadata(path).with_context(|| path.display().to_string())?.is_dir();
    if !is_folder && !is_markdown(path) {
        bail!("{} is neither a folder nor a Markdown file", path.display());
    }
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        if !std::fs::metadata(&path).with_context(|| path.display().to_string())?.is_dir() {
            if is_markdown(&path) {
                found.files.push(path);
            } else {
                found.skipped.push((path, "not a Markdown file"));
            }
            continue;
        }
        for entry in std::fs::read_dir(&path).with_context(|| path.display().to_string())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                found.skipped.push((entry.path(), "hidden"));
            } else if entry.file_type()?.is_symlink() {
                found.skipped.push((entry.path(), "a symbolic link"));
            } else {
                waiting.push(entry.path());
            }
        }
    }
    if found.files.is_empty() {
        bail!("there is no Markdown file in {}", path.display());
    }
    found.files.sort();
    found.skipped.sort();
    Ok(found)
}

fn is_markdown(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// The same files in batches.
pub(super) fn batches(files: Vec<PathBuf>) -> Vec<Vec<PathBuf>> {
    let mut batches: Vec<Vec<PathBuf>> = Vec::new();
    let mut bytes = 0;
    for file in files {
        // A file that cannot be read is reported later.
        let length = std::fs::metadata(&file).map_or(0, |metadata| metadata.len());
        bytes += length;
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_FILES && bytes <= MAX_BYTES => batch.push(file),
            _ => {
                batches.push(vec![file]);
                bytes = length;
            }
        }
    }
    batches
}

/// The name of a file without its extension, and the date that it begins with; `index` has the name of its folder.
pub(super) fn name_and_date(file: &Path) -> (String, Option<Timestamp>) {
    let stem =
        |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut name = stem(file);
    if matches!(name.to_lowercase().as_str(), "index" | "_index" | "readme")
        && let Some(folder) = file.parent().filter(|folder| folder.file_name().is_some())
    {
        name = stem(folder);
    }
    let is_dated = |text: &str| {
        text.chars()
            .enumerate()
            .all(|(at, c)| if matches!(at, 4 | 7) { c == '-' } else { c.is_ascii_digit() })
    };
    let Some((date, rest)) = name.split_at_checked(10).filter(|(date, _)| is_dated(date)) else {
        return (name, None);
    };
    let at = dates::read(date).map(Timestamp::from);
    match rest.strip_prefix(['-', '_', ' ']) {
        Some(title) if at.is_some() && !title.is_empty() => (title.to_owned(), at),
        _ => (name, at),
    }
}

/// Whether a file is in a folder for drafts, as Jekyll has it.
pub(super) fn is_draft(file: &Path) -> bool {
    file.parent().is_some_and(|folder| folder.iter().any(|name| name == "_drafts"))
}
