//! The system library that the feature `native-tls` needs on Linux.

use std::process::{Command, Stdio};

/// Returns why `native-tls` cannot be built here. On macOS and Windows it needs nothing.
pub(crate) fn missing() -> Option<&'static str> {
    if cfg!(any(target_os = "macos", windows)) {
        return None;
    }
    let mut pkg_config = Command::new("pkg-config");
    let found = pkg_config.args(["--exists", "openssl"]).stderr(Stdio::null()).status();
    match found {
        Ok(status) if status.success() => None,
        _ => Some("pkg-config finds no openssl; install pkg-config and libssl-dev"),
    }
}
