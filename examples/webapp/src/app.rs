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

#[cfg(test)]
mod tests {
    use configcat::{Client, PollingMode, fetch::Proxy};
    use configcat_testkit::{Cdn, Reply, SDK_KEY};

    use super::App;
    use crate::{
        guard::{Refreshes, Streams},
        view::View,
        webhook::Webhook,
    };

    /// Returns the application after a fetch from this CDN.
    fn app(cdn: &Cdn) -> App {
        let client = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
        let client = client.polling_mode(PollingMode::manual()).build().unwrap();
        let _ = client.force_refresh();
        App {
            webhook: Webhook::new(&client, "").unwrap(),
            client,
            changes: crate::changes::Changes::new().into(),
            source: "a test".into(),
            file: crate::sample::FileProblem::default(),
            refreshes: Refreshes::new(),
            streams: Streams::new(),
        }
    }

    #[test]
    fn a_failed_fetch_is_on_each_page_with_its_cause_and_without_the_key() {
        for (reply, cause) in [
            (Reply::status(404), "the SDK key seems to be wrong"),
            (Reply::status(403), "the SDK key seems to be wrong"),
            (Reply::status(500), "500"),
            (Reply::body("<script>alert(1)</script>\r\n\0"), "JSON"),
            (Reply::close(), "the server cannot be reached"),
        ] {
            let app = app(&Cdn::always(reply));
            let page = |query: &str| {
                let view = View::new(&app, Vec::from([("Identifier".to_owned(), query.to_owned())]));
                [
                    view.index().into_string(),
                    view.compare().into_string(),
                    view.no_flag("any").into_string(),
                    view.json(),
                ]
            };
            for page in page("1") {
                assert!(page.contains(cause), "{cause} in {page}");
                assert!(!page.contains("<script>"), "{page}");
                assert!(!page.contains(SDK_KEY) && !page.contains(&SDK_KEY[20..40]), "{page}");
            }
        }
    }
}
