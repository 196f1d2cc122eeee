//! A thread of the client: it ends when the client closes, and nothing else ends it.

use std::{
    convert::Infallible,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};

use crate::{client::inner::Core, notify::event::Event, notify::hooks::panic_message};

/// How long the thread rests after a panic that nothing else has caught.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// A thread, as seen from the client.
pub(crate) struct Worker {
    wake: Sender<()>,
    /// Disconnected when the thread has ended.
    ended: Receiver<Infallible>,
    thread: ThreadId,
}

impl Worker {
    /// Starts a thread that runs `body`, which is to return when the client closes. It is told when to wake.
    pub(crate) fn start(
        core: Arc<Core>,
        body: impl Fn(&Core, &Receiver<()>) + Send + 'static,
    ) -> io::Result<Self> {
        let (wake, woken) = bounded(1);
        let (end, ended) = bounded(0);
        let run = move || {
            let _end = end;
            // What panics here is a logger or a clock. The work goes on all the same, after a pause.
            while catch_unwind(AssertUnwindSafe(|| body(&core, &woken))).is_err() {
                let _: Result<Infallible, RecvTimeoutError> =
                    core.refresher.closed.released().receiver().recv_timeout(RESTART_PAUSE);
            }
        };
        let thread = thread::Builder::new().name("configcat".into()).spawn(run)?.thread().id();
        Ok(Self { wake, ended, thread })
    }

    /// Wakes the thread from its waiting.
    pub(crate) fn wake(&self) {
        // Full: it is about to wake anyway. Disconnected: it has ended.
        let _ = self.wake.try_send(());
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.ended.try_recv() != Err(TryRecvError::Disconnected)
    }

    /// Waits for the thread to end, but not beyond the deadline, and not if called on that thread.
    pub(crate) fn join(&self, deadline: Instant) {
        if thread::current().id() != self.thread {
            let _: Result<Infallible, RecvTimeoutError> = self.ended.recv_deadline(deadline);
        }
    }
}

/// Runs a step of a thread's work. A panic is logged and ends the step, not the work.
pub(crate) fn surviving<T>(core: &Core, step: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(step));
    result.map_err(|panic| core.hooks.log(&Event::PollPanicked { message: panic_message(&*panic) })).ok()
}
