//! Automatic polling: the work of the polling thread.

use std::time::Duration;

use configcat_fetch::FetchError;
use crossbeam_channel::{Receiver, select, tick};

use super::schedule::{PollOutcome, Schedule};
use crate::{
    client::inner::ClientRef, clock::Timer, error::RefreshErrorKind, notify::event::Event,
    refresh::refresher::RefreshRequest, sync::panics,
};

/// Period in which the waiting thread checks the time of day. A second is the shortest interval,
/// and a thread that wakes once a second uses a millionth of a core.
const LOOK: Duration = Duration::from_secs(1);

/// Polls until the client closes: when a poll is due, or when the thread is woken.
pub(crate) fn poll_until_closed(client: ClientRef<'_>, schedule: &Schedule, woken: &Receiver<()>) {
    let mut request = when_due(client);
    let mut failures = 0;
    loop {
        let polled = client.shared.hooks.log_panics(|| poll(client, schedule, request, &mut failures));
        // A clock or a subscriber panicked, maybe at each poll. It counts as a failed poll, so that
        // the server does not get polls without a pause.
        let wait = polled.unwrap_or_else(|| {
            failures = failures.saturating_add(1);
            schedule.next(PollOutcome::Failed { failures, retry_after: None })
        });
        if client.inner.closed.is_set() {
            return;
        }
        client.shared.hooks.log(&Event::NextPoll { wait });
        match wait_until_due(client, wait, woken) {
            Some(next) => request = next,
            None => return,
        }
    }
}

/// Returns the request of a poll that is due. It does not fetch if another process has written a
/// fresh config to the cache.
fn when_due(client: ClientRef<'_>) -> RefreshRequest {
    let max_age = client.shared.options.mode.period().unwrap_or_default();
    RefreshRequest::IfOlderThan { max_age, respect_backoff: false }
}

/// Waits until a poll is due or the thread is woken. Returns `None` when the client has closed.
///
/// While the machine sleeps or the process is frozen, the monotonic clock may stand still, and the
/// timer with it. So a poll is also due when the wait has passed by the time of day. A time of day
/// that is set forward causes one early poll; after one that is set back the timer still fires.
fn wait_until_due(client: ClientRef<'_>, wait: Duration, woken: &Receiver<()>) -> Option<RefreshRequest> {
    let start = time_of_day(client);
    let timer = client.shared.hooks.log_panics(|| client.shared.options.clock.timer(wait));
    // A clock that panics must not stop polling: the system's clock replaces it for this wait.
    let timer = timer.unwrap_or_else(|| Timer::after(wait));
    let looks = tick(LOOK);
    let closed = client.inner.closed.released();
    loop {
        select! {
            recv(timer.receiver()) -> _ => return Some(when_due(client)),
            recv(woken) -> _ => return Some(RefreshRequest::Now { by_user: false }),
            recv(closed.receiver()) -> _ => return None,
            recv(looks) -> _ => if passed_since(start, client) >= wait { return Some(when_due(client)) },
        }
    }
}

/// Returns the time of day; `None` if the clock panics, which the next poll reports.
fn time_of_day(client: ClientRef<'_>) -> Option<Duration> {
    panics::catch(|| client.shared.options.clock.unix_time()).ok()
}

/// Returns the time that has passed by the time of day; zero if that is unknown or negative.
fn passed_since(start: Option<Duration>, client: ClientRef<'_>) -> Duration {
    let passed = start.and_then(|start| time_of_day(client)?.checked_sub(start));
    passed.unwrap_or_default()
}

/// Polls. Returns the wait until the next poll.
///
/// `failures` counts the polls that have failed in a row. Health counts fetches, which need not
/// occur after a failure if other processes keep a shared cache fresh.
fn poll(client: ClientRef<'_>, schedule: &Schedule, request: RefreshRequest, failures: &mut u32) -> Duration {
    let start = Some(client.shared.options.clock.unix_time());
    let outcome = client.refresh(request);
    match outcome.result {
        Err(error) if error.kind() != RefreshErrorKind::Offline => {
            *failures = failures.saturating_add(1);
            let retry_after = error.fetch_error().and_then(FetchError::retry_after);
            let wait = schedule.next(PollOutcome::Failed { failures: *failures, retry_after });
            // A refresh takes the request timeout at most: in the rest of the time the process was
            // frozen, and that time counts as waited.
            let passed = passed_since(start, client);
            wait.saturating_sub(passed.saturating_sub(client.shared.options.request_timeout))
        }
        _ => {
            *failures = 0;
            schedule.next(up_to_date(client, outcome.fetched))
        }
    }
}

/// Returns the outcome of a poll that has succeeded.
fn up_to_date(client: ClientRef<'_>, fetched: bool) -> PollOutcome {
    // Offline, the config gets old and nothing can be done: the cache is read once in each
    // interval.
    let age = if client.shared.is_offline() { None } else { client.age() };
    let age = age.unwrap_or_default();
    if fetched { PollOutcome::UpToDate { age } } else { PollOutcome::FetchedByOther { age } }
}
