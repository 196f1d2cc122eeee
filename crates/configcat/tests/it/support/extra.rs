//! Further helpers for the tests of caches, details, governance, hooks, overrides, secrecy and
//! async runtimes.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use configcat::{Client, PollingMode};

use super::{ManualClock, PATIENCE, SDK_KEY, TestCache, entry};

/// ETag of the config of [`client_on`].
const ETAG: &str = "\"from-the-cache\"";

/// Returns a client that has this config, fetched now, and no server.
pub fn client_on(clock: &Arc<ManualClock>, config: &str) -> Client {
    client_on_cache(clock, &TestCache::with(entry(clock.now(), ETAG, config)))
}

/// Returns a client that has the config of this cache, and no server.
pub fn client_on_cache(clock: &Arc<ManualClock>, cache: &TestCache) -> Client {
    let builder = Client::builder(SDK_KEY).polling_mode(PollingMode::manual()).offline(true);
    builder.cache(cache.clone()).clock(clock.clone()).build().unwrap()
}

/// Queue of the arguments of callbacks.
pub struct Mailbox<T>(mpsc::Receiver<T>);

/// Sender of a [`Mailbox`].
pub struct Sender<T>(mpsc::Sender<T>);

impl<T> Mailbox<T> {
    pub fn new() -> (Sender<T>, Self) {
        let (sender, receiver) = mpsc::channel();
        (Sender(sender), Self(receiver))
    }

    /// Waits for the next argument.
    #[track_caller]
    pub fn next(&self) -> T {
        self.0.recv_timeout(PATIENCE).expect("no event was reported")
    }

    /// Waits for the next argument for this time at most.
    pub fn within(&self, limit: Duration) -> Option<T> {
        self.0.recv_timeout(limit).ok()
    }

    /// Returns all arguments that are there now.
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
