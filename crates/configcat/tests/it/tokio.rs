//! Within an async runtime.
