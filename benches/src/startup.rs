//! Start-up: the time from the start of a process to its first flag, compared with a process that
//! does nothing.

use std::{env, process::Command, time::Instant};

use configcat::{
    Client, ConfigCache, FileCache, PollingMode,
    cache::{BoxError, Entry, cache_key},
};

use crate::{SDK_KEY, documents::Kind, median};

const RUNS: usize = 201;
const BYTES: usize = 160_000;
/// The key of a bool setting that each document of [`Kind::Flags`] has, except tiny ones.
const KEY: &str = "feature_000004";

/// Measures processes. If the arguments name a mode and a folder, this process is a measured one.
///
/// # Errors
///
/// A process cannot be started or fails, or the cache cannot be written.
pub fn run() -> Result<(), BoxError> {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["empty", ..] => return Ok(()),
        [mode, folder] => return first_flag(mode, folder),
        _ => {}
    }
    let folder = tempfile::tempdir()?;
    let entry = Kind::Flags.document(BYTES);
    FileCache::new(folder.path())
        .write(&cache_key(SDK_KEY), &Entry::new(now()?, "\"etag\"", &entry)?.to_string())?;
    let modes = ["empty", "auto", "lazy"];
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..RUNS {
        for (mode, times) in modes.iter().zip(&mut times) {
            let mut command = Command::new(env::current_exe()?);
            command.arg(mode).arg(folder.path());
            let start = Instant::now();
            if !command.status()?.success() {
                return Err(format!("the process in mode {mode} has failed").into());
            }
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    let [empty, auto, lazy] = times.each_mut().map(|times| median(times));
    println!("startup/empty/ms {empty:.3}");
    println!("startup/auto/ms {:.3}", auto - empty);
    println!("startup/lazy/ms {:.3}", lazy - empty);
    Ok(())
}

/// Reads a flag and exits at once: no user waits for the end of a process, so it is not measured.
fn first_flag(mode: &str, folder: &str) -> Result<(), BoxError> {
    let mode: PollingMode =
        if mode == "lazy" { PollingMode::lazy().into() } else { PollingMode::auto().into() };
    let client =
        Client::builder(SDK_KEY).polling_mode(mode).cache(FileCache::new(folder)).offline(true).build()?;
    let details = client.get_value_details(KEY, false, None);
    std::process::exit(i32::from(details.is_default_value()));
}

fn now() -> Result<u64, BoxError> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(now.as_millis().try_into()?)
}
