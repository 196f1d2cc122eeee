//! Reasons why a step of `cargo xtask ci` cannot run on this machine, each with what to install.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::workspace::cargo;

/// Returns why `native-tls` cannot be built, which is OpenSSL on Linux. On macOS and Windows it
/// needs nothing.
pub(crate) fn openssl() -> Option<&'static str> {
    let is_there = cfg!(any(target_os = "macos", windows))
        || succeeds(Command::new("pkg-config").args(["--exists", "openssl"]));
    (!is_there).then_some("pkg-config finds no openssl; install pkg-config and libssl-dev")
}

/// Returns why the web application cannot be tested. A driver without a browser is an error of that
/// step.
pub(crate) fn browser() -> Option<&'static str> {
    let is_there = succeeds(Command::new("chromedriver").arg("--version"));
    (!is_there).then_some("no chromedriver; install chromium and chromium-driver")
}

/// Returns why a page cannot be opened in a browser without a driver.
pub(crate) fn chromium() -> Option<&'static str> {
    let is_there = succeeds(Command::new("chromium").arg("--version"));
    (!is_there).then_some("no chromium; install chromium")
}

/// Returns why no program of JavaScript can be run.
pub(crate) fn node() -> Option<&'static str> {
    let is_there = succeeds(Command::new("node").arg("--version"));
    (!is_there).then_some("no node; install nodejs")
}

/// Returns why the cache in Redis cannot be tested. `.ci/run` says that it must be; then the tests
/// fail and say so.
pub(crate) fn redis() -> Option<&'static str> {
    let is_there = env::var_os("CONFIGCAT_NEEDS_REDIS").is_some()
        || succeeds(Command::new("redis-server").arg("--version"));
    (!is_there).then_some("no redis-server; install redis-server")
}

/// Returns why the dependencies cannot be compared with `deny.toml`.
pub(crate) fn deny() -> Option<&'static str> {
    let is_there = succeeds(&mut cargo("deny --version"));
    (!is_there).then_some("no cargo-deny; `cargo install cargo-deny --locked` gets it")
}

/// Returns why known vulnerabilities cannot be looked up.
pub(crate) fn advisories() -> Option<&'static str> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let databases = home.and_then(|home| fs::read_dir(home.join("advisory-dbs")).ok());
    let is_there = databases.is_some_and(|entries| entries.flatten().any(|entry| entry.path().is_dir()));
    deny().or((!is_there).then_some("no advisory database; `cargo deny fetch db` gets it"))
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
