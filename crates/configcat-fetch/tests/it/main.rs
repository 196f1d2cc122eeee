//! Fetching over real sockets, from servers that behave and servers that do not.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic as tests may"
)]

mod connections;
mod errors;
mod failures;
mod proxies;
mod redirects;
mod responses;
mod secrecy;
mod server;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls;

use std::time::Duration;

use configcat_fetch::{Fetch, FetchError, FetchOptions, Fetcher, Outcome, Proxy, SdkKey};

use crate::server::Server;

const KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/abcdefghijklmnopqrstuv";
const CONFIG: &str = r#"{"p":{"s":"salt"},"f":{"isNew":{"t":0,"v":{"b":true}}}}"#;

fn key() -> SdkKey {
    SdkKey::parse(KEY).unwrap()
}

/// Options that reach no proxy, and a log that is watched for the key.
fn options() -> FetchOptions {
    secrecy::watch_log();
    FetchOptions::new(key()).proxy(Proxy::None)
}

fn fetcher(server: &Server) -> Fetcher {
    Fetcher::new(options().base_url(server.url())).unwrap()
}

/// With a time limit that a test can wait for.
fn hasty_fetcher(server: &Server, limit: Duration) -> Fetcher {
    Fetcher::new(options().base_url(server.url()).request_timeout(limit)).unwrap()
}

/// The body and the ETag that came.
fn config(fetch: Fetch) -> (String, Option<String>) {
    match fetch.outcome.unwrap() {
        Outcome::Fetched(config) => (config.body, config.etag),
        other => panic!("a config should come, not {other:?}"),
    }
}

/// The error that came, which does not hold the key.
fn error(fetch: Fetch) -> FetchError {
    secrecy::check(&format!("{fetch:?}"));
    let error = fetch.outcome.unwrap_err();
    secrecy::check_error(&error);
    error
}
