//! Automatic polling: what its thread does.

use std::time::Duration;

use configcat_fetch::FetchError;
use crossbeam_channel::{Receiver, select};

use super::{
    schedule::{PollOutcome, Schedule},
    worker::surviving,
};
use crate::{RefreshErrorKind, core::Core, refresh::Need};

/// How long to wait after a poll that panicked.
const PAUSE_AFTER_PANIC: Duration = Duration::from_secs(1);

/// Polls until the client closes: when it is time, or when it is woken.
pub(crate) fn poll_until_closed(core: &Core, schedule: &Schedule, woken: &Receiver<()>) {
    let when_due = Need::OlderThan(core.mode.period().unwrap_or_default());
    let mut need = when_due;
    let mut failures = 0;
    loop {
        let wait = surviving(core, || poll(core, schedule, need, &mut failures)).unwrap_or(PAUSE_AFTER_PANIC);
        if core.refresher.closed.has_happened() {
            return;
        }
        let timer = core.refresher.clock.timer(wait);
        select! {
            recv(timer.0) -> _ => need = when_due,
            recv(woken) -> _ => need = Need::Now { by_user: false },
            recv(core.refresher.closed.receiver()) -> _ => return,
        }
    }
}

/// Polls; how long to wait until the next time. Counts how many polls have failed in a row: health counts fetches,
/// of which there need be none after a failure if others keep a shared cache fresh.
fn poll(core: &Core, schedule: &Schedule, need: Need, failures: &mut u32) -> Duration {
    let landing = core.refresh_and_report(need);
    let outcome = match landing.result {
        Err(error) if error.kind() != RefreshErrorKind::Offline => {
            *failures = failures.saturating_add(1);
            let retry_after = error.fetch_error().and_then(FetchError::retry_after);
            PollOutcome::Failed { failures: *failures, retry_after }
        }
        _ => {
            *failures = 0;
            up_to_date(core, landing.fetched)
        }
    };
    schedule.next(outcome)
}

fn up_to_date(core: &Core, fetched: bool) -> PollOutcome {
    let age = if core.is_offline() { None } else { core.refresher.age() };
    let age = age.unwrap_or_default();
    if fetched { PollOutcome::UpToDate { age } } else { PollOutcome::FetchedByOther { age } }
}
