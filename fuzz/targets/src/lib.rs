//! What is fuzzed, as functions of bytes that panic where something is wrong.
//!
//! libFuzzer runs them (`fuzz_targets`), and the test `seeds` over all inputs that are kept in
//! `seeds`. An input is either a document as it stands, or makes decisions on what document and
//! what users there are.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target fails by panicking"
)]

mod cache_entry;
mod choices;
mod config_json;
mod cost;
mod differential;
mod documents;
mod sdk_key_and_url;
mod user_values;
mod users;

#[path = "../../../crates/configcat-eval/tests/it/naive/mod.rs"]
mod naive;

// What `configcat-fetch` keeps private. These files find each other at the root of their crate.
#[path = "../../../crates/configcat-fetch/src/endpoint.rs"]
#[allow(dead_code, unreachable_pub, unused_imports, reason = "the targets need only some of it")]
mod endpoint;
#[path = "../../../crates/configcat-fetch/src/http_redirect.rs"]
mod http_redirect;
#[path = "../../../crates/configcat-fetch/src/preferences.rs"]
#[allow(dead_code, reason = "the targets need only some of it")]
mod preferences;
#[path = "../../../crates/configcat-fetch/src/proxy.rs"]
#[allow(dead_code, unreachable_pub, reason = "the targets need only some of it")]
mod proxy;

pub use self::{
    cache_entry::cache_entry, config_json::config_json, cost::cost, differential::differential,
    sdk_key_and_url::sdk_key_and_url, user_values::user_values,
};

/// Errors of `preferences`, as `configcat-fetch` defines them.
mod error {
    pub(crate) use configcat_fetch::ContentError;
}
