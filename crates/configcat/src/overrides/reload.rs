//! Overrides that change while the client lives: what their thread does.
//!
//! It is not the polling thread, which may hang in a fetch for as long as the request timeout.

use std::time::Duration;

use crossbeam_channel::{Receiver, select};

use crate::{
    client::inner::Core,
    notify::event::Event,
    refresh::{catching, with_causes},
    sync::worker::surviving,
};

/// How often to look: a change shows within a second.
const PERIOD: Duration = Duration::from_millis(500);

/// Looks for changed overrides until the client closes.
pub(crate) fn reload_until_closed(core: &Core, woken: &Receiver<()>) {
    let mut last_failure = None;
    while !core.refresher.closed.has_happened() {
        let timer = core.refresher.clock.timer(PERIOD);
        select! {
            recv(timer.0) -> _ => { surviving(core, || reload(core, &mut last_failure)); }
            recv(woken) -> _ => {}
            recv(core.refresher.closed.released().receiver()) -> _ => {}
        }
    }
}

/// Takes changed overrides. A failure that lasts is logged once.
fn reload(core: &Core, last_failure: &mut Option<String>) {
    let Some(overrides) = &core.overrides else { return };
    match catching(|| overrides.source.load()) {
        Ok(changed) => {
            *last_failure = None;
            if let Some(local) = changed {
                let is_published = core.refresher.store.set_local(local);
                if let (Some(config), true) = (&core.refresher.store.load_full().config, is_published) {
                    core.hooks.config_changed(config);
                }
            }
        }
        Err(cause) => {
            let cause = with_causes(&*cause);
            if last_failure.as_ref() != Some(&cause) {
                core.hooks.log(&Event::OverridesFailed { cause: cause.clone() });
                *last_failure = Some(cause);
            }
        }
    }
}
