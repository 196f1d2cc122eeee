//! The fuzz targets, as functions of bytes that panic if a check fails.
//!
//! libFuzzer runs them (`fuzz_targets`), and so does the test `seeds` with all inputs in the folder
//! `seeds`. An input is either a document, or a sequence of decisions from which a document and
//! users are made.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target fails by panicking"
)]

mod analysis;
mod cache_entry;
mod changes;
mod choices;
mod config_json;
mod cost;
mod differential;
mod documents;
mod edits;
mod json_flags;
pub mod pairs;
mod sdk_key_and_url;
mod user_values;
mod users;

#[path = "../../../crates/configcat-eval/tests/it/naive/mod.rs"]
mod naive;

// Private parts of `configcat-fetch`, by path: an export for fuzzing would be a promise to users.
// The files import each other from the root of their crate, so these modules are at the root here.
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
    analysis::analysis,
    cache_entry::cache_entry,
    changes::{Counts, changes, check_changes},
    config_json::config_json,
    cost::cost,
    differential::differential,
    json_flags::json_flags,
    sdk_key_and_url::sdk_key_and_url,
    user_values::user_values,
};

/// The errors of `preferences`, under the path that it imports them from.
mod error {
    pub(crate) use configcat_fetch::ContentError;
}
