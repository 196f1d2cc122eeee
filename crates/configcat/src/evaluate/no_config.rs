//! Reason for which a client has no config, for messages.

use std::{cell::OnceCell, fmt};

use crate::{
    client::inner::Shared,
    error::RefreshErrorKind,
    polling::{AutoPoll, PollingMode},
};

/// Reason for which a client has no config.
// Found when it is first printed: in an outage each evaluation comes here, and a single record is
// written. Kept then, so that the log and the details of an evaluation have the same text.
pub(crate) struct NoConfig<'s> {
    shared: &'s Shared,
    reason: OnceCell<String>,
}

impl<'s> NoConfig<'s> {
    pub(crate) fn of(shared: &'s Shared) -> Self {
        Self { shared, reason: OnceCell::new() }
    }

    fn find_reason(&self) -> String {
        let options = &self.shared.options;
        // `inner`, not the client with its threads: a snapshot in a forked child starts no thread.
        let inner = self.shared.inner();
        let health = inner.health.get();
        // The states that last come first: a closed client never fetches again, whatever happened
        // before.
        if inner.store.current.load().config.is_some() {
            return "the snapshot was taken before the first config came".into();
        }
        if let Some(error) = health.last_error.as_ref().filter(|e| e.kind() == RefreshErrorKind::NotBuilt) {
            return error.to_string();
        }
        if options.is_local_only() {
            return "the client uses overrides only, and these were not loaded".into();
        }
        if inner.closed.is_set() {
            return "the client was closed before it had a config".into();
        }
        if self.shared.is_offline() {
            return match (&options.cache, health.cache_error) {
                (None, _) => "the client is offline and has no cache".into(),
                (Some(_), None) => "the client is offline, and its cache has no config".into(),
                (Some(_), Some(error)) => format!("the client is offline, and its cache failed: {error}"),
            };
        }
        if let Some(error) = health.last_error {
            return format!("the last fetch failed: {error:#}");
        }
        match options.mode {
            PollingMode::Manual if health.last_attempt.is_none() => {
                "in manual polling only `force_refresh()` fetches, and it was not called yet".into()
            }
            PollingMode::AutoPoll(AutoPoll { max_init_wait, .. }) if max_init_wait.is_zero() => {
                "the first config has not arrived, and evaluations do not wait: the max init wait is zero"
                    .into()
            }
            PollingMode::AutoPoll(AutoPoll { max_init_wait, .. }) if inner.ready.is_set() => {
                format!("the first config has not arrived within the max init wait of {max_init_wait:?}")
            }
            _ => "the first config has not arrived yet".into(),
        }
    }
}

impl fmt::Display for NoConfig<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.get_or_init(|| self.find_reason()))
    }
}
