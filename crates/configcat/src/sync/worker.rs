//! Thread of the client. It ends only when the client closes.

use std::{
    io,
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use super::{
    panics,
    primitives::Completion,
    signal::{Signal, wait_for_any},
};

/// Pause of the thread after a panic that nothing else has caught. It is the shortest interval
/// between polls: a logger that panics at each record must not keep a core busy.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// Handle of a thread.
pub(crate) struct Worker {
    wake: Signal,
    /// Signal that is set when the thread has ended.
    ended: Signal,
    thread: ThreadId,
}

impl Worker {
    /// Starts a thread that runs `body` until the client closes. `body` gets the signal to wake,
    /// which it clears.
    pub(crate) fn start(closed: Completion, body: impl Fn(&Signal) + Send + 'static) -> io::Result<Self> {
        // Threads that wake it twice before it looks need not count: it looks at everything.
        let (wake, ended) = (Signal::default(), Signal::default());
        let (woken, end) = (wake.clone(), SetOnDrop(ended.clone()));
        let run = move || {
            let _end = end;
            // A logger or a clock of the user may panic here. The thread goes on after a pause:
            // without that, polling would end for good.
            while panics::catch(|| body(&woken)).is_err() {
                wait_for_any(&[closed.signal()], Some(Instant::now() + RESTART_PAUSE));
            }
        };
        let thread = spawn("configcat", Box::new(run))?;
        Ok(Self { wake, ended, thread })
    }

    /// Wakes the thread.
    pub(crate) fn wake(&self) {
        self.wake.set();
    }

    /// Returns whether the thread runs.
    pub(crate) fn is_alive(&self) -> bool {
        !self.ended.is_set()
    }

    /// Waits for the end of the thread, until the deadline at most. On that thread itself, which
    /// closes the client from a hook, it returns at once.
    pub(crate) fn join(&self, deadline: Instant) {
        if thread::current().id() != self.thread {
            wait_for_any(&[&self.ended], Some(deadline));
        }
    }
}

/// Starts a thread with a name, and returns its id.
// Not generic: the code of the standard library that starts a thread takes 3 kB for each closure.
pub(super) fn spawn(name: &str, run: Box<dyn FnOnce() + Send>) -> io::Result<ThreadId> {
    Ok(thread::Builder::new().name(name.into()).spawn(run)?.thread().id())
}

/// Sets the signal when dropped, also after a panic that ends the thread.
struct SetOnDrop(Signal);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}
