//! Reload of overrides while the client lives: the work of the reload thread.
//!
//! It is not the polling thread, because that may wait for a fetch for as long as the request
//! timeout.

use std::time::Duration;

use crossbeam_channel::{Receiver, select};

use crate::{
    client::inner::ClientRef, notify::event::Event, refresh::cache_calls::with_causes,
    sync::panics::catch_as_error,
};

/// Period of the reload thread. The manual promises that a change is used within a second; half of
/// that is left for loading.
const PERIOD: Duration = Duration::from_millis(500);

/// Loads changed overrides until the client closes.
pub(crate) fn reload_until_closed(client: ClientRef<'_>, woken: &Receiver<()>) {
    let mut last_failure = None;
    // Checked before each wait: of several ready channels `select!` chooses one at random.
    while !client.inner.closed.is_set() {
        let timer = client.shared.options.clock.timer(PERIOD);
        select! {
            recv(timer.receiver()) -> _ => {
                client.shared.hooks.log_panics(|| reload(client, &mut last_failure));
            }
            recv(woken) -> _ => {}
            recv(client.inner.closed.released().receiver()) -> _ => {}
        }
    }
}

/// Publishes changed overrides. A failure that lasts is logged once.
fn reload(client: ClientRef<'_>, last_failure: &mut Option<String>) {
    let Some(overrides) = &client.shared.options.overrides else { return };
    let before = client.inner.store.current.load_full();
    match catch_as_error(|| overrides.source.load()) {
        Ok(changed) => {
            *last_failure = None;
            let flags = &client.shared.checked_flags;
            if changed.is_some_and(|local| client.inner.store.set_local(&local, flags)) {
                client.changes_since(&before).iter().for_each(|event| client.shared.hooks.log(event));
                client.notify_changes();
            }
        }
        Err(cause) => {
            let cause = with_causes(&*cause);
            if last_failure.as_ref() != Some(&cause) {
                client.shared.hooks.log(&Event::OverridesFailed { cause: cause.clone() });
                *last_failure = Some(cause);
            }
        }
    }
}
