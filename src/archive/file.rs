//! Reads an archive. Nothing of it is used before every part has the hash that the manifest tells.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use serde_json::{Map, Value as JsonValue};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::Source;
use super::backup::hex;
use super::manifest::{self, Manifest, Part};
use super::values::Value;
use crate::base::error::{Error, Result};
use crate::base::progress::Progress;

/// The largest manifest.
const MAX_MANIFEST: u64 = 4 << 20;
/// The longest line. A revision has up to a megabyte.
const MAX_LINE: u64 = 64 << 20;

/// An archive whose parts have been checked.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    manifest: Manifest,
}

impl Archive {
    /// Opens an archive and checks every part.
    ///
    /// # Errors
    /// Unavailable, with a sentence for the operator that names the file: it is no archive, of a newer version, or damaged.
    pub fn open(path: &Path, progress: &mut dyn Progress) -> Result<Self> {
        let named = |error: Error| Error::unavailable(format!("{}: {error}", path.display()));
        let file = File::open(path).map_err(|error| named(Error::unavailable(error)))?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| named(broken(error)))?;
        Self::check(path, zip, progress).map_err(named)
    }

    fn check(path: &Path, mut zip: ZipArchive<BufReader<File>>, progress: &mut dyn Progress) -> Result<Self> {
        let mut text = Vec::new();
        let entry = find(&mut zip, manifest::NAME)?;
        entry.take(MAX_MANIFEST + 1).read_to_end(&mut text).map_err(broken)?;
        if text.len() as u64 > MAX_MANIFEST {
            return Err(Error::unavailable(format!("its {} is too large", manifest::NAME)));
        }
        let manifest = Manifest::parse(&text)?;
        let mut told: BTreeSet<String> = manifest.tables.iter().map(Part::file).collect();
        let are_unique = told.len() == manifest.tables.len() && !zip.has_duplicate_names();
        told.insert(manifest::NAME.to_owned());
        let found: BTreeSet<String> =
            zip.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        if let Some(missing) = told.difference(&found).next() {
            return Err(Error::unavailable(format!("{missing} is missing in it")));
        }
        if let Some(unknown) = found.difference(&told).next() {
            return Err(Error::unavailable(format!("its manifest does not list {}", unknown.escape_debug())));
        }
        if !are_unique {
            return Err(Error::unavailable("it contains a file twice"));
        }
        progress.begin("checking", manifest.tables.iter().map(|part| part.bytes).sum());
        for part in &manifest.tables {
            check_part(find(&mut zip, &part.file())?, part, progress)?;
        }
        Ok(Self { path: path.to_owned(), zip, manifest })
    }
}

fn find<'a>(zip: &'a mut ZipArchive<BufReader<File>>, name: &str) -> Result<ZipFile<'a, BufReader<File>>> {
    zip.by_name(name).map_err(|error| match error {
        zip::result::ZipError::FileNotFound => Error::unavailable(format!("{name} is missing in it")),
        error => broken(error),
    })
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::unavailable(format!("the archive is damaged: {error}"))
}

/// Checks size, number of lines and hash. Reads no more than the manifest tells.
fn check_part(entry: impl Read, part: &Part, progress: &mut dyn Progress) -> Result<()> {
    let (mut hash, mut bytes, mut lines) = (Context::new(&SHA256), 0_u64, 0_u64);
    let (mut entry, mut buffer) = (entry.take(part.bytes.saturating_add(1)), vec![0; 64 * 1024]);
    loop {
        let read = entry.read(&mut buffer).map_err(broken)?;
        let Some(some @ [_, ..]) = buffer.get(..read) else { break };
        hash.update(some);
        bytes += some.len() as u64;
        lines += some.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        progress.advance(some.len() as u64);
    }
    if bytes == part.bytes && lines == part.rows && hex(hash.finish().as_ref()) == part.sha256 {
        return Ok(());
    }
    Err(broken(format_args!("{} differs from what its manifest says", part.file())))
}

impl Source for Archive {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn rows(&mut self, part: &Part, each: &mut dyn FnMut(Vec<Value>) -> Result<()>) -> Result<()> {
        let name = self.path.display().to_string();
        let failed = |at: u64, why: &dyn std::fmt::Display| {
            Error::unavailable(format!("{name}: {}, line {at}: {why}", part.file()))
        };
        let mut lines = BufReader::with_capacity(128 * 1024, find(&mut self.zip, &part.file())?);
        let mut line = Vec::new();
        for at in 1..=part.rows {
            line.clear();
            let mut bounded = (&mut lines).take(MAX_LINE);
            bounded.read_until(b'\n', &mut line).map_err(|error| failed(at, &error))?;
            let object: Map<String, JsonValue> =
                serde_json::from_slice(&line).map_err(|error| failed(at, &error))?;
            each(row(object, part).map_err(|why| failed(at, &why))?)?;
        }
        Ok(())
    }
}

/// The values of a line, in the order of the columns.
fn row(mut object: Map<String, JsonValue>, part: &Part) -> Result<Vec<Value>, String> {
    let read = |column: &super::Column| {
        let value = object.remove(&column.name).ok_or_else(|| format!("{} is missing", column.name))?;
        Value::read(column.kind, value).ok_or_else(|| format!("{} is no {:?}", column.name, column.kind))
    };
    let values = part.columns.iter().map(read).collect::<Result<_, _>>()?;
    match object.keys().next() {
        None => Ok(values),
        Some(unknown) => Err(format!("{} is no column", unknown.escape_debug())),
    }
}
