//! Thread of the client. It ends only when the client closes.

use std::{
    convert::Infallible,
    io,
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};

use super::{panics, primitives::Completion};

/// Pause of the thread after a panic that nothing else has caught. It is the shortest interval
/// between polls: a logger that panics at each record must not keep a core busy.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// Handle of a thread.
pub(crate) struct Worker {
    wake: Sender<()>,
    /// Channel that is disconnected when the thread has ended.
    ended: Receiver<Infallible>,
    thread: ThreadId,
}

impl Worker {
    /// Starts a thread that runs `body` until the client closes. `body` gets a channel with one
    /// message for each time that it must wake.
    pub(crate) fn start(
        closed: Completion,
        body: impl Fn(&Receiver<()>) + Send + 'static,
    ) -> io::Result<Self> {
        // One message is enough: a thread that was woken looks at everything again.
        let (wake, woken) = bounded(1);
        let (end, ended) = bounded(0);
        let run = move || {
            let _end = end;
            // A logger or a clock of the user may panic here. The thread goes on after a pause:
            // without that, polling would end for good.
            while panics::catch(|| body(&woken)).is_err() {
                let _: Result<Infallible, RecvTimeoutError> = closed.receiver().recv_timeout(RESTART_PAUSE);
            }
        };
        let thread = thread::Builder::new().name("configcat".into()).spawn(run)?.thread().id();
        Ok(Self { wake, ended, thread })
    }

    /// Wakes the thread.
    pub(crate) fn wake(&self) {
        // A full channel means that the thread is about to wake, a disconnected one that it has
        // ended.
        let _ = self.wake.try_send(());
    }

    /// Returns whether the thread runs.
    pub(crate) fn is_alive(&self) -> bool {
        self.ended.try_recv() != Err(TryRecvError::Disconnected)
    }

    /// Waits for the end of the thread, until the deadline at most. On that thread itself, which
    /// closes the client from a hook, it returns at once.
    pub(crate) fn join(&self, deadline: Instant) {
        if thread::current().id() != self.thread {
            let _: Result<Infallible, RecvTimeoutError> = self.ended.recv_deadline(deadline);
        }
    }
}
