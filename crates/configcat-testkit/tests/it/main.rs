//! The test kit, as tests use it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "tests")]

mod cdn;
mod clock;
mod config_json;
mod flags;

use std::time::Duration;

use configcat::{Client, ClientBuilder, PollingMode, fetch::Proxy};
use configcat_testkit::{Cdn, SDK_KEY};

/// A client that fetches when it is told to.
fn client(cdn: &Cdn) -> ClientBuilder {
    let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
    builder.polling_mode(PollingMode::manual()).request_timeout(Duration::from_secs(20))
}
