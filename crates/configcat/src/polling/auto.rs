//! Automatic polling: the work of its thread.

use std::time::Duration;

use configcat_fetch::FetchError;
use crossbeam_channel::{Receiver, select, tick};

use super::schedule::{PollOutcome, Schedule};
use crate::{
    client::inner::ClientRef, clock::Timer, error::RefreshErrorKind, refresh::refresher::RefreshRequest,
    sync::panics,
};

/// How often the thread looks at the time of day while it waits. A second is the shortest interval,
/// and a thread that wakes once a second costs a millionth of a core.
const LOOK: Duration = Duration::from_secs(1);

/// Polls until the client closes: when a poll is due, or when the thread is woken.
pub(crate) fn poll_until_closed(client: ClientRef<'_>, schedule: &Schedule, woken: &Receiver<()>) {
    let mut request = when_due(client);
    let mut failures = 0;
    loop {
        let polled = client.shared.hooks.log_panics(|| poll(client, schedule, request, &mut failures));
        // A clock or a subscriber panicked, maybe at each poll: the server must not suffer from it.
        let wait = polled.unwrap_or_else(|| {
            failures = failures.saturating_add(1);
            schedule.next(PollOutcome::Failed { failures, retry_after: None })
        });
        if client.inner.closed.is_set() {
            return;
        }
        match wait_until_due(client, wait, woken) {
            Some(next) => request = next,
            None => return,
        }
    }
}

fn when_due(client: ClientRef<'_>) -> RefreshRequest {
    let max_age = client.shared.options.mode.period().unwrap_or_default();
    RefreshRequest::IfOlderThan { max_age, respect_backoff: false }
}

/// Waits until a poll is due, or the thread is woken; returns `None` when the client has closed.
///
/// While the machine sleeps, or the process is frozen, the monotonic clock may stand still and the
/// timer with it. So a poll is also due when that much time has passed by the time of day. If that
/// is set forward, this polls once too early; if it is set back, the timer is still there.
fn wait_until_due(client: ClientRef<'_>, wait: Duration, woken: &Receiver<()>) -> Option<RefreshRequest> {
    let start = time_of_day(client);
    let timer = client.shared.hooks.log_panics(|| client.shared.options.clock.timer(wait));
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

/// Returns `None` if the clock panics, which the next poll reports.
fn time_of_day(client: ClientRef<'_>) -> Option<Duration> {
    panics::catch(|| client.shared.options.clock.unix_time()).ok()
}

fn passed_since(start: Option<Duration>, client: ClientRef<'_>) -> Duration {
    let passed = start.and_then(|start| time_of_day(client)?.checked_sub(start));
    passed.unwrap_or_default()
}

/// Polls, and returns how long to wait until the next time.
///
/// Counts the polls that have failed in a row. Health counts fetches, of which there need be none
/// after a failure if others keep a shared cache fresh.
fn poll(client: ClientRef<'_>, schedule: &Schedule, request: RefreshRequest, failures: &mut u32) -> Duration {
    let start = Some(client.shared.options.clock.unix_time());
    let outcome = client.refresh(request);
    match outcome.result {
        Err(error) if error.kind() != RefreshErrorKind::Offline => {
            *failures = failures.saturating_add(1);
            let retry_after = error.fetch_error().and_then(FetchError::retry_after);
            let wait = schedule.next(PollOutcome::Failed { failures: *failures, retry_after });
            // A refresh gets no longer than the request timeout: the rest of the time the process
            // was frozen.
            let passed = passed_since(start, client);
            wait.saturating_sub(passed.saturating_sub(client.shared.options.request_timeout))
        }
        _ => {
            *failures = 0;
            schedule.next(up_to_date(client, outcome.fetched))
        }
    }
}

fn up_to_date(client: ClientRef<'_>, fetched: bool) -> PollOutcome {
    let age = if client.shared.is_offline() { None } else { client.age() };
    let age = age.unwrap_or_default();
    if fetched { PollOutcome::UpToDate { age } } else { PollOutcome::FetchedByOther { age } }
}
