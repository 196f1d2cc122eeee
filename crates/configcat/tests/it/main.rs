//! Tests of the client over real sockets, with a clock that the tests turn.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod allocations;
mod backoff;
mod cache_hangs;
mod caches;
mod debug_log;
mod details;
mod errors;
mod evaluation_log;
#[cfg(unix)]
mod file_cache;
mod fingerprint;
mod first_hour;
mod flags;
mod flags_changed;
mod foreign_text;
#[cfg(unix)]
mod fork;
mod freeze;
mod governance;
mod health;
mod hooks;
mod hooks_reentrant;
#[cfg(feature = "json")]
mod json;
mod last_valid;
mod lazy;
mod lifecycle;
mod logger_reentrant;
mod manual;
#[cfg(target_os = "linux")]
mod many_clients;
mod no_logger;
mod observability;
mod offline;
mod override_files;
mod overrides;
mod parsed;
mod polling;
mod privacy;
mod quiet;
mod ready;
mod ready_future;
mod requests;
mod second_client;
mod secrecy;
mod seed_api;
mod single_flight;
mod support;
mod system_clock;
mod tokio;
#[cfg(feature = "tracing")]
mod tracing;
mod transports;
mod unbuilt;
