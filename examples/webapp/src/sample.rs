//! A config JSON file, served as by the CDN, also after the file has changed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use configcat_testkit::Cdn;

/// The period of the checks of the file: shorter than the polling interval of one second, so that
/// the next poll has the change.
const PERIOD: Duration = Duration::from_millis(250);

/// Returns the path of `examples/flags.json`.
pub(crate) fn default_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("flags.json")
}

/// Serves the file until the process ends. Returns the base URL.
pub(crate) fn serve(path: PathBuf) -> io::Result<String> {
    let mut served = fs::read_to_string(&path)?;
    let cdn = Cdn::new(&served);
    let base_url = cdn.url();
    thread::Builder::new().name("flags file".into()).spawn(move || {
        loop {
            thread::sleep(PERIOD);
            // An editor may be replacing the file at this moment, so a file that cannot be read is
            // tried again.
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
