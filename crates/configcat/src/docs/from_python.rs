//! Coming from Python: the reference of the `create_client` functions, section by section, with the
//! same programs in Rust.
//!
#![doc = include_str!("from_python/clients.md")]
#![doc = include_str!("from_python/polling.md")]

#[cfg(doc)]
use crate::{Client, ClientBuilder, PollingMode};
