//! Helpers of the tests beside the test kit: a watched clock, a cache, a log, and builders of
//! configs and clients.

mod cache;
mod clock;
mod extra;
mod local;
mod log;
mod process;
mod threads;

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use configcat::{Client, ClientBuilder, PollingMode, fetch::Proxy};
pub use configcat_testkit::{Cdn, Reply, SDK_KEY};

pub use self::{
    cache::{Fault, TestCache, Unprintable},
    clock::ManualClock,
    extra::{Mailbox, Sender, client_on, client_on_cache},
    local::{Document, local, on_document},
    log::{Log, at_next_http_record, in_the_logger, let_logger_panic_on_this_thread, quietly},
    threads::ThreadWatch,
};

#[cfg(unix)]
pub(crate) use self::process::fork_and_run;
pub(crate) use self::process::{in_its_own_process, in_its_own_process_behind};

/// Cache key of [`SDK_KEY`].
pub const CACHE_KEY: &str = "f83ba5d45bceb4bb704410f51b704fb6dfa19942";

/// Longest wait for a success on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
pub const SECOND: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_secs(60);

/// Returns a config of one bool flag.
pub fn bool_config(key: &str, value: bool) -> String {
    config(&[(key, 0, &format!(r#"{{"b":{value}}}"#))])
}

/// Returns a config of one text flag.
pub fn text_config(key: &str, value: &str) -> String {
    config(&[(key, 1, &format!(r#"{{"s":"{value}"}}"#))])
}

/// Returns a config of settings, each a key, a type and a value such as `{"b":true}`.
pub fn config(settings: &[(&str, u8, &str)]) -> String {
    let settings: Vec<_> = settings
        .iter()
        .map(|(key, kind, value)| format!(r#""{key}":{{"t":{kind},"v":{value},"i":"{key}-id"}}"#))
        .collect();
    format!(r#"{{"p":{{"s":"salt"}},"f":{{{}}}}}"#, settings.join(","))
}

/// Returns a cache entry.
pub fn entry(fetched_at: SystemTime, etag: &str, config: &str) -> String {
    let ms = fetched_at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    format!("{ms}\n{etag}\n{config}")
}

/// Returns a client of this server in this mode, without jitter and without a proxy.
pub fn client(cdn: &Cdn, mode: impl Into<PollingMode>) -> ClientBuilder {
    Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None).jitter(0.0).polling_mode(mode)
}

/// Runs a closure that must not hang; panics if it takes longer than [`PATIENCE`].
#[track_caller]
pub fn patiently<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        let result = run();
        // The test may have given up.
        let _ = sender.send(());
        result
    });
    if receiver.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("hangs");
    }
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Returns the result of a closure and its time.
pub fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = run();
    (result, start.elapsed())
}
