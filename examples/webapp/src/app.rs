//! The state of the application.

use std::{
    error::Error,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use configcat::Client;

use crate::{
    changes::Changes,
    guard::{Refreshes, Streams},
    sample::FileProblem,
    webhook::Webhook,
};

/// The state that all handlers share; cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) client: Client,
    pub(crate) changes: Arc<Changes>,
    /// The source of the flags, for the footer of the page.
    pub(crate) source: Arc<str>,
    pub(crate) file: FileProblem,
    pub(crate) webhook: Webhook,
    pub(crate) refreshes: Refreshes,
    pub(crate) streams: Streams,
}

impl App {
    /// Returns the error of the last fetch with its causes, if there is no config.
    pub(crate) fn fetch_error(&self) -> Option<String> {
        let has_config = self.client.try_snapshot().is_some_and(|snapshot| snapshot.config().is_some());
        if has_config {
            return None;
        }
        let error = self.client.health().last_error?;
        // A text may have that of its source in it.
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        Some(text)
    }

    /// Returns a text that is another one when open pages must be updated: the version of the
    /// config, and a hash of the problem if there is one.
    pub(crate) fn version(&self) -> String {
        let config = self.changes.version();
        match (self.file.get(), self.fetch_error()) {
            (None, None) => config.to_string(),
            problems => {
                let mut hasher = DefaultHasher::new();
                problems.hash(&mut hasher);
                format!("{config}-{:x}", hasher.finish())
            }
        }
    }
}
