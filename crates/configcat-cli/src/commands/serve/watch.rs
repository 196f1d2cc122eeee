//! The file of the flags, read again after each save.
//!
//! The file is looked at a few times a second.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use configcat_analysis::compare;
use tokio::sync::mpsc;

use super::{content::Content, event::Event, server::Shared};
use crate::{failure::Failure, flags::Flags};

/// Time between two looks at the file: a person takes a quarter of a second as at once.
// Notifications of the system would come sooner, and not at all from network drives and mounted
// folders of containers. An editor that saves by renaming replaces the very file that is watched.
const PERIOD: Duration = Duration::from_millis(250);

/// Age of a change from which the times of a file are reliable. File systems have time stamps of up
/// to 2 s (FAT), so a later change within that time could have the same stamp.
const SETTLED: Duration = Duration::from_secs(2);

/// Reads the flags of a file or folder as they are served.
pub(super) fn load(path: &Path) -> Result<Content, Failure> {
    let flags = Flags::read(path)?;
    let name = flags.source.name.clone();
    Content::new(flags).map_err(|reason| {
        Failure::cannot(format_args!("serve {name}"), reason)
            .help("SDKs ask for version 6 of the config JSON")
    })
}

/// Serves each new content of the file, and reports it, until nobody receives the reports.
pub(super) fn watch(path: PathBuf, shared: &Shared, events: &mpsc::Sender<Event>) {
    let mut file = WatchedFile { path, stamp: None, failure: None };
    loop {
        thread::sleep(PERIOD);
        let Some(found) = file.look(shared) else {
            if events.is_closed() {
                return;
            }
            continue;
        };
        let event = match found {
            Found::Content(new) => {
                // Served before the comparison, which may take a moment.
                let old = shared.replace(Arc::clone(&new));
                Event::Saved(compare(&old.config, &new.config))
            }
            Found::ValidAgain => Event::ValidAgain,
            Found::Failure(failure) => Event::Invalid(failure),
        };
        if events.blocking_send(event).is_err() {
            return;
        }
    }
}

/// A file that is watched.
struct WatchedFile {
    path: PathBuf,
    /// The stamp of the file when it was read; `None` to read it again.
    stamp: Option<Stamp>,
    /// The failure of the last read, and whether it was reported.
    failure: Option<(String, bool)>,
}

/// A change of a file.
enum Found {
    Content(Arc<Content>),
    ValidAgain,
    Failure(Failure),
}

impl WatchedFile {
    /// Looks at the file, and returns what has changed since the last look.
    fn look(&mut self, shared: &Shared) -> Option<Found> {
        let stamp = Stamp::of(&self.path).ok().flatten();
        if stamp.is_some() && stamp == self.stamp {
            return None;
        }
        self.stamp = stamp;
        match load(&self.path) {
            Ok(content) => {
                let was_reported = self.failure.take().is_some_and(|(_, is_reported)| is_reported);
                if !content.is_same(&shared.content()) {
                    return Some(Found::Content(Arc::new(content)));
                }
                was_reported.then_some(Found::ValidAgain)
            }
            Err(failure) => {
                let text = format!("{failure:?}");
                let is_repeated = self.failure.as_ref().is_some_and(|(known, _)| *known == text);
                let is_reported =
                    is_repeated && self.failure.as_ref().is_some_and(|(_, is_reported)| *is_reported);
                if !is_repeated {
                    // An editor may be writing the file or replacing it, so a failure counts only
                    // if the next look finds the same one.
                    self.stamp = None;
                }
                self.failure = Some((text, is_repeated));
                (is_repeated && !is_reported).then_some(Found::Failure(failure))
            }
        }
    }
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
    /// Returns the stamp of a file; `None` if a later change might have the same stamp.
    fn of(path: &Path) -> io::Result<Option<Self>> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(path)?;
        let modified = metadata.modified()?;
        // The stamp of a folder says nothing of the files in it.
        let is_reliable = metadata.is_file() && modified.elapsed().is_ok_and(|age| age > SETTLED);
        Ok(is_reliable.then(|| Self {
            modified,
            length: metadata.len(),
            #[cfg(unix)]
            inode_and_change: (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        }))
    }
}
