//! Log records, written to the `log` crate; with the feature `tracing`, to a subscriber of
//! `tracing` if there is one.
//!
//! They are never written to both: a subscriber that also takes the records of `log` would show
//! each record twice. A logger, a filter or a subscriber may evaluate flags while it handles a
//! record. Such an evaluation is silent ([`Activity::Logging`]): its own records would call the
//! logger again without end.

use log::Level;

use crate::{
    error::RefreshError,
    notify::event::Event,
    sync::{
        panics,
        reentrancy::{self, Activity},
    },
};

/// Target of all records. Applications filter by it, so it is a part of the interface.
const TARGET: &str = "configcat";

/// Returns whether a logger wants records of this level. `false` while this thread handles a
/// record.
#[inline]
pub(crate) fn is_enabled(level: Level) -> bool {
    is_possible(level) && ask(|| is_wanted(level))
}

/// Returns whether a logger may want records of this level. Calls no code of the user, so a refresh
/// may ask while other threads wait for it.
#[inline]
pub(crate) fn is_possible(level: Level) -> bool {
    // Each evaluation comes here. The maximum levels are atomics, so a quiet log costs no call.
    let is_possible = level <= log::STATIC_MAX_LEVEL && level <= log::max_level();
    #[cfg(feature = "tracing")]
    let is_possible = is_possible || traced::is_possible(level);
    is_possible
}

/// Returns whether the subscriber or the logger wants records of this level.
fn is_wanted(level: Level) -> bool {
    #[cfg(feature = "tracing")]
    if traced::has_subscriber() {
        return traced::is_enabled(level);
    }
    log::log_enabled!(target: TARGET, level)
}

/// Calls a filter of the user, unless this thread is within such code. A panic counts as `false`.
// `#[cold]`: with a quiet log no evaluation comes here, and the branch is on the path of each one.
#[cold]
fn ask(is_enabled: impl FnOnce() -> bool) -> bool {
    let Some(_logging) = reentrancy::enter(Activity::Logging) else { return false };
    panics::catch(is_enabled).unwrap_or(false)
}

/// Writes a record, unless this thread is handling a record already. `left_out` records of the same
/// cause were left out before. A panic of the logger is ignored.
pub(crate) fn write(event: &Event<'_>, left_out: u64) {
    // A logger that causes a record while it handles one would call itself without end.
    let Some(_logging) = reentrancy::enter(Activity::Logging) else { return };
    // There is nowhere to report the panic of a logger.
    let _ = panics::catch(|| {
        #[cfg(feature = "tracing")]
        if traced::has_subscriber() {
            return traced::write(event, left_out);
        }
        let (event_id, record) = (event.id(), Record { event, left_out });
        // The id as a key-value, so that a log rule can match a number instead of a text; and in
        // the text, since most loggers do not print key-values.
        log::log!(target: TARGET, event.level(), event_id; "[{event_id}] {record}");
    });
}

/// Returns whether this thread has a subscriber of `tracing`, which gets its records.
#[cfg(feature = "tracing")]
pub(super) fn has_subscriber() -> bool {
    panics::catch(traced::has_subscriber).unwrap_or(true)
}

/// Text of a record.
struct Record<'a> {
    event: &'a Event<'a>,
    left_out: u64,
}

impl std::fmt::Display for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.event.fmt(f)?;
        match self.left_out {
            0 => Ok(()),
            1 => f.write_str(" (1 more such record was left out before.)"),
            count => write!(f, " ({count} more such records were left out before.)"),
        }
    }
}

/// Span of `tracing` for a refresh, from its start until its hooks were called. Without the feature
/// it is empty. A panic of the subscriber is ignored, and leaves no span.
pub(crate) struct RefreshSpan {
    #[cfg(feature = "tracing")]
    span: Option<tracing::span::EnteredSpan>,
}

impl RefreshSpan {
    /// Enters a span for a refresh.
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is no span"))]
    pub(crate) fn enter(initiated_by_user: bool) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: traced::call(|| traced::refresh_span(initiated_by_user).entered()),
        }
    }

    /// Records the outcome of the refresh in the span.
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is no span"))]
    pub(crate) fn record(&self, outcome: Result<&'static str, &RefreshError>, fetched: bool) {
        #[cfg(feature = "tracing")]
        if let Some(span) = &self.span {
            traced::call(|| traced::record(span, outcome, fetched));
        }
    }
}

#[cfg(feature = "tracing")]
impl Drop for RefreshSpan {
    fn drop(&mut self) {
        traced::call(|| drop(self.span.take()));
    }
}

#[cfg(feature = "tracing")]
mod traced {
    use log::Level;
    use tracing::{Span, dispatcher, field, level_filters::LevelFilter, subscriber::NoSubscriber};

    use super::{Record, TARGET};
    use crate::{
        error::RefreshError,
        notify::event::Event,
        sync::{
            panics,
            reentrancy::{self, Activity},
        },
    };

    /// Returns whether a subscriber of the process may want records of this level.
    #[inline]
    pub(super) fn is_possible(level: Level) -> bool {
        dispatcher::has_been_set() && level_of(level) <= LevelFilter::current()
    }

    /// Returns whether this thread has a subscriber, its own or that of the process.
    pub(super) fn has_subscriber() -> bool {
        dispatcher::has_been_set() && dispatcher::get_default(|dispatch| !dispatch.is::<NoSubscriber>())
    }

    fn level_of(level: Level) -> tracing::Level {
        match level {
            Level::Error => tracing::Level::ERROR,
            Level::Warn => tracing::Level::WARN,
            Level::Info => tracing::Level::INFO,
            Level::Debug => tracing::Level::DEBUG,
            Level::Trace => tracing::Level::TRACE,
        }
    }

    /// Returns whether the subscriber wants records of this level. The macros need a constant
    /// level.
    pub(super) fn is_enabled(level: Level) -> bool {
        match level {
            Level::Error => tracing::event_enabled!(target: TARGET, tracing::Level::ERROR),
            Level::Warn => tracing::event_enabled!(target: TARGET, tracing::Level::WARN),
            Level::Info => tracing::event_enabled!(target: TARGET, tracing::Level::INFO),
            Level::Debug => tracing::event_enabled!(target: TARGET, tracing::Level::DEBUG),
            // No event has this level.
            Level::Trace => false,
        }
    }

    pub(super) fn write(event: &Event<'_>, left_out: u64) {
        let event_id = event.id();
        let record = Record { event, left_out };
        match event.level() {
            Level::Error => tracing::error!(target: TARGET, event_id, "{record}"),
            Level::Warn => tracing::warn!(target: TARGET, event_id, "{record}"),
            Level::Info => tracing::info!(target: TARGET, event_id, "{record}"),
            Level::Debug | Level::Trace => tracing::debug!(target: TARGET, event_id, "{record}"),
        }
    }

    /// Returns the span of a refresh. It has a target of its own, so that a filter can take the
    /// spans without the evaluation log.
    pub(super) fn refresh_span(initiated_by_user: bool) -> Span {
        tracing::info_span!(
            target: "configcat::refresh",
            "configcat.refresh",
            initiated_by_user,
            fetched = field::Empty,
            outcome = field::Empty,
            error = field::Empty,
        )
    }

    /// Runs code that calls the subscriber. Its panics are ignored, and its evaluations are silent.
    pub(super) fn call<T>(run: impl FnOnce() -> T) -> Option<T> {
        let _logging = reentrancy::enter(Activity::Logging);
        panics::catch(run).ok()
    }

    /// Records the outcome of a refresh in a span.
    pub(super) fn record(span: &Span, outcome: Result<&'static str, &RefreshError>, fetched: bool) {
        span.record("outcome", outcome.unwrap_or("failed")).record("fetched", fetched);
        if let Err(error) = outcome {
            span.record("error", field::display(error));
        }
    }
}
