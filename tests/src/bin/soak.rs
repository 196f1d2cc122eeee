//! Runs a client under load, with a config that changes all the time, a CDN and a cache that fail
//! at random, and a logger that evaluates.
//!
//! Usage: `soak --seconds N [--seed N]`

use std::{
    env,
    error::Error,
    process::ExitCode,
    time::{Duration, UNIX_EPOCH},
};

use configcat_tests::soak;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (seconds, seed) = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--seconds", seconds] => (seconds.parse()?, UNIX_EPOCH.elapsed()?.as_secs()),
        ["--seconds", seconds, "--seed", seed] => (seconds.parse()?, seed.parse()?),
        _ => return Err("Usage: soak --seconds N [--seed N]".into()),
    };
    let report = soak::run(Duration::from_secs(seconds), seed)?;
    println!("{report}");
    Ok(if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
