//! Calls of code of the user that may hang: each on a thread of its own, one at a time.
//!
//! The store behind a cache may hang, and so may the network behind a transport: a Redis that sends
//! one byte a second, a gateway that is silent. On the polling thread such a call would stop
//! polling. So the caller waits for a limited time, and a late call is left running: no other call
//! starts until it has returned. A client has one such thread at most for each kind of call, and no
//! thread between calls.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{
    panics,
    primitives::{
        Completion, Mutex,
        atomic::{AtomicBool, Ordering},
        completion, lock,
    },
    reentrancy::{self, Activity},
};
use crate::clock::Timer;

/// Calls of one kind, of one client in this process.
pub(crate) struct Calls<T> {
    /// Call that has not returned, or whose result was not taken.
    current: Mutex<Option<Call<T>>>,
    /// Name of the threads.
    name: &'static str,
    /// Id of the client, for [`Activity`].
    client: usize,
}

/// Call that has started.
pub(crate) struct Call<T>(Arc<CallState<T>>);

struct CallState<T> {
    /// Result, set by the thread of the call and taken by the first thread that wants it.
    result: Mutex<Option<T>>,
    returned: Completion,
    /// `true` after the call was reported as late.
    is_reported: AtomicBool,
}

/// Reason why a call was not started.
pub(crate) enum NotStarted {
    /// An earlier call has not returned yet.
    Busy,
    /// The system cannot start a thread.
    NoThread(io::Error),
}

impl<T: Send + 'static> Calls<T> {
    pub(crate) fn new(name: &'static str, client: usize) -> Self {
        Self { current: Mutex::new(None), name, client }
    }

    /// Returns the calls of a forked child. A call of the parent never returns in the child.
    pub(crate) fn for_child(&self) -> Self {
        Self::new(self.name, self.client)
    }

    pub(crate) fn current(&self) -> Option<Call<T>> {
        lock(&self.current).clone()
    }

    /// Starts a call of `code`, a value of the user. The result of the call before, if it was not
    /// taken, is dropped. `run` catches its own panics.
    pub(crate) fn start<C: Send + 'static>(
        &self,
        code: C,
        run: impl FnOnce(&C) -> T + Send + 'static,
    ) -> Result<Call<T>, NotStarted> {
        // The check and the start are under one lock: the leader of the next refresh may start a
        // call while this one does.
        let mut current = lock(&self.current);
        if current.as_ref().is_some_and(|call| !call.has_returned()) {
            return Err(NotStarted::Busy);
        }
        let (guard, returned) = completion();
        let (result, is_reported) = (Mutex::new(None), AtomicBool::new(false));
        let call = Call(Arc::new(CallState { result, returned, is_reported }));
        let (client, state) = (self.client, Arc::clone(&call.0));
        let run = move || {
            // The code may call the client. It must not wait for the refresh that waits for the
            // call, so this thread counts as part of that refresh.
            let _refreshing = reentrancy::enter(Activity::Refreshing(client));
            let _notifying = reentrancy::enter(Activity::Notifying(client));
            let result = run(&code);
            *lock(&state.result) = Some(result);
            // If the client is gone, the code of the user is dropped here, and may panic.
            let _ = panics::catch(|| drop(code));
            drop(guard);
        };
        thread::Builder::new().name(self.name.into()).spawn(run).map_err(NotStarted::NoThread)?;
        *current = Some(call.clone());
        Ok(call)
    }
}

impl<T> Call<T> {
    /// Waits for the end of the call, and not longer than until `closed`. Returns the result,
    /// unless the call does not return in time or the result was taken before.
    pub(crate) fn wait(&self, limit: Duration, closed: &Completion) -> Option<T> {
        if !self.has_returned() {
            self.0.returned.wait_or(closed, &Timer::after(limit));
        }
        self.take()
    }

    /// Returns the result, if the call has one that was not taken.
    pub(crate) fn take(&self) -> Option<T> {
        lock(&self.0.result).take()
    }

    pub(crate) fn has_returned(&self) -> bool {
        self.0.returned.is_complete()
    }

    pub(crate) fn is_reported(&self) -> bool {
        self.0.is_reported.load(Ordering::Acquire)
    }

    /// Marks the call as reported. Returns whether it was not before.
    pub(crate) fn report(&self) -> bool {
        !self.0.is_reported.swap(true, Ordering::AcqRel)
    }
}

impl<T> Clone for Call<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Returns the time until a deadline.
pub(crate) fn time_until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
