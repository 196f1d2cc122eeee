//! Cache in files: one file for each key, replaced as a whole.

mod error;

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process,
    str::Utf8Error,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

pub use self::error::FileCacheError;
use crate::{
    BoxError, ConfigCache,
    deadline::{Deadline, Timed},
    limits::{CALL_TIMEOUT, MAX_BYTES},
};

/// Start of the names of all files of a cache.
// The folder may be shared with other programs, and only files of the cache may be removed.
const PREFIX: &str = "configcat-";

/// End of the names of files that are being written.
// No key can hold a `.`, so no value has such a name.
const TEMPORARY_SUFFIX: &str = ".tmp";

/// Age at which a temporary file is a leftover of a killed writer.
// A writer writes for `CALL_TIMEOUT` at most, and then waits until the disk has all: seconds, or a
// minute on a bad day. The rest is for machines that share a folder and whose clocks differ.
const LEFTOVER_AGE: Duration = Duration::from_secs(5 * 60);

/// Shortest time between two searches for leftovers.
// A folder may hold many files, and a search at each write would make writes slow.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// Cache in a folder, shared by all processes that name the same one; it outlives them.
///
/// The value of `key` is the whole content of the file `configcat-{key}`. A write fills a new file
/// beside it, `configcat-{key}.{16 hexadecimal digits}.tmp`, syncs that file to the disk and
/// renames it over the old one. So a reader, also after a crash or a power cut, finds the old value
/// or the new one, never a part. Nothing is ever locked. Of two writers the one that renames last
/// wins.
///
/// On Unix, files get mode 0600 and new folders get mode 0700; elsewhere the rights of the folder
/// decide. Any user that can write in the folder decides your flags, so give that right only to
/// users that you trust.
///
/// # Time
///
/// A call reads or writes for 2 s at most, in steps of 64 KiB. On a slower disk it fails, with
/// [`Read`](FileCacheError::Read) or [`Write`](FileCacheError::Write), and the old value stays. At
/// most [`MAX_BYTES`](Self::MAX_BYTES) are read, even if the file grows meanwhile.
///
/// A single call of the system has no time limit: opening, one step, syncing, renaming. On a dead
/// NFS each of them may hang for ever, and the call of the cache with it. A client does not wait
/// for it longer than [for any cache](ConfigCache#time). If you call the cache yourself, do so on a
/// thread that may hang.
///
/// # When something is wrong
///
/// | situation | read | write |
/// |---|---|---|
/// | the folder is missing, or has vanished | `None` | makes it, with its parents |
/// | the folder cannot be made | `None` | [`CreateFolder`](FileCacheError::CreateFolder) |
/// | the folder vanishes during the call | `None` | [`Write`](FileCacheError::Write) or [`Replace`](FileCacheError::Replace); the next write makes it |
/// | the folder is read-only, or not ours to write in | as usual | [`Write`](FileCacheError::Write); the old value stays |
/// | a file, or a link to nothing, in place of the folder | [`Read`](FileCacheError::Read) for a file, `None` for a link | [`CreateFolder`](FileCacheError::CreateFolder) |
/// | the disk is full, or a quota is reached | as usual | [`Write`](FileCacheError::Write); the old value stays, the part that was written is removed |
/// | the disk is slow | [`Read`](FileCacheError::Read) after 2 s | [`Write`](FileCacheError::Write) after 2 s; the old value stays, the part that was written is removed |
/// | the writer is killed | the old value | what it had written is removed by the first write that looks for such files and finds it over 5 minutes old; each `FileCache` looks at its first write, and then once a minute at most |
/// | a link in place of the file | follows it (one to nothing is `None`) | replaces the link; what it points to stays as it was |
/// | a folder in place of the file | [`NotAFile`](FileCacheError::NotAFile) | [`Replace`](FileCacheError::Replace) |
/// | a pipe or a device in place of the file | [`NotAFile`](FileCacheError::NotAFile), without opening it | replaces it |
/// | a file that may not be read | [`Read`](FileCacheError::Read) | replaces it |
/// | a foreign file of text, an empty one, a cut one | its text, which is not an entry | replaces it |
/// | a file that is not UTF-8 | [`NotUtf8`](FileCacheError::NotUtf8) | replaces it |
/// | a file over [`MAX_BYTES`](Self::MAX_BYTES) | [`TooLarge`](FileCacheError::TooLarge), without reading it | replaces it |
/// | a value over [`MAX_BYTES`](Self::MAX_BYTES) | | [`TooLarge`](FileCacheError::TooLarge); the old value stays |
/// | a key that is not 1 to 64 of `a` to `z`, `0` to `9`, `-`, `_` | [`InvalidKey`](FileCacheError::InvalidKey) | [`InvalidKey`](FileCacheError::InvalidKey) |
///
/// After an error the next call starts anew: the cache works again when the cause of the error is
/// gone.
///
/// # Examples
///
/// ```
/// use configcat_cache::{ConfigCache, FileCache};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path().join("my-app");
/// FileCache::new(&folder).write("f83ba5d45bceb4bb704410f51b704fb6dfa19942", "value")?;
///
/// // In another process, or after a restart:
/// let cache = FileCache::new(&folder);
/// assert_eq!(cache.read("f83ba5d45bceb4bb704410f51b704fb6dfa19942")?.as_deref(), Some("value"));
/// # Ok::<(), configcat_cache::BoxError>(())
/// ```
#[derive(Debug)]
pub struct FileCache {
    folder: PathBuf,
    /// Time of the last search for leftovers, in Unix seconds; 0 before the first one.
    swept_at: AtomicU64,
}

impl FileCache {
    /// Longest value in bytes that is read or written, 80 MiB: more than any config that an SDK
    /// accepts.
    pub const MAX_BYTES: u64 = MAX_BYTES;

    /// Makes a cache over `folder`, which need not exist. Nothing is read or written yet.
    ///
    /// A relative path is resolved at each call: pass an absolute one if the process changes its
    /// current folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), swept_at: AtomicU64::new(0) }
    }

    /// Returns the folder, as it was given.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn load(&self, key: &str) -> Result<Option<String>, FileCacheError> {
        let path = self.path(key)?;
        match read_limited(&path, Deadline::after(CALL_TIMEOUT)) {
            Ok(Content::Text(text)) => Ok(Some(text)),
            Ok(Content::NotUtf8(source)) => Err(FileCacheError::NotUtf8 { path, source }),
            Ok(Content::TooLarge) => Err(FileCacheError::TooLarge { path }),
            Ok(Content::NotAFile) => Err(FileCacheError::NotAFile { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FileCacheError::Read { path, source }),
        }
    }

    fn store(&self, key: &str, value: &str, now: SystemTime) -> Result<(), FileCacheError> {
        let deadline = Deadline::after(CALL_TIMEOUT);
        let path = self.path(key)?;
        if exceeds_limit(value.len()) {
            return Err(FileCacheError::TooLarge { path });
        }
        create_folder(&self.folder)
            .map_err(|source| FileCacheError::CreateFolder { path: self.folder.clone(), source })?;
        if self.claims_sweep(now) {
            // Before the write, which may need the room on a full disk. A quarter of the time, so
            // that a folder with many files leaves enough for the write itself.
            self.remove_leftovers(now, Deadline::after(CALL_TIMEOUT / 4));
        }
        let temporary = self.temporary_path(key);
        write_new(&temporary, value, deadline)
            .map_err(|source| FileCacheError::Write { path: temporary.clone(), source })?;
        fs::rename(&temporary, &path).map_err(|source| {
            remove(&temporary);
            FileCacheError::Replace { path, source }
        })
    }

    fn path(&self, key: &str) -> Result<PathBuf, FileCacheError> {
        // Without separators and dots, so that no key leaves the folder. In one case only, so that
        // no two keys share a file on a file system that ignores case.
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if (1..=64).contains(&key.len()) && key.bytes().all(is_plain) {
            Ok(self.folder.join(format!("{PREFIX}{key}")))
        } else {
            Err(FileCacheError::InvalidKey)
        }
    }

    /// Returns a path that no other thread or process uses.
    // If one did, creating the file would fail, without harm to either.
    fn temporary_path(&self, key: &str) -> PathBuf {
        // A new `RandomState` is seeded from the system; a forked process inherits the seed, but
        // not the process id.
        let unique = RandomState::new().hash_one(process::id());
        self.folder.join(format!("{PREFIX}{key}.{unique:016x}{TEMPORARY_SUFFIX}"))
    }

    /// Returns whether it is time to search for leftovers, and if so, records the search.
    fn claims_sweep(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let last = self.swept_at.load(Ordering::Relaxed);
        // In both directions: otherwise a clock that was set back would end all searches. By
        // exchange, so that only one of several threads searches.
        now.abs_diff(last) >= SWEEP_INTERVAL.as_secs()
            && self.swept_at.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Removes the files that killed writers left. Files that cannot be read or removed, or that
    /// come after the deadline, are left for the next search.
    fn remove_leftovers(&self, now: SystemTime, deadline: Deadline) {
        let Ok(files) = fs::read_dir(&self.folder) else { return };
        for file in files.flatten().take_while(|_| deadline.time_left().is_ok()) {
            let name = file.file_name();
            let is_temporary = name
                .to_str()
                .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(TEMPORARY_SUFFIX));
            if is_temporary && is_leftover(&file, now) {
                remove(&file.path());
            }
        }
    }
}

impl ConfigCache for FileCache {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        Ok(self.load(key)?)
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        Ok(self.store(key, value, SystemTime::now())?)
    }
}

/// Content of a file, valid or not.
enum Content {
    Text(String),
    NotUtf8(Utf8Error),
    TooLarge,
    NotAFile,
}

fn read_limited(path: &Path, deadline: Deadline) -> io::Result<Content> {
    // Before opening: opening a pipe waits for a process that writes to it.
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Ok(Content::NotAFile);
    }
    if metadata.len() > MAX_BYTES {
        return Ok(Content::TooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // Limited again, for a file that grows, or of which the system does not know the length.
    let file = Timed { inner: File::open(path)?, deadline };
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if exceeds_limit(bytes.len()) {
        return Ok(Content::TooLarge);
    }
    Ok(String::from_utf8(bytes).map_or_else(|error| Content::NotUtf8(error.utf8_error()), Content::Text))
}

fn exceeds_limit(bytes: usize) -> bool {
    u64::try_from(bytes).is_ok_and(|bytes| bytes > MAX_BYTES)
}

fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    // A config tells other users which features exist and for which users.
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(path)
}

/// Writes a new file. After an error the file is removed again.
fn write_new(path: &Path, value: &str, deadline: Deadline) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // `create_new` follows no link, so another user of the folder cannot redirect the write.
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = Timed { inner: options.open(path)?, deadline };
    // Synced before it is renamed: otherwise the file could be empty under its new name after a
    // power cut.
    let written = file.write_all(value.as_bytes()).and_then(|()| file.inner.sync_all());
    drop(file);
    written.inspect_err(|_| remove(path))
}

fn is_leftover(file: &fs::DirEntry, now: SystemTime) -> bool {
    let modified = file.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|time| now.duration_since(time).is_ok_and(|age| age > LEFTOVER_AGE))
}

/// Removes a temporary file.
fn remove(path: &Path) {
    // An error is ignored: a later search finds the leftover again.
    let _ = fs::remove_file(path);
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{
        CALL_TIMEOUT, Deadline, File, FileCache, LEFTOVER_AGE, SWEEP_INTERVAL, fs, io, read_limited,
        write_new,
    };

    /// Writes a file as [`write_new`] does, in ample time.
    fn write(path: &std::path::Path) -> io::Result<()> {
        write_new(path, "value", Deadline::after(CALL_TIMEOUT))
    }

    #[test]
    fn a_temporary_file_never_replaces_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "precious").unwrap();
        assert_eq!(write(&file).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("elsewhere"), &link).unwrap();
            assert_eq!(write(&link).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            fs::remove_file(&link).unwrap();
        }
        assert_eq!(fs::read(&file).unwrap(), b"precious");
        write(&link).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }

    #[test]
    fn an_expired_deadline_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let over = Deadline::after(Duration::ZERO);
        assert_eq!(write_new(&file, "value", over).unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(!file.exists());
        write(&file).unwrap();
        assert!(read_limited(&file, over).is_err_and(|error| error.kind() == io::ErrorKind::TimedOut));
    }

    /// A folder, and what a killed writer has left in it at that time.
    fn leftover(written_at: SystemTime) -> (tempfile::TempDir, impl Fn() -> bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("configcat-key.0123456789abcdef.tmp");
        File::create(&path).unwrap().set_modified(written_at).unwrap();
        (folder, move || path.exists())
    }

    #[test]
    fn a_later_write_removes_leftovers() {
        let killed_at = SystemTime::now();
        let (folder, is_there) = leftover(killed_at);
        let cache = FileCache::new(folder.path());
        let second = Duration::from_secs(1);
        for (at, stays) in [
            (Duration::ZERO, true),
            // Its writer may still be at work.
            (LEFTOVER_AGE, true),
            (LEFTOVER_AGE + second, true),
            // A minute after it was looked for before.
            (LEFTOVER_AGE + SWEEP_INTERVAL - second, true),
            (LEFTOVER_AGE + SWEEP_INTERVAL, false),
        ] {
            cache.store("key", "value", killed_at + at).unwrap();
            assert_eq!(is_there(), stays, "{at:?}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_keep_leftovers() {
        let now = SystemTime::now();
        let (folder, is_there) = leftover(now - LEFTOVER_AGE * 2);
        let cache = FileCache::new(folder.path());
        cache.swept_at.store(u64::MAX, super::Ordering::Relaxed);
        cache.store("key", "value", now).unwrap();
        assert!(!is_there());
    }

    #[test]
    fn looking_for_leftovers_ends_in_time() {
        let now = SystemTime::now();
        let (folder, is_there) = leftover(now - LEFTOVER_AGE * 2);
        let cache = FileCache::new(folder.path());
        cache.remove_leftovers(now, Deadline::after(Duration::ZERO));
        assert!(is_there());
        cache.remove_leftovers(now, Deadline::after(CALL_TIMEOUT));
        assert!(!is_there());
    }
}
