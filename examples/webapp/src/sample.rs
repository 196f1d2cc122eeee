//! A config JSON file, served as by the CDN, also after the file has changed.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    str,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use configcat::{Config, config::ParseError};
use configcat_testkit::Cdn;

/// The period of the checks of the file: shorter than the polling interval of one second, so that
/// the next poll has the change.
const PERIOD: Duration = Duration::from_millis(250);

/// The most bytes of the file: those that the client accepts of a config JSON.
const MAX_FILE: u64 = 64 << 20;

/// The problem with the file of the flags, for the pages. Without such a file it stays empty.
#[derive(Clone, Default)]
pub(crate) struct FileProblem(Arc<Mutex<Option<String>>>);

impl FileProblem {
    /// Returns the place and the cause, such as `flags.json:3:7: …`.
    pub(crate) fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, problem: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }
}

/// Returns the path of `examples/flags.json`.
pub(crate) fn default_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("flags.json")
}

/// Serves the file until the process ends. Returns the base URL.
pub(crate) fn serve(path: PathBuf, name: &str, problem: FileProblem) -> io::Result<String> {
    let cdn = Cdn::new("");
    let base_url = cdn.url();
    let mut served = Served { content: None, name: name.to_owned(), problem, cdn };
    served.publish(read(&path)?);
    thread::Builder::new().name("flags file".into()).spawn(move || {
        loop {
            thread::sleep(PERIOD);
            served.check(&path);
        }
    })?;
    Ok(base_url)
}

/// Reads a regular file. Another kind, such as a pipe, may block or have no end.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::metadata(path)?;
    if !file.is_file() {
        return Err(refused("no regular file"));
    }
    if file.len() > MAX_FILE {
        return Err(refused("the file is larger than 64 MiB"));
    }
    let mut content = Vec::new();
    // The file may have grown since. The next check finds that.
    File::open(path)?.take(MAX_FILE).read_to_end(&mut content)?;
    Ok(content)
}

fn refused(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

struct Served {
    /// The published content; `None` if the file could not be read after that.
    content: Option<Vec<u8>>,
    name: String,
    problem: FileProblem,
    cdn: Cdn,
}

impl Served {
    fn check(&mut self, path: &Path) {
        match read(path) {
            Ok(content) if self.content.as_ref() == Some(&content) => {}
            Ok(content) => self.publish(content),
            // An editor may be replacing the file at this moment, so it is read again soon.
            Err(cause) => {
                self.content = None;
                self.problem.set(Some(format!("{}: {cause}", self.name)));
            }
        }
    }

    fn publish(&mut self, content: Vec<u8>) {
        // Before the CDN has the content: the page that a failed fetch updates shows the cause.
        self.problem.set(Config::parse(&content).err().map(|error| problem(&self.name, &error)));
        if let Ok(content) = str::from_utf8(&content) {
            self.cdn.serve(content);
        }
        self.content = Some(content);
    }
}

fn problem(name: &str, error: &ParseError) -> String {
    match error {
        ParseError::NotJson(cause) => format!("{name}:{}:{}: {error}", cause.line(), cause.column()),
        ParseError::NotUtf8 { line, column, .. } => format!("{name}:{line}:{column}: {error}"),
        _ => format!("{name}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use configcat_testkit::Cdn;

    use super::{FileProblem, MAX_FILE, Served};

    #[test]
    fn a_broken_file_is_shown_with_its_place_until_it_is_repaired() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flags.json");
        let (cdn, problem) = (Cdn::new(""), FileProblem::default());
        let mut served =
            Served { content: None, name: "flags.json".to_owned(), problem: problem.clone(), cdn };
        let good: &[u8] = br#"{"f": {}}"#;
        let mut check = |path: &Path| {
            served.check(path);
            problem.get().unwrap_or_default()
        };
        for (content, expected) in [
            (good, ""),
            (b"{\n  \"f\": {\n", "flags.json:3:0: config JSON is not valid JSON: EOF while parsing"),
            (b"{\n \xff", "flags.json:2:2: config JSON is not UTF-8"),
            (b"{}", "flags.json: the document is JSON, but no config"),
            (b"", "flags.json:1:0: "),
            (good, ""),
        ] {
            fs::write(&path, content).unwrap();
            let told = check(&path);
            assert!(told.starts_with(expected) && told.is_empty() == expected.is_empty(), "{told}");
        }
        fs::remove_file(&path).unwrap();
        assert!(check(&path).starts_with("flags.json: "));
        fs::File::create(&path).unwrap().set_len(MAX_FILE + 1).unwrap();
        assert_eq!(check(&path), "flags.json: the file is larger than 64 MiB");
        assert_eq!(check(folder.path()), "flags.json: no regular file");
        fs::write(&path, good).unwrap();
        assert_eq!(check(&path), "");
    }
}
