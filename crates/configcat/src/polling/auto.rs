//! Automatic polling: what its thread does.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use configcat_fetch::FetchError;
use crossbeam_channel::{Receiver, select, tick};

use super::schedule::{PollOutcome, Schedule};
use crate::{RefreshErrorKind, Timer, client::inner::Core, refresh::Need, sync::worker::surviving};

/// How often the thread looks at the time of day while it waits.
const LOOK: Duration = Duration::from_secs(1);

/// Polls until the client closes: when it is time, or when it is woken.
pub(crate) fn poll_until_closed(core: &Core, schedule: &Schedule, woken: &Receiver<()>) {
    let mut need = when_due(core);
    let mut failures = 0;
    loop {
        let polled = surviving(core, || poll(core, schedule, need, &mut failures));
        // What panics here is a clock or a subscriber, maybe each time, and the server must not suffer from it.
        let wait = polled.unwrap_or_else(|| {
            failures = failures.saturating_add(1);
            schedule.next(PollOutcome::Failed { failures, retry_after: None })
        });
        if core.refresher.closed.has_happened() {
            return;
        }
        match wait_until_due(core, wait, woken) {
            Some(next) => need = next,
            None => return,
        }
    }
}

fn when_due(core: &Core) -> Need {
    Need::OlderThan(core.mode.period().unwrap_or_default())
}

/// Waits until it is time, or until woken; `None` when the client has closed.
///
/// While the machine sleeps, or the process is frozen, the monotonic clock may stand still and the timer with it. So it
/// is also time when that much has passed by the time of day. Where that is set forth, this polls once too early;
/// where it is set back, the timer is still there.
fn wait_until_due(core: &Core, wait: Duration, woken: &Receiver<()>) -> Option<Need> {
    let start = time_of_day(core);
    let timer = surviving(core, || core.refresher.clock.timer(wait)).unwrap_or_else(|| Timer::after(wait));
    let looks = tick(LOOK);
    let closed = core.refresher.closed.released();
    loop {
        select! {
            recv(timer.0) -> _ => return Some(when_due(core)),
            recv(woken) -> _ => return Some(Need::Now { by_user: false }),
            recv(closed.receiver()) -> _ => return None,
            recv(looks) -> _ => if passed_since(start, core) >= wait { return Some(when_due(core)) },
        }
    }
}

/// `None` if the clock panics, which the next poll tells.
fn time_of_day(core: &Core) -> Option<Duration> {
    catch_unwind(AssertUnwindSafe(|| core.refresher.clock.unix_time())).ok()
}

fn passed_since(start: Option<Duration>, core: &Core) -> Duration {
    let passed = start.and_then(|start| time_of_day(core)?.checked_sub(start));
    passed.unwrap_or_default()
}

/// Polls; how long to wait until the next time. Counts how many polls have failed in a row: health counts fetches,
/// of which there need be none after a failure if others keep a shared cache fresh.
fn poll(core: &Core, schedule: &Schedule, need: Need, failures: &mut u32) -> Duration {
    let start = Some(core.refresher.clock.unix_time());
    let landing = core.refresh_and_report(need);
    match landing.result {
        Err(error) if error.kind() != RefreshErrorKind::Offline => {
            *failures = failures.saturating_add(1);
            let retry_after = error.fetch_error().and_then(FetchError::retry_after);
            let wait = schedule.next(PollOutcome::Failed { failures: *failures, retry_after });
            // A request is not given longer than its timeout: the rest of the time the process was frozen.
            wait.saturating_sub(passed_since(start, core).saturating_sub(core.request_timeout))
        }
        _ => {
            *failures = 0;
            schedule.next(up_to_date(core, landing.fetched))
        }
    }
}

fn up_to_date(core: &Core, fetched: bool) -> PollOutcome {
    let age = if core.is_offline() { None } else { core.refresher.age() };
    let age = age.unwrap_or_default();
    if fetched { PollOutcome::UpToDate { age } } else { PollOutcome::FetchedByOther { age } }
}
