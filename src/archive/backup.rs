//! Writes an archive: under another name until it is whole and on the disk.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Source;
use super::columns::Column;
use super::manifest::{self, Manifest, Part};
use super::snapshot::Snapshot;
use super::values::Value;
use crate::base::clock::Clock;
use crate::base::db::DatabaseUrl;
use crate::base::error::{Error, Result};
use crate::base::private_files;
use crate::base::progress::Progress;
use crate::base::random::Random;

/// Fast rather than small: texts shrink to a third, and the server beside it keeps its processor time.
const LEVEL: i64 = 2;
/// How many bytes are compressed and hashed together.
const CHUNK: usize = 128 * 1024;

/// Writes everything that is kept to `path`, beside a running server. Replaces a file that is there once the archive is whole,
/// and deletes what a process that was killed has left of the same archive.
///
/// # Errors
/// Unavailable, with a sentence for the operator. No file is left then.
pub fn write(url: &DatabaseUrl, path: &Path, clock: &Clock, progress: &mut dyn Progress) -> Result<Manifest> {
    delete_abandoned(path);
    let draft = draft(path)?;
    let failed = |error: std::io::Error| Error::unavailable(format!("{}: {error}", path.display()));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
    let written = file.map_err(failed).and_then(|file| {
        // Held until the file is closed, however this process ends. Without file locks `try_lock` fails for others, too.
        let _ = file.try_lock();
        let mut snapshot = Snapshot::take(url, clock)?;
        let written = fill(&file, &mut snapshot, progress).map_err(|error| match error {
            Failed::Writing(error) => failed(error),
            Failed::Reading(error) => error,
        });
        snapshot.end()?;
        let manifest = written?;
        std::fs::rename(&draft, path).map_err(failed)?;
        private_files::sync_folder(path).map_err(failed)?;
        Ok(manifest)
    });
    if written.is_err() {
        // It may not even have been created.
        let _ = std::fs::remove_file(&draft);
    }
    written
}

/// How many random bytes are in the name of a draft.
const RANDOM: usize = 8;

/// A unique temporary name.
fn draft(path: &Path) -> Result<PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", hex(&Random::System.bytes::<RANDOM>()?)));
    Ok(name.into())
}

/// Whether a name is that of a draft of an archive.
fn is_draft(name: &[u8], archive: &[u8]) -> bool {
    let random = name.strip_prefix(archive).and_then(|rest| rest.strip_prefix(b".")?.strip_suffix(b".part"));
    random.is_some_and(|random| random.len() == 2 * RANDOM && random.iter().all(u8::is_ascii_hexdigit))
}

/// Deletes the drafts of an archive that no process has open any more. Errors are ignored.
fn delete_abandoned(path: &Path) {
    let Some(archive) = path.file_name() else { return };
    let Ok(entries) = std::fs::read_dir(private_files::folder_of(path)) else { return };
    for draft in entries.flatten().filter(|entry| is_draft(entry.file_name().as_bytes(), archive.as_bytes()))
    {
        let draft = draft.path();
        if File::open(&draft).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = std::fs::remove_file(&draft);
        }
    }
}

/// What failed: the database, or the file.
enum Failed {
    Reading(Error),
    Writing(std::io::Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Reading(error)
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::Writing(error)
    }
}

impl From<zip::result::ZipError> for Failed {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Writing(error.into())
    }
}

fn fill(file: &File, snapshot: &mut Snapshot, progress: &mut dyn Progress) -> Result<Manifest, Failed> {
    let mut zip = ZipWriter::new(BufWriter::new(file));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .large_file(true)
        .unix_permissions(0o600);
    let mut manifest = snapshot.manifest().clone();
    for part in &mut manifest.tables {
        progress.begin(&part.table, 0);
        zip.start_file(part.file(), options)?;
        write_part(&mut zip, snapshot, part, progress)?;
    }
    zip.start_file(manifest::NAME, options)?;
    let mut text = serde_json::to_vec_pretty(&manifest).map_err(std::io::Error::from)?;
    text.push(b'\n');
    zip.write_all(&text)?;
    let file = zip.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(manifest)
}

/// Writes the rows of a table, and what the manifest tells of them.
fn write_part(
    zip: &mut impl Write,
    snapshot: &mut Snapshot,
    part: &mut Part,
    progress: &mut dyn Progress,
) -> Result<(), Failed> {
    let (mut hash, mut chunk) = (Context::new(&SHA256), Vec::with_capacity(2 * CHUNK));
    let (mut rows, mut bytes, mut broken) = (0, 0, None);
    let mut flush = |chunk: &mut Vec<u8>| {
        hash.update(chunk);
        bytes += chunk.len() as u64;
        zip.write_all(chunk)?;
        chunk.clear();
        Ok::<_, std::io::Error>(())
    };
    let outcome = snapshot.rows(part, &mut |row| {
        let written = write_row(&mut chunk, &part.columns, &row);
        let written = written.and_then(|()| if chunk.len() < CHUNK { Ok(()) } else { flush(&mut chunk) });
        rows += 1;
        progress.advance(1);
        written.map_err(|error| {
            let told = Error::unavailable(error.to_string());
            broken = Some(error);
            told
        })
    });
    if let Some(error) = broken {
        return Err(error.into());
    }
    outcome?;
    flush(&mut chunk)?;
    (part.rows, part.bytes, part.sha256) = (rows, bytes, hex(hash.finish().as_ref()));
    Ok(())
}

/// Writes a row as a line.
fn write_row(out: &mut Vec<u8>, columns: &[Column], row: &[Value]) -> std::io::Result<()> {
    for (at, (column, value)) in columns.iter().zip(row).enumerate() {
        write!(out, "{}\"{}\":", if at == 0 { '{' } else { ',' }, column.name)?;
        value.write(out)?;
    }
    out.write_all(b"}\n")
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
