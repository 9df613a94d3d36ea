//! Backups: one moment of a data folder, taken while it is in use, and the way back.
//!
//! A backup is a folder. `catalogue.sqlite` is SQLite's own copy of itself, `activity.rows` holds the rows of fjall, apart from
//! fjall's format, with events as the rows that they were in format 2 (so backups of all formats are alike), and `BACKUP` says what the two must be: it is written last. `activity.rows` is chunks of about a
//! mebibyte, each with its length (u32) and xxh3 (u64) in front, big-endian; a chunk names one keyspace (length u8, text) and
//! then has its rows: lengths of key and row (u32 each), key, row.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use fjall::{Keyspace, Readable};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sonde_storage::{EventFingerprint, StorageError, StorageErrorKind};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::EmbeddedStore;
use crate::activity::keys;
use crate::activity::tables::{Space, Tables, View, day_of_format_2, day_of_marks, events_of_format_2};
use crate::error::{self, io as failed};
use crate::events::Found;
use crate::events::record::Event;
use crate::folder::{FORMAT_VERSION, Folder, create, sync_folder};
use crate::sqlite::Sqlite;

const VERSION: u32 = 1;
/// From how many bytes on a chunk is full.
const CHUNK_BYTES: usize = 1024 * 1024;
/// The largest row there may be, with room to spare.
const CHUNK_BYTES_MAX: u32 = 64 * 1024 * 1024;
const MANIFEST: &str = "BACKUP";
const CATALOGUE: &str = "catalogue.sqlite";
const ROWS: &str = "activity.rows";

/// What a backup holds, as its manifest says.
#[derive(Debug, Serialize, Deserialize)]
pub struct BackupManifest {
    version: u32,
    /// Of the data folder.
    format: u32,
    catalogue_xxh3: u64,
    /// Rows of activity.
    pub rows: u64,
    chunks: u64,
}

impl EmbeddedStore {
    /// Writes a backup of this moment to a new folder: everything that was acknowledged before is in it. Blocks, holds
    /// nobody up and needs little memory, however much there is.
    pub fn backup(&self, to: &Path) -> Result<BackupManifest, StorageError> {
        if to.exists() {
            return Err(StorageError::new(StorageErrorKind::AlreadyExists, format!("{} is there already", to.display())));
        }
        let mut part = to.as_os_str().to_owned();
        part.push(".part");
        let part = Path::new(&part);
        if part.exists() {
            fs::remove_dir_all(part).map_err(|error| failed("remove", part, error))?;
        }
        create(part)?;
        let (connection, view) = self.moment()?;
        let copy = Connection::open(part.join(CATALOGUE)).map_err(|error| error::sqlite("write the backup", error))?;
        copy_catalogue(&connection, copy)?;
        drop(connection);
        let (rows, chunks) = self.write_rows(&view, &part.join(ROWS))?;
        let catalogue_xxh3 = sum(&part.join(CATALOGUE))?;
        let manifest = BackupManifest { version: VERSION, format: FORMAT_VERSION, catalogue_xxh3, rows, chunks };
        write_manifest(part, &manifest)?;
        fs::rename(part, to).map_err(|error| failed("rename", part, error))?;
        if let Some(parent) = to.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        Ok(manifest)
    }

    /// SQLite and activity as of one moment. While nothing can be told to SQLite, everything it does not know yet is in
    /// the outbox of the view; both stay as they are for as long as they are held.
    fn moment(&self) -> Result<(Connection, Arc<View>), StorageError> {
        let path = self.writer.with(|connection| connection.path().map(str::to_owned)).unwrap_or_default();
        let own = Connection::open(path).map_err(|error| error::sqlite("open the catalogue", error))?;
        self.writer.with(|_| {
            own.execute_batch("BEGIN; SELECT projected_seq FROM projection").map_err(|error| error::sqlite("read the catalogue", error))?;
            Ok((own, self.activity.settled_view()?))
        })
    }

    fn write_rows(&self, view: &View, path: &Path) -> Result<(u64, u64), StorageError> {
        let file = File::create_new(path).map_err(|error| failed("create", path, error))?;
        let mut rows = ChunkWriter { file: BufWriter::new(file), chunk: Vec::new(), rows: 0, chunks: 0 };
        let fixed = self.activity.tables.fixed().into_iter().map(|(space, keyspace)| (space, keyspace.clone()));
        for (space, keyspace) in fixed.chain(view.buckets.iter().map(|bucket| (Space::Marks(bucket.day), bucket.marks.clone()))) {
            let name = space.name();
            rows.begin(&name);
            for guard in view.snapshot.iter(&keyspace) {
                let (key, row) = guard.into_inner().map_err(|error| error::fjall("read rows", error))?;
                // How far logs are counted is another number for the logs of a restored folder.
                if space != Space::Meta || keys::read_counted(&key).is_none() {
                    rows.put(&name, &key, &row).map_err(|error| failed("write", path, error))?;
                }
            }
            rows.end_chunk().map_err(|error| failed("write", path, error))?;
        }
        for bucket in &view.buckets {
            // Also one without events: a bucket is there or not.
            let name = events_of_format_2(bucket.day);
            rows.begin(&name);
            let mut events = bucket.events.reading().all()?;
            while let Some(Found { event, .. }) = events.next()? {
                write_event(&mut rows, &name, &event)?.map_err(|error| failed("write", path, error))?;
            }
            rows.end_chunk().map_err(|error| failed("write", path, error))?;
        }
        let end = |rows: &mut ChunkWriter| -> io::Result<()> {
            rows.file.flush()?;
            rows.file.get_ref().sync_all()
        };
        end(&mut rows).map_err(|error| failed("sync", path, error))?;
        Ok((rows.rows, rows.chunks))
    }
}

/// An event as the rows it was in format 2.
fn write_event(rows: &mut ChunkWriter, name: &str, event: &Event<'_>) -> Result<io::Result<()>, StorageError> {
    let stored = event.to_domain().map_err(|bad| bad.at(name, event.user))?;
    let key = keys::event(event.user, &stored.trigger, stored.effective_at, stored.seq);
    let row = crate::rows::event::encode(stored.received_at, &stored.id, &stored.properties);
    let written = rows.put(name, &key, &row);
    Ok(match event.fingerprint {
        Some(EventFingerprint(fingerprint)) => written.and_then(|()| rows.put(name, &keys::event_id(event.user, &stored.id), &fingerprint)),
        None => written,
    })
}

fn copy_catalogue(from: &Connection, mut to: Connection) -> Result<(), StorageError> {
    let failed = |error| error::sqlite("copy the catalogue", error);
    let copied = rusqlite::backup::Backup::new(from, &mut to).and_then(|backup| backup.step(-1)).map_err(failed)?;
    if copied != rusqlite::backup::StepResult::Done {
        return Err(StorageError::new(StorageErrorKind::Unavailable, "the catalogue is busy"));
    }
    // One file, without a log beside it.
    to.pragma_update(None, "journal_mode", "DELETE").map_err(failed)?;
    to.close().map_err(|(_, error)| failed(error))
}

fn write_manifest(part: &Path, manifest: &BackupManifest) -> Result<(), StorageError> {
    let path = part.join(MANIFEST);
    let text = serde_json::to_string(manifest).expect("a manifest is numbers");
    let write = || -> io::Result<()> {
        File::open(part.join(CATALOGUE))?.sync_all()?;
        let mut file = File::create_new(&path)?;
        writeln!(file, "{text}")?;
        file.sync_all()
    };
    write().map_err(|error| failed("write", &path, error))?;
    sync_folder(part)
}

/// Writes chunks.
struct ChunkWriter {
    file: BufWriter<File>,
    chunk: Vec<u8>,
    rows: u64,
    chunks: u64,
}

impl ChunkWriter {
    fn begin(&mut self, name: &str) {
        self.chunk.push(u8::try_from(name.len()).expect("names of keyspaces are short"));
        self.chunk.extend_from_slice(name.as_bytes());
    }

    fn put(&mut self, name: &str, key: &[u8], row: &[u8]) -> io::Result<()> {
        if self.chunk.len() >= CHUNK_BYTES {
            self.end_chunk()?;
            self.begin(name);
        }
        for part in [key, row] {
            let length = u32::try_from(part.len()).map_err(io::Error::other)?;
            self.chunk.extend_from_slice(&length.to_be_bytes());
        }
        self.chunk.extend_from_slice(key);
        self.chunk.extend_from_slice(row);
        self.rows += 1;
        Ok(())
    }

    fn end_chunk(&mut self) -> io::Result<()> {
        let length = u32::try_from(self.chunk.len()).map_err(io::Error::other)?;
        self.file.write_all(&length.to_be_bytes())?;
        self.file.write_all(&xxh3_64(&self.chunk).to_be_bytes())?;
        self.file.write_all(&self.chunk)?;
        self.chunk.clear();
        self.chunks += 1;
        Ok(())
    }
}

/// Makes a data folder from a backup. The folder must be new or empty; until it is whole it is no data folder. Blocks.
pub fn restore(from: &Path, to: &Path) -> Result<BackupManifest, StorageError> {
    let manifest = read_manifest(from)?;
    if sum(&from.join(CATALOGUE))? != manifest.catalogue_xxh3 {
        return Err(damaged(&from.join(CATALOGUE), "its checksum is another"));
    }
    let folder = Folder::open_empty(to)?;
    let copied = fs::copy(from.join(CATALOGUE), folder.catalogue()).and_then(|_| File::open(folder.catalogue())?.sync_all());
    copied.map_err(|error| failed("write", &folder.catalogue(), error))?;
    drop(Sqlite::open(&folder.catalogue(), None)?);
    let tables = Tables::open(&folder)?;
    let (rows, chunks) = read_rows(&tables, &from.join(ROWS))?;
    if (rows, chunks) != (manifest.rows, manifest.chunks) {
        return Err(damaged(&from.join(ROWS), "it ends too early"));
    }
    drop(tables);
    folder.write_format()?;
    Ok(manifest)
}

fn damaged(path: &Path, why: &str) -> StorageError {
    StorageError::new(StorageErrorKind::Corrupt, format!("the backup is damaged, nothing was restored: {}: {why}", path.display()))
}

fn read_manifest(from: &Path) -> Result<BackupManifest, StorageError> {
    let path = from.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
    let manifest: BackupManifest = serde_json::from_str(&text).map_err(|error| damaged(&path, &error.to_string()))?;
    if manifest.version > VERSION || manifest.format > FORMAT_VERSION {
        let detail = format!("{} was made by a newer version of Sonde", from.display());
        return Err(StorageError::new(StorageErrorKind::NewerFormat, detail));
    }
    Ok(manifest)
}

fn sum(path: &Path) -> Result<u64, StorageError> {
    let read = || -> io::Result<u64> {
        let mut file = File::open(path)?;
        let (mut sum, mut chunk) = (Xxh3::new(), vec![0; CHUNK_BYTES]);
        loop {
            match file.read(&mut chunk)? {
                0 => return Ok(sum.digest()),
                read => sum.update(&chunk[..read]),
            }
        }
    };
    read().map_err(|error| failed("read", path, error))
}

/// Brings in all rows, a chunk at a time. Says how many of both there were.
fn read_rows(tables: &Tables, path: &Path) -> Result<(u64, u64), StorageError> {
    let broken = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged(path, "it ends too early"),
        _ => failed("read", path, error),
    };
    let mut file = BufReader::new(File::open(path).map_err(broken)?);
    let (mut rows, mut chunks) = (0, 0);
    while let Some(chunk) = read_chunk(&mut file, path, &broken)? {
        let misshapen = || damaged(path, "a chunk has another shape");
        let (name, mut rest) = split(&chunk, 1).ok_or_else(misshapen)?;
        let name = std::str::from_utf8(name).map_err(|_| misshapen())?;
        let keyspace = keyspace(tables, name)?.ok_or_else(misshapen)?;
        let mut batch = tables.batch(64);
        while !rest.is_empty() {
            let (lengths, both) = rest.split_at_checked(8).ok_or_else(misshapen)?;
            let key_length = u32::from_be_bytes([lengths[0], lengths[1], lengths[2], lengths[3]]) as usize;
            let row_length = u32::from_be_bytes([lengths[4], lengths[5], lengths[6], lengths[7]]) as usize;
            let (key, both) = both.split_at_checked(key_length).ok_or_else(misshapen)?;
            let (row, after) = both.split_at_checked(row_length).ok_or_else(misshapen)?;
            batch.insert(&keyspace, key, row);
            rows += 1;
            rest = after;
        }
        batch.commit().map_err(|error| error::fjall("restore rows", error))?;
        chunks += 1;
    }
    Ok((rows, chunks))
}

fn read_chunk(file: &mut impl Read, path: &Path, broken: &impl Fn(io::Error) -> StorageError) -> Result<Option<Vec<u8>>, StorageError> {
    let mut head = [0; 12];
    if file.read(&mut head[..1]).map_err(broken)? == 0 {
        return Ok(None);
    }
    file.read_exact(&mut head[1..]).map_err(broken)?;
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
    let wanted = u64::from_be_bytes([head[4], head[5], head[6], head[7], head[8], head[9], head[10], head[11]]);
    if length > CHUNK_BYTES_MAX {
        return Err(damaged(path, "a chunk is too large"));
    }
    let mut chunk = vec![0; length as usize];
    file.read_exact(&mut chunk).map_err(broken)?;
    if xxh3_64(&chunk) == wanted { Ok(Some(chunk)) } else { Err(damaged(path, "the checksum of a chunk is another")) }
}

/// What follows a length of `bytes` bytes, and the rest.
fn split(from: &[u8], bytes: usize) -> Option<(&[u8], &[u8])> {
    let (length, rest) = from.split_at_checked(bytes)?;
    rest.split_at_checked(usize::from(*length.first()?))
}

fn keyspace(tables: &Tables, name: &str) -> Result<Option<Keyspace>, StorageError> {
    if let Some((_, keyspace)) = tables.fixed().into_iter().find(|(space, _)| space.name() == name) {
        return Ok(Some(keyspace.clone()));
    }
    if let Some(day) = day_of_marks(name) {
        return tables.marks(day).map(Some);
    }
    day_of_format_2(name).map(|day| tables.events_of_format_2(day)).transpose()
}
