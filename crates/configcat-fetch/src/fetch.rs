//! Result of a fetch.

use crate::error::FetchError;
use crate::response::Fetched;

/// Result of [`Fetcher::fetch`](crate::Fetcher::fetch).
///
/// ```
/// # fn example(fetcher: configcat_fetch::Fetcher) {
/// let fetch = fetcher.fetch(None);
/// if fetch.is_data_governance_out_of_sync {
///     eprintln!("change the data governance option");
/// }
/// if let Some(error) = &fetch.redirect_error {
///     eprintln!("{error}");
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use]
pub struct Fetch {
    /// The config, the confirmation that it has not changed, or the error.
    pub outcome: Result<Outcome, FetchError>,
    /// `true` if the data governance option differs from the choice of the organization on the
    /// Dashboard. The fetcher follows that choice by itself; the option should be changed.
    /// Event 3002.
    pub is_data_governance_out_of_sync: bool,
    /// Reason for which the fetcher does not follow a redirect of a config; the outcome is that
    /// config. The configs redirect without end (event 1104), or from `https` to plain `http`
    /// (event 1107), or the fetch at the URL that the config names failed (the event of that
    /// failure).
    pub redirect_error: Option<FetchError>,
}

/// Success of [`Fetcher::fetch`](crate::Fetcher::fetch).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// A config.
    Fetched(Fetched),
    /// The config of the given ETag is up to date.
    NotModified,
}
