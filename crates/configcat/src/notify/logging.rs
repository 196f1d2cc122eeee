//! Where records go: to the `log` crate, or with the feature `tracing` to a subscriber of `tracing`, if there is one.
//!
//! Never to both: who has `tracing` take up the records of `log`, too, would see each of them twice.

use log::Level;

use crate::{
    notify::event::Event,
    refresh::{Need, Report},
};

/// The target of all records.
const TARGET: &str = "configcat";

/// Whether somebody reads records of this level.
#[inline]
pub(crate) fn is_enabled(level: Level) -> bool {
    #[cfg(feature = "tracing")]
    if traced::has_subscriber() {
        return traced::is_enabled(level);
    }
    log::log_enabled!(target: TARGET, level)
}

pub(crate) fn write(event: &Event<'_>) {
    #[cfg(feature = "tracing")]
    if traced::has_subscriber() {
        return traced::write(event);
    }
    log::log!(target: TARGET, event.level(), event_id = event.id(); "{event}");
}

/// A refresh as a span of `tracing`, from its beginning until its hooks were called; without the feature nothing. A
/// subscriber that panics does no harm, and has no span.
pub(crate) struct RefreshSpan {
    #[cfg(feature = "tracing")]
    span: Option<tracing::span::EnteredSpan>,
}

impl RefreshSpan {
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is no span"))]
    pub(crate) fn enter(need: Need) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: std::panic::catch_unwind(|| traced::refresh_span(need).entered()).ok(),
        }
    }

    /// Notes what the refresh did.
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is no span"))]
    pub(crate) fn record(&self, report: &Report) {
        #[cfg(feature = "tracing")]
        self.span.iter().for_each(|span| traced::guard(|| traced::record(span, report)));
    }
}

#[cfg(feature = "tracing")]
impl Drop for RefreshSpan {
    fn drop(&mut self) {
        traced::guard(|| drop(self.span.take()));
    }
}

#[cfg(feature = "tracing")]
mod traced {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use log::Level;
    use tracing::{Span, dispatcher, field, subscriber::NoSubscriber};

    use super::TARGET;
    use crate::{
        notify::event::Event,
        refresh::{Need, Report},
    };

    /// Whether this thread has a subscriber, of its own or that of the process.
    #[inline]
    pub(super) fn has_subscriber() -> bool {
        dispatcher::has_been_set() && dispatcher::get_default(|dispatch| !dispatch.is::<NoSubscriber>())
    }

    pub(super) fn is_enabled(level: Level) -> bool {
        match level {
            Level::Error => tracing::event_enabled!(target: TARGET, tracing::Level::ERROR),
            Level::Warn => tracing::event_enabled!(target: TARGET, tracing::Level::WARN),
            _ => tracing::event_enabled!(target: TARGET, tracing::Level::INFO),
        }
    }

    pub(super) fn write(event: &Event<'_>) {
        let event_id = event.id();
        match event.level() {
            Level::Error => tracing::error!(target: TARGET, event_id, "{event}"),
            Level::Warn => tracing::warn!(target: TARGET, event_id, "{event}"),
            _ => tracing::info!(target: TARGET, event_id, "{event}"),
        }
    }

    /// With a target of its own, so that one can have the spans without a log of each evaluation.
    pub(super) fn refresh_span(need: Need) -> Span {
        tracing::info_span!(
            target: "configcat::refresh",
            "configcat.refresh",
            initiated_by_user = need == Need::Now { by_user: true },
            fetched = field::Empty,
            outcome = field::Empty,
            error = field::Empty,
        )
    }

    /// Runs what calls the subscriber.
    pub(super) fn guard(run: impl FnOnce()) {
        let _ = catch_unwind(AssertUnwindSafe(run));
    }

    pub(super) fn record(span: &Span, report: &Report) {
        let outcome = match &report.result {
            Ok(()) if report.changed => "changed",
            Ok(()) => "unchanged",
            Err(_) => "failed",
        };
        span.record("outcome", outcome).record("fetched", report.fetched);
        if let Err(error) = &report.result {
            span.record("error", field::display(error));
        }
    }
}
