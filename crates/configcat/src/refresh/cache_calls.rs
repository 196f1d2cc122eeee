//! Calls of the user's cache, each on a [thread of its own](crate::sync::calls) with a deadline.
//!
//! The result of a late read is used when it is there, and a write that fails late is reported.

use std::{
    collections::VecDeque,
    error::Error,
    iter::successors,
    sync::Arc,
    time::{Duration, Instant},
};

use configcat_cache::{BoxError, ConfigCache};

use crate::sync::{
    calls::{self, Calls, NotStarted, time_until},
    panics::{self, catch_as_error},
    primitives::{Completion, Mutex, lock},
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
pub(crate) type Call = calls::Call<Returned>;

/// Result of a call that has returned.
pub(crate) struct Returned {
    is_read: bool,
    result: CallResult,
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
    /// Returns the failure of a late call, which is reported once.
    fn late(call: &Call, limit: Duration) -> Self {
        // Once for each call: a cache that hangs for a day would fill the log at each poll.
        if call.report() { Self::Late(limit) } else { Self::StillBusy }
    }

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

/// Largest number of causes whose texts are joined. Real chains have two to five, and the chain of
/// an error of the user may have no end.
const MAX_CAUSES: usize = 16;

/// Returns the text of an error of the user with the texts of its causes. An error that panics when
/// it is printed has the text of the panic.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let print = || {
        let causes = successors(error.source(), |&cause| cause.source()).take(MAX_CAUSES);
        causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
    };
    panics::catch(print).unwrap_or_else(|message| format!("panicked: {message}"))
}

type KnownEntries = Arc<Mutex<VecDeque<u64>>>;

/// Number of known entries. Only entries as new as the config in memory matter: two or three of the
/// same millisecond, and the entry of a late read.
const MAX_KNOWN_ENTRIES: usize = 16;

/// Calls of one client in this process.
pub(crate) struct CacheCalls {
    calls: Calls<Returned>,
    /// Content ids of the entries that were read or written lately, the latest last.
    known_entries: KnownEntries,
}

impl CacheCalls {
    pub(crate) fn new(client: usize) -> Self {
        Self { calls: Calls::new("configcat-cache", client), known_entries: Arc::default() }
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
        if let Some(call) = self.calls.current() {
            // No thread waits for a call that was reported as late.
            let time_left = if call.is_reported() { Duration::ZERO } else { time_until(deadline) };
            match call.wait(time_left, closed) {
                Some(Returned { is_read: true, result }) => return result.map_err(CallFailure::Failed),
                Some(Returned { result, .. }) => result.map_or_else(on_failed_write, drop),
                // The leader of the refresh before has taken the result.
                None if call.has_returned() => {}
                None => return Err(CallFailure::late(&call, limit)),
            }
        }
        let call = self.start(cache, Operation::Read)?;
        let returned = call.wait(time_until(deadline), closed);
        returned.ok_or_else(|| CallFailure::late(&call, limit))?.result.map_err(CallFailure::Failed)
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
        if let Some(call) = self.calls.current() {
            if !call.has_returned() {
                return Err(CallFailure::StillBusy);
            }
            // The entry of a late read is older than the config that is written now.
            if let Some(Returned { is_read: false, result: Err(cause) }) = call.take() {
                on_failed_write(cause);
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
            Some(Returned { result, .. }) => result.map(drop).map_err(CallFailure::Failed),
            // The next refresh has started in the meantime, and has taken the result.
            None if call.has_returned() => Ok(()),
            None if time_left < limit => Ok(()),
            None => Err(CallFailure::late(call, limit)),
        }
    }

    /// Returns the calls of a forked child.
    pub(crate) fn for_child(&self) -> Self {
        // `try_lock`: a thread of the parent may have held the lock at the fork, and never releases
        // it here. Without the list, an entry is parsed once more.
        let known = self.known_entries.try_lock().map(|known| known.clone()).unwrap_or_default();
        Self { calls: self.calls.for_child(), known_entries: Arc::new(Mutex::new(known)) }
    }

    fn start(&self, cache: &SharedCache, operation: Operation) -> Result<Call, CallFailure> {
        let known_entries = self.known_entries.clone();
        let run = move |cache: &SharedCache| {
            if let Operation::Write(_, content_id) = &operation {
                // Before the write: a write that fails may have stored the entry all the same.
                remember(&known_entries, *content_id);
            }
            let is_read = matches!(operation, Operation::Read);
            Returned { is_read, result: catch_as_error(|| operation.run(cache)) }
        };
        self.calls.start(cache.clone(), run).map_err(|not_started| match not_started {
            NotStarted::Busy => CallFailure::StillBusy,
            NotStarted::NoThread(cause) => {
                CallFailure::Failed(format!("the thread for the call cannot be started: {cause}").into())
            }
        })
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

#[cfg(test)]
mod tests {
    use std::{error::Error, fmt};

    use super::{MAX_CAUSES, with_causes};

    /// Error that is its own cause.
    #[derive(Debug)]
    struct Endless;

    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("endless")
        }
    }

    impl Error for Endless {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    #[test]
    fn causes_without_an_end_are_cut() {
        assert_eq!(with_causes(&Endless), ["endless"; MAX_CAUSES + 1].join(": "));
    }
}
