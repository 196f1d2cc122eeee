//! State of refreshing, and the types of a request and its outcome.

use super::{backoff::Backoff, cache_calls::CacheCalls};
use crate::{
    error::{RefreshError, RefreshErrorKind},
    notify::{event::Event, logging},
};
use std::time::Duration;

use log::Level;

#[cfg(all(test, shuttle))]
pub(crate) use crate::sync::interleavings::fetcher::Fetcher;
#[cfg(not(all(test, shuttle)))]
pub(crate) use configcat_fetch::Fetcher;

/// State that refreshes share, in one process.
pub(crate) struct Refresher {
    /// Fetcher of the config; `None` if the client uses overrides only.
    pub(super) fetcher: Option<Fetcher>,
    pub(super) cache_calls: CacheCalls,
    /// Backoff of lazy loading. The polling thread has a schedule of its own.
    pub(crate) backoff: Backoff,
}

/// Config that a caller asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RefreshRequest {
    /// A fetched config, whatever the age of the config in memory.
    Now { by_user: bool },
    /// A fetched config if the one in memory has this age. With `respect_backoff`, no fetch during
    /// the backoff of lazy loading.
    IfOlderThan { max_age: Duration, respect_backoff: bool },
}

/// Outcome of a refresh, for its leader and for all threads that have joined it.
#[derive(Clone)]
pub(crate) struct RefreshOutcome {
    pub(crate) result: Result<(), RefreshError>,
    /// `true` if the refresh fetched.
    pub(crate) fetched: bool,
    /// `true` if the current thread led the refresh.
    pub(super) led: bool,
}

/// Report of a refresh. Logs and hooks get it after the waiting threads are released.
pub(crate) struct Report {
    pub(crate) result: Result<(), RefreshError>,
    pub(crate) fetched: bool,
    pub(crate) changed: bool,
    /// `true` if the config must be written to the cache.
    pub(super) writes_cache: bool,
    // Collected instead of logged at once: a logger that hangs must not hold up threads that wait
    // for the config.
    pub(super) events: Vec<Event<'static>>,
}

impl Refresher {
    pub(crate) fn new(fetcher: Option<Fetcher>, client: usize) -> Self {
        Self { fetcher, cache_calls: CacheCalls::new(client), backoff: Backoff::default() }
    }

    /// Returns the refresher of a forked child, with connections of its own: two processes that use
    /// one connection would read each other's responses.
    pub(crate) fn for_child(&self) -> Self {
        Self {
            fetcher: self.fetcher.as_ref().map(Fetcher::with_new_connections),
            cache_calls: self.cache_calls.for_child(),
            // Kept: the server that has failed for the parent must not get a request of each child.
            backoff: self.backoff.for_child(),
        }
    }

    /// Interrupts a fetch under way, and makes later fetches fail.
    pub(crate) fn shut_down(&self) {
        if let Some(fetcher) = &self.fetcher {
            fetcher.shut_down();
        }
    }
}

impl RefreshOutcome {
    /// Returns the outcome for a thread that got no result of a refresh.
    pub(super) fn not_joined(kind: RefreshErrorKind) -> Self {
        Self { result: Err(kind.into()), fetched: false, led: false }
    }
}

impl Report {
    pub(super) fn new() -> Self {
        Self { result: Ok(()), fetched: false, changed: false, writes_cache: false, events: Vec::new() }
    }

    /// Adds an event at level `debug`, if a logger may want it.
    pub(super) fn debug(&mut self, event: impl FnOnce() -> Event<'static>) {
        if logging::is_possible(Level::Debug) {
            self.events.push(event());
        }
    }

    /// Returns the report of a refresh in which code of the user panicked.
    pub(super) fn panicked(message: String) -> Self {
        let events = vec![Event::PollPanicked { message }];
        Self { result: Err(RefreshErrorKind::Panicked.into()), events, ..Self::new() }
    }
}
