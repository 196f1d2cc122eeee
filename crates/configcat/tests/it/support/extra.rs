//! More of what tests share: those of caches, details, governance, hooks, overrides, secrecy and async runtimes.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    process::Command,
    sync::{Arc, mpsc},
    time::Duration,
};

use configcat::{Client, PollingMode};

use super::{ManualClock, PATIENCE, SDK_KEY, TestCache, entry};

/// The ETag of the config of [`client_on`].
const ETAG: &str = "\"from-the-cache\"";

/// A client that has this config, fetched now, and knows no server.
pub fn client_on(clock: &Arc<ManualClock>, config: &str) -> Client {
    client_on_cache(clock, &TestCache::with(entry(clock.now(), ETAG, config)))
}

/// A client that has what is in this cache, and knows no server.
pub fn client_on_cache(clock: &Arc<ManualClock>, cache: &TestCache) -> Client {
    let builder = Client::builder(SDK_KEY).polling_mode(PollingMode::manual()).offline(true);
    builder.cache(cache.clone()).clock(clock.clone()).build().unwrap()
}

/// What callbacks tell, one thing after the other.
pub struct Mailbox<T>(mpsc::Receiver<T>);

/// Fills a [`Mailbox`].
pub struct Sender<T>(mpsc::Sender<T>);

impl<T> Mailbox<T> {
    pub fn new() -> (Sender<T>, Self) {
        let (sender, receiver) = mpsc::channel();
        (Sender(sender), Self(receiver))
    }

    /// Waits for the next.
    #[track_caller]
    pub fn next(&self) -> T {
        self.0.recv_timeout(PATIENCE).expect("nothing was told")
    }

    /// Waits for the next for so long.
    pub fn within(&self, limit: Duration) -> Option<T> {
        self.0.recv_timeout(limit).ok()
    }

    /// All that are there now.
    pub fn all(&self) -> Vec<T> {
        self.0.try_iter().collect()
    }
}

impl<T> Sender<T> {
    pub fn send(&self, told: T) {
        // The test may have failed.
        let _ = self.0.send(told);
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Runs a test, given by its path in this binary, in a process of its own: what is global there is its own.
#[track_caller]
pub fn in_its_own_process(test: &str, run: impl FnOnce()) {
    in_its_own_process_behind(&[], test, run);
}

/// The same, started by a wrapper: a command to which the command of the test is appended. Its standard input is the
/// program, for a wrapper that gives up the right to find it by its path.
#[track_caller]
pub fn in_its_own_process_behind(wrapper: &[&str], test: &str, run: impl FnOnce()) {
    const MARK: &str = "CONFIGCAT_TEST_IN_ITS_OWN_PROCESS";
    if env::var_os(MARK).is_some() {
        return run();
    }
    let program = env::current_exe().unwrap();
    let mut words: Vec<&OsStr> = wrapper.iter().map(AsRef::as_ref).collect();
    words.extend([program.as_os_str(), test.as_ref(), "--exact".as_ref()]);
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env(MARK, "1").stdin(File::open(&program).unwrap());
    let output = command.output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
