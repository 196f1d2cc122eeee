//! Refreshing and closing at once: what `refresh` and `client` do with flight, store and latches.

use std::{sync::Arc, time::Duration};

use configcat_eval::Config;
use shuttle::thread;

use crate::{
    clock::Timer,
    flights::panic_in_thread,
    store::{Remote, Store},
    sync::latch::Latch,
    sync::single_flight::{Role, SingleFlight},
};

/// What clones of a client share, without fetcher, cache, logs and hooks.
struct Client {
    store: Store,
    ready: Latch,
    closed: Latch,
    flights: SingleFlight<bool>,
}

impl Client {
    fn new() -> Arc<Self> {
        let (ready, closed) = (Latch::new(), Latch::new());
        Arc::new(Self { store: Store::new(None, None), ready, closed, flights: SingleFlight::new() })
    }

    /// `ClientRef::refresh`: whether a config was published; `None` if the client closed before.
    fn refresh(&self) -> Option<bool> {
        let leader = match self.flights.join(Duration::ZERO) {
            Role::Leader(leader) => leader,
            Role::Waiter(waiter) => return waiter.wait(self.closed.released(), &Timer),
        };
        let config = Config::from_values([("flag", true.into())]);
        let remote = Remote { config: Arc::new(config), etag: None, content_id: 0, text: None };
        let published = self.store.set_remote(remote, 1);
        leader.finish(published);
        self.ready.mark();
        self.ready.release_waiters();
        Some(published)
    }

    /// `ClientRef::wait_until_ready`
    fn wait_for_ready(&self) {
        self.ready.released().wait_or(self.closed.released(), &Timer);
        assert!(self.ready.is_set() || self.closed.is_set());
    }

    /// `ClientRef::close`, which tells by returning.
    fn close(&self) {
        if self.closed.set() {
            self.store.close();
        }
    }
}

/// While some refresh and some wait, one closes: all return, and what is there after closing stays.
pub fn closing_frees_all_and_nothing_is_published_after_it(refreshing: usize, waiting: usize) {
    let client = Client::new();
    let mut threads: Vec<_> = (0..refreshing)
        .map(|_| {
            let client = client.clone();
            thread::spawn(move || {
                let published = client.refresh();
                assert!(published == Some(true) || client.closed.is_set(), "not published, and not closed");
            })
        })
        .collect();
    threads.extend((0..waiting).map(|_| {
        let client = client.clone();
        thread::spawn(move || client.wait_for_ready())
    }));
    client.close();
    let then = client.store.load_full();
    let generation = client.store.generation();
    threads.into_iter().for_each(|thread| thread.join().unwrap_or_else(|_| panic_in_thread()));
    assert!(Arc::ptr_eq(&then, &client.store.load_full()), "published after closing");
    assert_eq!((generation, then.generation), (client.store.generation(), generation));
}

/// A refresh without closing: who waits until the client is ready sees its config.
pub fn who_waits_sees_the_first_config(waiting: usize) {
    let client = Client::new();
    let threads: Vec<_> = (0..waiting)
        .map(|_| {
            let client = client.clone();
            thread::spawn(move || {
                client.wait_for_ready();
                assert!(client.store.load().config.is_some(), "ready without a config");
            })
        })
        .collect();
    assert_eq!(client.refresh(), Some(true));
    threads.into_iter().for_each(|thread| thread.join().unwrap_or_else(|_| panic_in_thread()));
}
