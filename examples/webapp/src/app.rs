//! The state of the application.

use std::sync::Arc;

use configcat::Client;

use crate::{
    changes::Changes,
    guard::{Refreshes, Streams},
    webhook::Webhook,
};

/// The state that all handlers share; cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) client: Client,
    pub(crate) changes: Arc<Changes>,
    /// The source of the flags, for the footer of the page.
    pub(crate) source: Arc<str>,
    pub(crate) webhook: Webhook,
    pub(crate) refreshes: Refreshes,
    pub(crate) streams: Streams,
}
