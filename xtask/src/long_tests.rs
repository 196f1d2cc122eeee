//! `cargo xtask faults`, `cargo xtask soak` and `cargo xtask fleet --redis`: the programs of the
//! crate `tests`.

use std::{error::Error, process::ExitCode};

use crate::workspace::cargo;

/// Lets every fault strike in every polling mode; prints what comes of it, and writes it to
/// `docs/faults.md`.
pub(crate) fn faults() -> Result<bool, Box<dyn Error>> {
    run("run --package configcat-tests --bin faults -- docs/faults.md")
}

/// Runs a client under load for so many minutes.
pub(crate) fn soak(minutes: &str) -> Result<bool, Box<dyn Error>> {
    let minutes: u64 = minutes.parse().map_err(|_| format!("'{minutes}' is no number of minutes"))?;
    let seconds = minutes.saturating_mul(60);
    let mut soak =
        cargo(&format!("run --release --package configcat-tests --bin soak -- --seconds {seconds}"));
    // One arena of the allocator: with an arena for each thread, glibc's heap grew by 1.5 MB in ten
    // minutes of this load. Fragmentation of that size would hide a leak.
    soak.env("MALLOC_ARENA_MAX", "1");
    Ok(soak.status()?.success())
}

/// Runs processes with one CDN, each for itself and with a Redis that they share. Returns the exit
/// code of that program, since a run on a busy machine has an exit code of its own.
pub(crate) fn redis_fleet() -> ExitCode {
    let args =
        "run --package configcat-tests --features redis --bin redis-fleet -- --processes 20 --seconds 20";
    let code = cargo(args).status().ok().and_then(|status| u8::try_from(status.code()?).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

fn run(args: &str) -> Result<bool, Box<dyn Error>> {
    Ok(cargo(args).status()?.success())
}
