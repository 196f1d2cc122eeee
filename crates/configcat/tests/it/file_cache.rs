//! The client on a file cache whose file, folder or disk fails.
//!
//! In each case the client goes on polling and evaluating, logs the failure, loses no config,
//! touches no file outside of the folder, and uses the cache again after the failure ends.

use std::{
    fs::{self, File},
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    process::Command,
    sync::Arc,
};

use configcat::{Client, FileCache, Hooks, PollingMode};
use tempfile::TempDir;

use crate::support::{
    CACHE_KEY, Cdn, MINUTE, Mailbox, ManualClock, client, in_its_own_process_behind, text_config,
};

/// Client that polls and keeps its config in a folder, and a file that it must not touch.
struct Setup {
    outer: TempDir,
    clock: Arc<ManualClock>,
    cdn: Cdn,
    client: Client,
    changes: Mailbox<()>,
}

/// After a failed test the folder may be read-only, and could not be removed.
impl Drop for Setup {
    fn drop(&mut self) {
        let _ = fs::set_permissions(self.folder(), PermissionsExt::from_mode(0o700));
    }
}

impl Setup {
    fn new() -> Self {
        let (outer, clock, cdn) =
            (tempfile::tempdir().unwrap(), ManualClock::new(), Cdn::new(&text_config("title", "first")));
        fs::write(outer.path().join("outside"), "precious").unwrap();
        let (sender, changes) = Mailbox::new();
        let hooks = |hooks: &Hooks| _ = hooks.on_config_changed(move |_| sender.send(()));
        let cache = FileCache::new(outer.path().join("cache"));
        let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache);
        let client = builder.hooks(hooks).build().unwrap();
        let setup = Self { outer, clock, cdn, client, changes };
        setup.changes.next();
        setup.clock.await_timer(MINUTE);
        setup.assert_cached("first");
        setup
    }

    fn folder(&self) -> PathBuf {
        self.outer.path().join("cache")
    }

    fn file(&self) -> PathBuf {
        self.folder().join(format!("configcat-{CACHE_KEY}"))
    }

    fn outside(&self) -> PathBuf {
        self.outer.path().join("outside")
    }

    fn remove_file(&self) {
        fs::remove_file(self.file()).unwrap();
    }

    /// Serves another config, polls, and asserts that the client has that config and logs only
    /// these events.
    #[track_caller]
    fn poll(&self, title: &str, logs: &[u64], fault: &str) {
        let before = self.clock.log().events().len();
        self.cdn.serve(&text_config("title", title));
        self.clock.advance(MINUTE);
        self.changes.next();
        self.clock.await_timer(MINUTE);
        assert!(self.client.get_value("title", String::new(), None) == title);
        assert_eq!(fs::read_to_string(self.outside()).unwrap(), "precious");
        assert_eq!(self.clock.log().events()[before..], *logs, "{fault}: {:#?}", self.clock.log().records());
        let health = self.client.health();
        assert_eq!(
            (health.cache_error.is_some(), health.consecutive_failures),
            (!logs.is_empty(), 0),
            "{fault}"
        );
    }

    /// Asserts that the folder has an entry with this title and no other file.
    #[track_caller]
    fn assert_cached(&self, title: &str) {
        // Checked first: the file in its place may be endless.
        let metadata = fs::symlink_metadata(self.file()).unwrap();
        assert!(metadata.is_file() && metadata.len() < 1 << 20, "{metadata:?}");
        let entry = fs::read_to_string(self.file()).unwrap();
        assert!(entry.contains(&text_config("title", title)), "{entry}");
        assert_eq!(fs::read_dir(self.folder()).unwrap().count(), 1);
    }
}

/// Failure of the file or its folder.
struct Fault {
    what: &'static str,
    happens: fn(&Setup),
    /// Event that the first poll logs.
    logs: &'static [u64],
    /// Repair, if the first poll does not repair it.
    ends: Option<fn(&Setup)>,
}

/// An invalid entry in place of the file, which the first poll replaces.
fn replaced(what: &'static str, happens: fn(&Setup)) -> Fault {
    Fault { what, happens, logs: &[2200], ends: None }
}

fn cut_entry(setup: &Setup, length: u64) {
    File::options().write(true).open(setup.file()).unwrap().set_len(length).unwrap();
}

fn faults() -> Vec<Fault> {
    vec![
        replaced("rubbish", |setup| fs::write(setup.file(), "rubbish").unwrap()),
        replaced("nothing", |setup| fs::write(setup.file(), "").unwrap()),
        replaced("no text", |setup| fs::write(setup.file(), b"1\na\n{}\xff").unwrap()),
        replaced("an entry that ends in its head", |setup| cut_entry(setup, 7)),
        Fault {
            // The entry has the ETag of the config in memory, so its content is not read.
            what: "an entry that ends in the config",
            happens: |setup| cut_entry(setup, 30),
            logs: &[],
            ends: None,
        },
        replaced("a file of 1 TiB, which takes no room", |setup| {
            File::create(setup.file()).unwrap().set_len(1 << 40).unwrap();
        }),
        replaced("a file without an end", |setup| {
            setup.remove_file();
            symlink("/dev/zero", setup.file()).unwrap();
        }),
        replaced("a pipe", |setup| {
            setup.remove_file();
            assert!(Command::new("mkfifo").arg(setup.file()).status().unwrap().success());
        }),
        replaced("a link to a file outside", |setup| {
            setup.remove_file();
            symlink(setup.outside(), setup.file()).unwrap();
        }),
        Fault {
            what: "a link to nothing outside",
            happens: |setup| {
                setup.remove_file();
                symlink(setup.outer.path().join("nothing"), setup.file()).unwrap();
            },
            logs: &[],
            ends: None,
        },
        Fault {
            what: "a folder in place of the file",
            happens: |setup| {
                setup.remove_file();
                fs::create_dir(setup.file()).unwrap();
            },
            logs: &[2200, 2201],
            ends: Some(|setup| fs::remove_dir(setup.file()).unwrap()),
        },
        Fault {
            what: "the folder vanishes",
            happens: |setup| fs::remove_dir_all(setup.folder()).unwrap(),
            logs: &[],
            ends: None,
        },
        Fault {
            what: "a link to another folder in place of the folder",
            happens: |setup| {
                fs::rename(setup.folder(), setup.outer.path().join("other")).unwrap();
                symlink("other", setup.folder()).unwrap();
            },
            logs: &[],
            ends: None,
        },
        Fault {
            what: "a link to nothing in place of the folder",
            happens: |setup| {
                fs::remove_dir_all(setup.folder()).unwrap();
                symlink("other", setup.folder()).unwrap();
            },
            logs: &[2201],
            ends: Some(|setup| fs::create_dir(setup.outer.path().join("other")).unwrap()),
        },
        Fault {
            what: "a file in place of the folder",
            happens: |setup| {
                fs::remove_dir_all(setup.folder()).unwrap();
                fs::hard_link(setup.outside(), setup.folder()).unwrap();
            },
            logs: &[2200, 2201],
            ends: Some(|setup| fs::remove_file(setup.folder()).unwrap()),
        },
    ]
}

#[test]
fn the_client_recovers_from_each_failure_of_file_and_folder() {
    for fault in faults() {
        let setup = Setup::new();
        (fault.happens)(&setup);
        setup.poll("second", fault.logs, fault.what);
        if let Some(end) = fault.ends {
            setup.poll("third", fault.logs, fault.what);
            end(&setup);
        } else {
            setup.assert_cached("second");
        }
        setup.poll("fourth", &[], fault.what);
        setup.assert_cached("fourth");
        assert!(!setup.outer.path().join("nothing").exists());
    }
}

/// Returns whether the process may ignore the mode of a folder.
fn is_privileged() -> bool {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o500)).unwrap();
    File::create(folder.path().join("file")).is_ok()
}

/// Root may write everywhere, so root runs the test as the user `nobody`, with `setpriv` of Linux.
#[test]
fn a_folder_that_is_read_only_keeps_its_entry() {
    let by_nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "sh",
        "-c",
        // The user `nobody` may not read the folders of other users, neither for this program nor
        // for temporary files.
        "TMPDIR=/tmp exec /proc/self/fd/0 \"$@\"",
    ];
    let wrapper = if is_privileged() { &by_nobody[..] } else { &[] };
    in_its_own_process_behind(wrapper, "file_cache::a_folder_that_is_read_only_keeps_its_entry", || {
        assert!(!is_privileged());
        let setup = Setup::new();
        let set_mode = |mode| fs::set_permissions(setup.folder(), PermissionsExt::from_mode(mode)).unwrap();
        set_mode(0o500);
        setup.poll("second", &[2201], "read-only");
        setup.poll("third", &[2201], "read-only");
        setup.assert_cached("first");
        set_mode(0o700);
        setup.poll("fourth", &[], "read-only");
        setup.assert_cached("fourth");
    });
}

/// A limit on the length of files replaces a full disk: it fails in the middle of a write, also for
/// root. With the signal ignored, the write returns an error, as on a full disk.
#[test]
fn a_full_disk_keeps_its_entry() {
    let limited = ["sh", "-c", "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\""];
    in_its_own_process_behind(&limited, "file_cache::a_full_disk_keeps_its_entry", || {
        let setup = Setup::new();
        let long = "x".repeat(200_000);
        setup.poll(&format!("{long} second"), &[2201], "no room");
        setup.poll(&format!("{long} third"), &[2201], "no room");
        setup.assert_cached("first");
        setup.poll("fourth", &[], "no room");
        setup.assert_cached("fourth");
    });
}
