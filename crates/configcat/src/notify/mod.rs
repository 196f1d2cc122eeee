//! Notifications: log records and hooks.

pub(crate) mod changes;
pub(crate) mod event;
mod event_text;
pub(crate) mod flags_changed;
pub(crate) mod hooks;
pub(crate) mod logging;
pub(crate) mod no_logger;
pub(crate) mod repeats;
