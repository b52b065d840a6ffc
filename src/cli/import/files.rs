//! Which files `lede import` takes, in which batches, and what their names say.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// How many files a batch has at most, and how many bytes unless it has only one file: all of it is written at once, and
/// others may be waiting to write.
const MAX_FILES: usize = 8;
const MAX_BYTES: u64 = 100_000;

/// The Markdown files at a path, in order.
pub(super) fn find_files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        let kind = std::fs::metadata(&path).with_context(|| path.display().to_string())?;
        if kind.is_dir() {
            for entry in std::fs::read_dir(&path).with_context(|| path.display().to_string())? {
                let entry = entry?;
                let hidden = entry.file_name().to_string_lossy().starts_with('.');
                if !hidden && !entry.file_type()?.is_symlink() {
                    waiting.push(entry.path());
                }
            }
        } else if files.is_empty() && waiting.is_empty() && !is_markdown(&path) {
            bail!("{} is neither a folder nor a Markdown file", path.display());
        } else if is_markdown(&path) {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("there is no Markdown file in {}", path.display());
    }
    files.sort();
    Ok(files)
}

fn is_markdown(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "md" || extension == "markdown" || extension == "mdx")
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

/// The name of a file without its extension and a leading date; `index` has the name of its folder.
pub(super) fn file_name(file: &Path) -> String {
    let stem =
        |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut name = stem(file);
    if matches!(name.as_str(), "index" | "_index" | "README")
        && let Some(folder) = file.parent().filter(|folder| folder.file_name().is_some())
    {
        name = stem(folder);
    }
    let is_date = |text: &str| {
        text.len() == 11
            && text
                .bytes()
                .enumerate()
                .all(|(at, b)| if matches!(at, 4 | 7 | 10) { b == b'-' } else { b.is_ascii_digit() })
    };
    match name.split_at_checked(11) {
        Some((date, rest)) if is_date(date) && !rest.is_empty() => rest.to_owned(),
        _ => name,
    }
}
