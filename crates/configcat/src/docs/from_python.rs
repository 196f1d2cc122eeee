#![doc = include_str!("from_python/clients.md")]
#![doc = include_str!("from_python/polling.md")]

#[cfg(doc)]
use crate::{Client, ClientBuilder, PollingMode};
