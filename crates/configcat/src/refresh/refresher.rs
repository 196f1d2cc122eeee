//! The state of refreshing, and the types of what is asked for and what comes of it.

use super::{backoff::Backoff, cache_calls::CacheCalls};
use crate::{
    error::{RefreshError, RefreshErrorKind},
    notify::event::Event,
};
use std::time::Duration;

#[cfg(all(test, shuttle))]
pub(crate) use crate::sync::interleavings::fetcher::Fetcher;
#[cfg(not(all(test, shuttle)))]
pub(crate) use configcat_fetch::Fetcher;

/// What refreshing keeps from one time to the next, in one process.
pub(crate) struct Refresher {
    /// `None` if flags come from overrides only.
    pub(super) fetcher: Option<Fetcher>,
    pub(super) cache_calls: CacheCalls,
    /// Of lazy polling.
    pub(crate) backoff: Backoff,
}

/// Which config a caller wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RefreshRequest {
    /// A fetched one, whatever the age of the config that is there.
    Now { by_user: bool },
    /// A fetched one if the config is that old, and unless lazy polling is to leave the server
    /// alone.
    IfOlderThan { max_age: Duration, respect_backoff: bool },
}

/// How a refresh ended, for its leader and for all that have joined it.
#[derive(Clone)]
pub(crate) struct RefreshOutcome {
    pub(crate) result: Result<(), RefreshError>,
    /// Whether there was a fetch.
    pub(crate) fetched: bool,
    /// Whether this thread did it.
    pub(super) led: bool,
}

/// What a refresh did. Logs and hooks learn of it when no thread waits for it any more.
pub(crate) struct Report {
    pub(crate) result: Result<(), RefreshError>,
    pub(crate) fetched: bool,
    pub(crate) changed: bool,
    /// Whether the config is to be written to the cache.
    pub(super) writes_cache: bool,
    pub(super) events: Vec<Event<'static>>,
}

impl Refresher {
    pub(crate) fn new(fetcher: Option<Fetcher>, client: usize) -> Self {
        Self { fetcher, cache_calls: CacheCalls::new(client), backoff: Backoff::default() }
    }

    /// Returns the refresher of a forked child. A connection belongs to one process.
    pub(crate) fn for_child(&self) -> Self {
        Self {
            fetcher: self.fetcher.as_ref().map(Fetcher::with_new_connections),
            cache_calls: self.cache_calls.for_child(),
            backoff: self.backoff.for_child(),
        }
    }

    /// Interrupts a fetch under way, and makes later ones fail.
    pub(crate) fn shut_down(&self) {
        if let Some(fetcher) = &self.fetcher {
            fetcher.shut_down();
        }
    }
}

impl RefreshOutcome {
    pub(super) fn not_joined(kind: RefreshErrorKind) -> Self {
        Self { result: Err(kind.into()), fetched: false, led: false }
    }
}

impl Report {
    pub(super) fn new() -> Self {
        Self { result: Ok(()), fetched: false, changed: false, writes_cache: false, events: Vec::new() }
    }

    pub(super) fn panicked(message: String) -> Self {
        let events = vec![Event::PollPanicked { message }];
        Self { result: Err(RefreshErrorKind::Panicked.into()), events, ..Self::new() }
    }
}
