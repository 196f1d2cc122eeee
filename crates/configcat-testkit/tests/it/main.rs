//! Tests of the test kit, used as in an application.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "tests")]

mod cdn;
mod clock;
mod config_json;
mod flags;

use std::time::Duration;

use configcat::{Client, ClientBuilder, PollingMode, fetch::Proxy};
use configcat_testkit::{Cdn, SDK_KEY};

/// Returns the builder of a client in manual polling.
fn client(cdn: &Cdn) -> ClientBuilder {
    let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
    builder.polling_mode(PollingMode::manual()).request_timeout(Duration::from_secs(20))
}
