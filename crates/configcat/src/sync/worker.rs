//! A thread of the client: it ends when the client closes, and nothing else ends it.

use std::{
    convert::Infallible,
    io,
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};

use super::{panics, primitives::Completion};

/// How long the thread pauses after a panic that nothing else has caught, so that a logger that
/// panics at each record does not keep a core busy.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// A thread, as seen from the client.
pub(crate) struct Worker {
    wake: Sender<()>,
    /// Disconnected when the thread has ended.
    ended: Receiver<Infallible>,
    thread: ThreadId,
}

impl Worker {
    /// Starts a thread that runs `body`, which returns when the client closes. `body` gets a
    /// channel with a message each time it is to wake.
    pub(crate) fn start(
        closed: Completion,
        body: impl Fn(&Receiver<()>) + Send + 'static,
    ) -> io::Result<Self> {
        let (wake, woken) = bounded(1);
        let (end, ended) = bounded(0);
        let run = move || {
            let _end = end;
            // A logger or a clock of the user can panic here. The work goes on after a pause.
            while panics::catch(|| body(&woken)).is_err() {
                let _: Result<Infallible, RecvTimeoutError> = closed.receiver().recv_timeout(RESTART_PAUSE);
            }
        };
        let thread = thread::Builder::new().name("configcat".into()).spawn(run)?.thread().id();
        Ok(Self { wake, ended, thread })
    }

    /// Wakes the thread from its waiting.
    pub(crate) fn wake(&self) {
        // Full: the thread is about to wake anyway. Disconnected: it has ended.
        let _ = self.wake.try_send(());
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.ended.try_recv() != Err(TryRecvError::Disconnected)
    }

    /// Waits for the thread to end, until the deadline at most. Returns at once on that thread.
    pub(crate) fn join(&self, deadline: Instant) {
        if thread::current().id() != self.thread {
            let _: Result<Infallible, RecvTimeoutError> = self.ended.recv_deadline(deadline);
        }
    }
}
