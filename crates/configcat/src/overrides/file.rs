//! Flag overrides from a JSON file.

use std::{
    env,
    error::Error,
    fmt,
    fs::{self, File, Metadata},
    hash::{BuildHasher, RandomState},
    io::{self, Read},
    path::{self, Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwapOption;
use configcat_eval::{Config, ParseError};

use super::OverrideSource;
use crate::refresh::store::MAX_CONFIG;

/// Settings from a JSON file, in one of two forms: the simple `{"flags": {"key": value, …}}`, or a
/// whole config JSON as the CDN serves it.
///
/// The members of the file decide the form; a file with neither `flags` nor a config is an error
/// that says what to write. The file is a regular one of at most 64 MiB, in UTF-8, with or without
/// a byte order mark. In the simple form a value is a bool, a text or a number; an integer is read
/// as int and as double, and `2.0` as double only. In both forms an invalid flag fails alone, when
/// it is evaluated.
///
/// ```
/// use configcat::{Client, FileOverrides, OverrideBehavior};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("flags.json");
/// std::fs::write(&path, r#"{"flags": {"isNew": true, "limit": 10}}"#)?;
/// let client = Client::builder("local")
///     .overrides(OverrideBehavior::LocalOnly, FileOverrides::new(&path).reload(true))
///     .build()?;
/// assert!(client.get_value("isNew", false, None));
/// assert_eq!(client.get_value("limit", 0.5, None), 10.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FileOverrides {
    path: PathBuf,
    reload: bool,
    /// Last loaded file. It is replaced as a whole, so a forked child finds no lock.
    loaded: ArcSwapOption<Loaded>,
    hasher: RandomState,
}

/// Age of a change from which the times of a file are reliable. File systems have time stamps of up
/// to 2 s (FAT), so a later change within that time could have the same stamp.
const SETTLED: Duration = Duration::from_secs(2);

/// End of each error about the content of a file.
const EXAMPLE: &str = "an override file looks like this:
{ \"flags\": {
    \"isNewUiEnabled\": true, \"limit\": 10 } }";

/// Loaded file.
struct Loaded {
    /// Stamp of the file; `None` if a later change might have the same stamp.
    stamp: Option<Stamp>,
    /// Hash of the content.
    content: u64,
    /// Failure to read the content as settings.
    failure: Option<String>,
}

/// Properties of a file, of which at least one differs after a change or a replacement.
#[derive(PartialEq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
    #[cfg(unix)]
    inode_and_change: (u64, u64, i64, i64),
}

impl Stamp {
    /// Returns the stamp of a file; `None` if the file has changed so lately that a later change
    /// might have the same stamp, or if the system has no times for it.
    fn of(metadata: &Metadata) -> Option<Self> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        let modified = metadata.modified().ok()?;
        let is_settled = modified.elapsed().is_ok_and(|age| age > SETTLED);
        is_settled.then(|| Self {
            modified,
            length: metadata.len(),
            #[cfg(unix)]
            inode_and_change: (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

impl FileOverrides {
    /// Returns the settings of this file, read once.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), reload: false, loaded: ArcSwapOption::empty(), hasher: RandomState::new() }
    }

    /// Sets whether the file is read again after a change, which takes a thread. Default: no.
    ///
    /// A change is used within a second. A missing or broken file is logged (event 1302), and the
    /// settings stay.
    #[must_use]
    pub fn reload(self, reload: bool) -> Self {
        Self { reload, ..self }
    }
}

impl FileOverrides {
    /// Returns the error of a file that cannot be read.
    fn unreadable(&self, cause: &io::Error) -> String {
        // A relative path is the usual mistake: the folder differs between `cargo run`, tests and
        // services.
        let full_path = path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let text = format!("{}: {cause}", full_path.display());
        match env::current_dir() {
            Ok(folder) if self.path.is_relative() => {
                format!(
                    "{text}; the path `{}` is relative to the current folder, {}",
                    self.path.display(),
                    folder.display()
                )
            }
            _ => text,
        }
    }

    /// Returns the error of a file whose content is neither flags nor a config. A byte order mark
    /// alone counts as empty.
    fn invalid(&self, content: &[u8], cause: &ParseError) -> String {
        let path = path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let text = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
        let is_empty = text.trim_ascii().is_empty();
        let cause: &dyn fmt::Display = if is_empty { &"the file is empty" } else { cause };
        format!("{}: {cause}; {EXAMPLE}", path.display())
    }
}

impl OverrideSource for FileOverrides {
    fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn Error + Send + Sync>> {
        let metadata = regular_file(&self.path).map_err(|cause| self.unreadable(&cause))?;
        let stamp = Stamp::of(&metadata);
        let loaded = self.loaded.load();
        // Read again only if the file may have changed: it may have megabytes, and this runs twice
        // a second.
        if let Some(known) = loaded.as_deref().filter(|known| stamp.is_some() && known.stamp == stamp) {
            return known.failure.clone().map_or(Ok(None), |failure| Err(failure.into()));
        }
        let content = read(&self.path).map_err(|cause| self.unreadable(&cause))?;
        let id = self.hasher.hash_one(&content);
        // The content decides: an editor that saves the same text causes no change of the config.
        let is_same = loaded.as_deref().is_some_and(|known| known.content == id && known.failure.is_none());
        let config = if is_same { Ok(None) } else { Config::parse_overrides(&content).map(Some) };
        let config = config.map_err(|cause| self.invalid(&content, &cause));
        let failure = config.as_ref().err().cloned();
        self.loaded.store(Some(Arc::new(Loaded { stamp, content: id, failure })));
        Ok(config?.map(Arc::new))
    }

    fn reloads(&self) -> bool {
        self.reload
    }
}

/// Returns the metadata of a regular file. Checked before opening: opening a pipe waits for a
/// process that writes to it.
fn regular_file(path: &Path) -> io::Result<Metadata> {
    let metadata = fs::metadata(path)?;
    let found = if metadata.is_dir() { "is a folder, not a file" } else { "not a regular file" };
    if metadata.is_file() { Ok(metadata) } else { Err(io::Error::other(found)) }
}

/// Reads a file up to the limit.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit = u64::try_from(MAX_CONFIG).unwrap_or(u64::MAX);
    // The length of the metadata is not used: the file may grow in the meantime. One byte more than
    // the limit tells a file of that length from a longer one.
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() > MAX_CONFIG {
        return Err(io::Error::other("larger than 64 MiB"));
    }
    Ok(content)
}

impl fmt::Debug for FileOverrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("FileOverrides");
        debug.field("path", &self.path).field("reload", &self.reload).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        time::{Duration, SystemTime},
    };

    use allocation_counter::measure;

    use super::{FileOverrides, OverrideSource};

    /// Writes a file with a change of the given age.
    fn change_at(path: &std::path::Path, content: &str, ago: Duration) {
        fs::write(path, content).unwrap();
        File::options().write(true).open(path).unwrap().set_modified(SystemTime::now() - ago).unwrap();
    }

    #[test]
    fn a_file_that_has_not_changed_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flags.json");
        let long = "x".repeat(1 << 20);
        for (content, is_good) in [
            (format!(r#"{{"flags": {{"title": "{long}"}}}}"#), true),
            (format!(r#"{{"flags": {{"title": "{long}"}}"#), false),
        ] {
            let source = FileOverrides::new(&path);
            change_at(&path, &content, Duration::from_secs(60));
            assert_eq!(source.load().is_ok_and(|config| config.is_some()), is_good);
            let again = measure(|| assert_eq!(source.load().is_ok_and(|config| config.is_none()), is_good));
            assert!(again.bytes_total < 10_000, "{again:?}");
            // The file may have changed twice within the precision of its time stamp.
            change_at(&path, &content, Duration::ZERO);
            let read = measure(|| assert_eq!(source.load().is_ok_and(|config| config.is_none()), is_good));
            assert!(read.bytes_total > 1 << 20, "{read:?}");
        }
    }

    #[test]
    fn a_repaired_file_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flags.json");
        let (source, minute) = (FileOverrides::new(&path), Duration::from_secs(60));
        change_at(&path, r#"{"flags": {"isOn": true}}"#, 3 * minute);
        assert!(source.load().unwrap().is_some());
        change_at(&path, "{", 2 * minute);
        assert!(source.load().is_err() && source.load().is_err());
        change_at(&path, r#"{"flags": {"isOn": true}}"#, minute);
        assert!(source.load().unwrap().is_some(), "the last valid content is not the last content");
        assert!(source.load().unwrap().is_none());
    }
}
