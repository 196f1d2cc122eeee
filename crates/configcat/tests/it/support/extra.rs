//! More of what tests share: those of caches, details, governance, hooks, overrides, secrecy and
//! async runtimes.

use std::{
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
