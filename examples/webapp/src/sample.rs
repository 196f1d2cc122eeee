//! A config JSON file, served as the CDN would, whatever becomes of it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use configcat_testkit::Cdn;

/// How often to look at the file. The client polls once a second.
const PERIOD: Duration = Duration::from_millis(250);

/// `examples/flags.json` of the repository.
pub(crate) fn default_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("flags.json")
}

/// Serves the file for as long as the process lives; returns the base URL.
pub(crate) fn serve(path: PathBuf) -> io::Result<String> {
    let mut served = fs::read_to_string(&path)?;
    let cdn = Cdn::new(&served);
    let base_url = cdn.url();
    thread::Builder::new().name("flags file".into()).spawn(move || {
        loop {
            thread::sleep(PERIOD);
            // What cannot be read just now is looked at again.
            if let Ok(content) = fs::read_to_string(&path) {
                if content != served {
                    cdn.serve(&content);
                    served = content;
                }
            }
        }
    })?;
    Ok(base_url)
}
