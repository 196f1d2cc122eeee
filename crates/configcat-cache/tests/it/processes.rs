//! The file cache among processes that write at once, are killed, or run out of disk space. The
//! test with many kills is in `kills`.

use std::{
    env,
    io::{self, Read, Write},
    path::Path,
    process::{Child, Command, Stdio, exit},
    thread,
};

use configcat_cache::{ConfigCache, FileCache, FileCacheError};

use crate::{FILE, KEY, names};

const TASK: &str = "CONFIGCAT_CACHE_TEST_TASK";
const FOLDER: &str = "CONFIGCAT_CACHE_TEST_FOLDER";

/// The values that are written: long enough that to write one takes several steps.
pub(crate) fn value(letter: char) -> String {
    format!("1686756435844\n\n{}", String::from(letter).repeat(1 << 18))
}

#[track_caller]
pub(crate) fn assert_whole(cache: &FileCache) {
    let found = cache.read(KEY).unwrap().unwrap();
    assert!(('a'..='d').any(|letter| found == value(letter)), "{} bytes", found.len());
}

fn write_and_read(cache: &FileCache, rounds: usize, letters: &str) {
    for letter in letters.chars().cycle().take(rounds) {
        cache.write(KEY, &value(letter)).unwrap();
        assert_whole(cache);
    }
}

/// Task of the processes that the tests below start; does nothing without a task.
#[test]
fn worker() {
    let Ok(task) = env::var(TASK) else { return };
    let cache = FileCache::new(env::var_os(FOLDER).unwrap());
    // Waits for the test, so that all workers begin at once.
    io::stdin().read_exact(&mut [0]).unwrap();
    match &*task {
        "share" => write_and_read(&cache, 30, "bcd"),
        "until killed" => {
            end_with_the_test();
            write_and_read(&cache, usize::MAX, "bcd");
        }
        "read until killed" => {
            end_with_the_test();
            loop {
                assert_whole(&cache);
            }
        }
        "no room" => {
            let error = *cache.write(KEY, &value('b')).unwrap_err().downcast().unwrap();
            assert!(matches!(error, FileCacheError::Write { .. }), "{error}");
        }
        other => panic!("unknown task {other}"),
    }
}

/// Ends this process when the test is gone, however it went: that closes the pipe.
fn end_with_the_test() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        exit(1);
    });
}

/// A process that does not outlive the test that started it.
pub(crate) struct Worker(Child);

impl Worker {
    /// Starts the task.
    pub(crate) fn go(&mut self) {
        // It may have begun before, and be done by now.
        let _ = self.0.stdin.as_mut().unwrap().write_all(b"!");
    }

    fn succeeds(&mut self) -> bool {
        self.go();
        self.0.wait().unwrap().success()
    }

    /// Asserts that the process runs, so it has found no fault so far.
    #[track_caller]
    pub(crate) fn assert_running(&mut self) {
        assert_eq!(self.0.try_wait().unwrap(), None, "it ended by itself");
    }

    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts this binary again to run only `task`, behind `wrapper` if that is not empty.
pub(crate) fn start(task: &str, folder: &Path, wrapper: &[&str]) -> Worker {
    let program = env::current_exe().unwrap();
    let mut words: Vec<_> = wrapper.iter().map(AsRef::as_ref).collect();
    words.extend([program.as_os_str(), "processes::worker".as_ref(), "--exact".as_ref()]);
    let child = Command::new(words[0])
        .args(&words[1..])
        .env(TASK, task)
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    Worker(child.unwrap())
}

#[test]
fn processes_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let cache = FileCache::new(folder.path());
    cache.write(KEY, &value('a')).unwrap();

    let mut workers = [(); 3].map(|()| start("share", folder.path(), &[]));
    workers.iter_mut().for_each(Worker::go);
    write_and_read(&cache, 30, "a");
    assert!(workers.iter_mut().all(Worker::succeeds));
    assert_whole(&cache);
    assert_eq!(names(folder.path()), [FILE]);
}

#[test]
fn a_killed_writer_leaves_a_whole_value() {
    let folder = tempfile::tempdir().unwrap();
    let cache = FileCache::new(folder.path());
    for _ in 0..5 {
        cache.write(KEY, &value('a')).unwrap();
        let mut worker = start("until killed", folder.path(), &[]);
        worker.go();
        while cache.read(KEY).unwrap() == Some(value('a')) {
            worker.assert_running();
            thread::yield_now();
        }
        worker.kill();
        assert_whole(&cache);
    }
}

/// A limit for the length of a file acts like a full disk: it ends a write in the middle, also for
/// root.
#[test]
#[cfg(unix)]
fn a_full_disk_leaves_the_old_value() {
    use std::{
        fs::{self, File},
        time::{Duration, SystemTime},
    };

    let folder = tempfile::tempdir().unwrap();
    let cache = FileCache::new(folder.path());
    cache.write(KEY, &value('a')).unwrap();

    // With the signal ignored, the write fails as on a full disk.
    let mut worker =
        start("no room", folder.path(), &["sh", "-c", "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\""]);
    assert!(worker.succeeds());
    assert_eq!(names(folder.path()), [FILE]);
    assert!(cache.read(KEY).unwrap() == Some(value('a')));

    // Otherwise the signal kills the process with the file half written.
    let mut worker =
        start("no room", folder.path(), &["sh", "-c", "ulimit -c 0; ulimit -f 100; exec \"$0\" \"$@\""]);
    assert!(!worker.succeeds());
    let files = names(folder.path());
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(cache.read(KEY).unwrap() == Some(value('a')));

    let leftover = folder.path().join(&files[1]);
    assert!(files[1].starts_with(FILE) && fs::metadata(&leftover).unwrap().len() > 0);
    // It is left alone while its writer may still be at work.
    FileCache::new(folder.path()).write(KEY, "new").unwrap();
    assert_eq!(names(folder.path()), files);
    let old = SystemTime::now() - Duration::from_secs(360);
    File::options().write(true).open(leftover).unwrap().set_modified(old).unwrap();
    FileCache::new(folder.path()).write(KEY, "newer").unwrap();
    assert_eq!(names(folder.path()), [FILE]);
}
