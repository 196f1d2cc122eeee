//! Overrides from a JSON file.

use std::{
    error::Error,
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use configcat_eval::{Config, Value};
use serde_json::Value as Json;

use super::OverrideSource;
use crate::{refresh::MAX_CONFIG, sync::fork::PerProcess};

/// Settings from a JSON file, in one of two forms: the simple `{"flags": {"key": value, …}}`, or a whole
/// config JSON as the CDN serves it.
///
/// The file may have 64 MiB. In the simple form a value is a bool, a text or a number; a whole number is read as int and as double alike.
///
/// ```
/// use configcat::{Client, FileOverrides, OverrideBehaviour};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("flags.json");
/// std::fs::write(&path, r#"{"flags": {"isNew": true, "limit": 10}}"#)?;
/// let client = Client::builder("local")
///     .overrides(OverrideBehaviour::LocalOnly, FileOverrides::new(&path).reload(true))
///     .build()?;
/// assert!(client.get_value("isNew", false, None));
/// assert_eq!(client.get_value("limit", 0.5, None), 10.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FileOverrides {
    path: PathBuf,
    reload: bool,
    /// The content that was loaded last.
    loaded: PerProcess<Loaded>,
}

type Loaded = Mutex<Option<Vec<u8>>>;

impl FileOverrides {
    /// Settings from this file, read once.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), reload: false, loaded: PerProcess::new(Loaded::default()) }
    }

    /// Whether to read the file again when it changes, which takes a thread. Default: no.
    ///
    /// A change shows within a second. A file that is missing or broken is logged, and the settings stay.
    #[must_use]
    pub fn reload(self, reload: bool) -> Self {
        Self { reload, ..self }
    }
}

impl OverrideSource for FileOverrides {
    fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn Error + Send + Sync>> {
        let content = read(&self.path).map_err(|cause| format!("{}: {cause}", self.path.display()))?;
        let loaded = self.loaded.get(|loaded| {
            // A forked child loads once more if a thread of the parent was loading at that moment.
            Loaded::new(loaded.try_lock().map(|loaded| loaded.clone()).unwrap_or_default())
        });
        let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.as_ref() == Some(&content) {
            return Ok(None);
        }
        let config = parse(&content).map_err(|cause| format!("{}: {cause}", self.path.display()))?;
        *loaded = Some(content);
        Ok(Some(Arc::new(config)))
    }

    fn reloads(&self) -> bool {
        self.reload
    }
}

/// Reads a file up to the limit, also where its length is not known before, as of a pipe.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit = u64::try_from(MAX_CONFIG).unwrap_or(u64::MAX);
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

/// Reads either form: what has a member `flags` that is an object is the simple one.
fn parse(content: &[u8]) -> Result<Config, Box<dyn Error + Send + Sync>> {
    if let Ok(Json::Object(document)) = serde_json::from_slice(content) {
        if let Some(Json::Object(flags)) = document.get("flags") {
            let values: Result<Vec<_>, _> = flags.iter().map(|(key, json)| simple(key, json)).collect();
            return Ok(Config::from_values(values?));
        }
    }
    Ok(Config::parse(content)?)
}

fn simple<'a>(key: &'a str, json: &Json) -> Result<(&'a str, Value), String> {
    let value = match json {
        Json::Bool(value) => Some(Value::from(*value)),
        Json::String(value) => Some(Value::from(value.as_str())),
        Json::Number(number) => number.as_i64().map(Value::from).or_else(|| number.as_f64().map(Value::from)),
        _ => None,
    };
    value.map(|value| (key, value)).ok_or_else(|| format!("flags.{key}: expected a bool, a text or a number"))
}
