//! Calls of the user's cache: each on a thread of its own, with a deadline, one at a time.
//!
//! A cache is code of the user, and the store behind it may hang: a Redis that sends one byte a
//! second, a file on a network drive that is gone. On the polling thread such a call would stop
//! polling. So the refresh waits for a limited time, and a late call is left running: the cache is
//! not called again until that call has returned, and its result is used then. A client has one
//! such thread at most, and no thread between calls.

use std::{
    collections::VecDeque,
    error::Error,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use configcat_cache::{BoxError, ConfigCache};

use crate::{
    clock::Timer,
    sync::{
        panics::{self, catch_as_error},
        primitives::{Completion, Mutex, completion, lock},
        reentrancy::{self, Activity},
    },
};

/// Cache of the user, and the key of the config in it.
#[derive(Clone)]
pub(crate) struct SharedCache {
    pub(crate) cache: Arc<dyn ConfigCache>,
    pub(crate) key: Arc<str>,
}

/// Operation on the cache.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Read,
    /// Writes an entry with this text and this content id.
    Write(Arc<str>, u64),
}

/// Result of a call: the text that was read, if any.
type CallResult = Result<Option<String>, BoxError>;

/// Call that has started.
#[derive(Clone)]
pub(crate) struct Call(Arc<CallState>);

struct CallState {
    is_read: bool,
    /// Result, set by the thread of the call and taken by the first thread that wants it.
    result: Mutex<Option<CallResult>>,
    returned: Completion,
    /// `true` after the call was reported as late.
    is_reported: Mutex<bool>,
}

/// Failure of a call.
pub(crate) enum CallFailure {
    /// The cache failed or panicked, or no thread could be started for the call.
    Failed(BoxError),
    /// The call did not return by the deadline. Reported once for each call.
    Late(Duration),
    /// An earlier call has not returned yet, which was reported before.
    StillBusy,
}

impl CallFailure {
    /// Returns the text for the log and for health; `None` if the failure was reported before.
    pub(crate) fn cause(self) -> Option<String> {
        match self {
            Self::Failed(cause) => Some(with_causes(&*cause)),
            Self::Late(limit) => Some(format!(
                "the call did not return within {limit:?}, so the cache is not called until it does"
            )),
            Self::StillBusy => None,
        }
    }
}

/// Returns the text of an error with the texts of its causes.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

type KnownEntries = Arc<Mutex<VecDeque<u64>>>;

/// Number of known entries. Only entries as new as the config in memory matter: two or three of the
/// same millisecond, and the entry of a late read.
const MAX_KNOWN_ENTRIES: usize = 16;

/// Calls of one client in this process.
pub(crate) struct CacheCalls {
    /// Call that has not returned, or whose result was not taken.
    current: Mutex<Option<Call>>,
    /// Content ids of the entries that were read or written lately, the latest last.
    known_entries: KnownEntries,
    /// Id of the client, for [`Activity`].
    client: usize,
}

impl CacheCalls {
    pub(crate) fn new(client: usize) -> Self {
        Self { current: Mutex::new(None), known_entries: Arc::default(), client }
    }

    /// Returns whether this entry was read or written before.
    ///
    /// A known entry is not new. An entry dated in the future would make the config young at each
    /// read, and in a cache that cannot be written it would replace the fetched config at each
    /// poll. An entry that this client has written may have the same millisecond as the next
    /// config.
    pub(crate) fn is_known_entry(&self, content_id: u64) -> bool {
        lock(&self.known_entries).contains(&content_id)
    }

    /// Records an entry that was read and understood.
    pub(crate) fn entry_taken(&self, content_id: u64) {
        remember(&self.known_entries, content_id);
    }

    /// Reads the entry. Waits for `limit` at most, and not longer than until `closed`.
    ///
    /// The result of a late read that has returned is as good as a new one, because an entry has
    /// its time. If a late write has failed, `on_failed_write` gets its error.
    pub(crate) fn read(
        &self,
        cache: &SharedCache,
        limit: Duration,
        closed: &Completion,
        on_failed_write: impl FnOnce(BoxError),
    ) -> Result<Option<String>, CallFailure> {
        let deadline = Instant::now() + limit;
        if let Some(call) = self.current() {
            match call.wait(limit_until(deadline, call.is_reported()), closed) {
                Some(result) if call.0.is_read => return result.map_err(CallFailure::Failed),
                Some(result) => result.map_or_else(on_failed_write, drop),
                // The leader of the refresh before has taken the result.
                None if call.0.returned.is_complete() => {}
                None => return Err(call.late(limit)),
            }
        }
        let call = self.start(cache, Operation::Read)?;
        call.wait(limit_until(deadline, false), closed)
            .ok_or_else(|| call.late(limit))?
            .map_err(CallFailure::Failed)
    }

    /// Starts a write of an entry, unless an earlier call has not returned. If that call was a late
    /// write that has failed, `on_failed_write` gets its error.
    pub(crate) fn start_write(
        &self,
        cache: &SharedCache,
        entry: Arc<str>,
        content_id: u64,
        on_failed_write: impl FnOnce(BoxError),
    ) -> Result<Call, CallFailure> {
        if let Some(call) = self.current() {
            if !call.0.returned.is_complete() {
                return Err(CallFailure::StillBusy);
            }
            match lock(&call.0.result).take() {
                Some(Err(cause)) if !call.0.is_read => on_failed_write(cause),
                // The entry of a late read is older than the config that is written now.
                _ => {}
            }
        }
        self.start(cache, Operation::Write(entry, content_id))
    }

    /// Waits for the end of a write, for the rest of the limit.
    ///
    /// A write that had less time than the limit is not late: a fetch may take the whole request
    /// timeout and leave no time. The next refresh waits for that write.
    pub(crate) fn finish_write(
        &self,
        call: &Call,
        time_left: Duration,
        limit: Duration,
        closed: &Completion,
    ) -> Result<(), CallFailure> {
        match call.wait(time_left, closed) {
            Some(result) => result.map(drop).map_err(CallFailure::Failed),
            // The next refresh has started in the meantime, and has taken the result.
            None if call.0.returned.is_complete() => Ok(()),
            None if time_left < limit => Ok(()),
            None => Err(call.late(limit)),
        }
    }

    /// Returns the calls of a forked child. A call of the parent never returns in the child.
    pub(crate) fn for_child(&self) -> Self {
        let calls = Self::new(self.client);
        // `try_lock`: a thread of the parent may have held the lock at the fork, and never releases
        // it here. Without the list, an entry is parsed once more.
        if let Ok(known) = self.known_entries.try_lock() {
            lock(&calls.known_entries).clone_from(&known);
        }
        calls
    }

    fn current(&self) -> Option<Call> {
        lock(&self.current).clone()
    }

    /// Starts a call. The check and the start are under one lock: the leader of the next refresh
    /// may read while this one starts to write.
    fn start(&self, cache: &SharedCache, operation: Operation) -> Result<Call, CallFailure> {
        let mut current = lock(&self.current);
        if current.as_ref().is_some_and(|call| !call.0.returned.is_complete()) {
            return Err(CallFailure::StillBusy);
        }
        let (guard, returned) = completion();
        let call = Call(Arc::new(CallState {
            is_read: matches!(operation, Operation::Read),
            result: Mutex::new(None),
            returned,
            is_reported: Mutex::new(false),
        }));
        let (cache, client, state) = (cache.clone(), self.client, call.0.clone());
        let known_entries = self.known_entries.clone();
        let run = move || {
            // The cache may call the client. It must not wait for the refresh that waits for the
            // cache, so this thread counts as part of that refresh.
            let _refreshing = reentrancy::enter(Activity::Refreshing(client));
            let _notifying = reentrancy::enter(Activity::Notifying(client));
            if let Operation::Write(_, content_id) = &operation {
                // Before the write: a write that fails may have stored the entry all the same.
                remember(&known_entries, *content_id);
            }
            let result = catch_as_error(|| operation.run(&cache));
            *lock(&state.result) = Some(result);
            // If the client is gone, the user's cache is dropped here, and may panic.
            let _ = panics::catch(|| drop(cache));
            drop(guard);
        };
        thread::Builder::new().name("configcat-cache".into()).spawn(run).map_err(|cause| {
            CallFailure::Failed(format!("the thread for the call cannot be started: {cause}").into())
        })?;
        *current = Some(call.clone());
        Ok(call)
    }
}

/// Adds a content id, and forgets the oldest one.
fn remember(known: &KnownEntries, content_id: u64) {
    let mut known = lock(known);
    if known.len() >= MAX_KNOWN_ENTRIES {
        known.pop_front();
    }
    known.push_back(content_id);
}

impl Operation {
    fn run(&self, SharedCache { cache, key }: &SharedCache) -> CallResult {
        match self {
            Self::Read => cache.read(key),
            Self::Write(entry, _) => cache.write(key, entry).map(|()| None),
        }
    }
}

impl Call {
    /// Returns the result, unless the call does not return in time or the result was taken before.
    fn wait(&self, limit: Duration, closed: &Completion) -> Option<CallResult> {
        if !self.0.returned.is_complete() {
            self.0.returned.wait_or(closed, &Timer::after(limit));
        }
        lock(&self.0.result).take()
    }

    fn is_reported(&self) -> bool {
        *lock(&self.0.is_reported)
    }

    /// Returns the failure of a late call, which is reported once.
    fn late(&self, limit: Duration) -> CallFailure {
        let mut is_reported = lock(&self.0.is_reported);
        // Once for each call: a cache that hangs for a day would fill the log at each poll.
        if std::mem::replace(&mut *is_reported, true) {
            CallFailure::StillBusy
        } else {
            CallFailure::Late(limit)
        }
    }
}

/// Returns the maximum wait: zero for a call that was reported as late.
fn limit_until(deadline: Instant, is_reported: bool) -> Duration {
    if is_reported { Duration::ZERO } else { deadline.saturating_duration_since(Instant::now()) }
}
