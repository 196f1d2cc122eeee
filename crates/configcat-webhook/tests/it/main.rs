//! Webhooks, as an application gets them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "tests")]

mod errors;
mod received;
mod replays;
mod signatures;
