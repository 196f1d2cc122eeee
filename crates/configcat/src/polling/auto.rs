//! The client's thread: polls at an interval, and looks for changed overrides.

use std::{
    convert::Infallible,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{self, ThreadId},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, select};

use super::schedule::{PollOutcome, Schedule};
use crate::{PollingMode, RefreshErrorKind, core::Core, event::Event, hooks::panic_message, refresh::Need};

/// How often overrides are looked at: a change shows within a second.
const OVERRIDES_PERIOD: Duration = Duration::from_millis(500);
/// How long the thread rests after a panic that nothing else has caught.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// How long closing waits for the thread.
const MAX_CLOSE_WAIT: Duration = Duration::from_millis(80);

/// The thread, as seen from the client.
pub(crate) struct Worker {
    wake: Sender<()>,
    /// Disconnected when the thread has ended.
    ended: Receiver<Infallible>,
    thread: ThreadId,
}

impl Worker {
    pub(crate) fn start(core: Arc<Core>, schedule: Schedule) -> io::Result<Self> {
        let (wake, woken) = bounded(1);
        let (end, ended) = bounded(0);
        let run = move || {
            let _end = end;
            let polling = Loop { core, schedule, woken };
            // What panics here is a logger or a clock. Polling goes on all the same, after a pause.
            while catch_unwind(AssertUnwindSafe(|| polling.run())).is_err() {
                let _: Result<Infallible, RecvTimeoutError> =
                    polling.core.closed.receiver().recv_timeout(RESTART_PAUSE);
            }
        };
        let thread = thread::Builder::new().name("configcat".into()).spawn(run)?.thread().id();
        Ok(Self { wake, ended, thread })
    }

    /// Makes the thread poll at once.
    pub(crate) fn wake(&self) {
        // Full: it is about to wake anyway. Disconnected: it has ended.
        let _ = self.wake.try_send(());
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.ended.try_recv() != Err(crossbeam_channel::TryRecvError::Disconnected)
    }

    /// Waits a moment for the thread to end, unless called on that thread.
    pub(crate) fn join(&self) {
        if thread::current().id() != self.thread {
            let _: Result<Infallible, RecvTimeoutError> = self.ended.recv_timeout(MAX_CLOSE_WAIT);
        }
    }
}

struct Loop {
    core: Arc<Core>,
    schedule: Schedule,
    woken: Receiver<()>,
}

impl Loop {
    fn run(&self) {
        let clock = self.core.refresher.clock.clone();
        let polls = matches!(self.core.mode, PollingMode::Auto { .. }) && !self.core.is_local_only();
        let reloads = self.core.overrides.as_ref().is_some_and(|overrides| overrides.source.reloads());
        let mut poll_at = polls.then(|| clock.monotonic());
        let mut reload_at = reloads.then(|| clock.monotonic() + OVERRIDES_PERIOD);
        let mut need = self.need();
        while !self.core.closed.has_happened() {
            let now = clock.monotonic();
            if poll_at.is_some_and(|at| at <= now) {
                let wait = self.surviving(|| self.poll(need)).unwrap_or(OVERRIDES_PERIOD);
                poll_at = Some(clock.monotonic() + wait);
                need = self.need();
                continue;
            }
            if reload_at.is_some_and(|at| at <= now) {
                self.surviving(|| self.core.reload_overrides());
                reload_at = Some(clock.monotonic() + OVERRIDES_PERIOD);
                continue;
            }
            let next = poll_at.into_iter().chain(reload_at).min();
            let timer = next.map_or(crossbeam_channel::never(), |at| clock.timer(at - now).0);
            select! {
                recv(timer) -> _ => {}
                recv(self.core.closed.receiver()) -> _ => {}
                recv(self.woken) -> _ => {
                    if polls {
                        poll_at = Some(clock.monotonic());
                        need = Need::Now { by_user: false };
                    }
                }
            }
        }
    }

    fn need(&self) -> Need {
        Need::OlderThan(self.core.mode.period().unwrap_or_default())
    }

    /// Polls; how long to wait until the next time.
    fn poll(&self, need: Need) -> Duration {
        let outcome = match self.core.refresh_and_report(need) {
            Ok(report) => match &report.result {
                Err(error) if error.kind() != RefreshErrorKind::Offline => PollOutcome::Failed {
                    failures: report.failures,
                    retry_after: error.fetch_error().and_then(configcat_fetch::FetchError::retry_after),
                },
                _ => self.up_to_date(),
            },
            // Another thread refreshed meanwhile, and knows how that went.
            Err(Ok(())) => self.up_to_date(),
            Err(Err(_)) => PollOutcome::Failed { failures: 0, retry_after: None },
        };
        self.core.become_ready();
        self.schedule.next(outcome)
    }

    fn up_to_date(&self) -> PollOutcome {
        let age = if self.core.is_offline() { None } else { self.core.refresher.age() };
        PollOutcome::UpToDate { age: age.unwrap_or_default() }
    }

    /// A panic is logged and ends the poll, not the polling.
    fn surviving<T>(&self, run: impl FnOnce() -> T) -> Option<T> {
        let result = catch_unwind(AssertUnwindSafe(run));
        result
            .map_err(|panic| self.core.hooks.log(&Event::PollPanicked { message: panic_message(&*panic) }))
            .ok()
    }
}
