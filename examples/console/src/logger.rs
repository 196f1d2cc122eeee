//! Writes what the SDK logs to stderr. An application has a logger already; the SDK needs nothing
//! but the `log` crate's.

use std::{
    env,
    error::Error,
    io::{self, Write},
};

use log::{LevelFilter, Log, Metadata, Record};

struct StderrLogger;

/// Logs from the level on that `CONFIGCAT_LOG` names.
pub(crate) fn init() -> Result<(), Box<dyn Error>> {
    let level = match env::var("CONFIGCAT_LOG") {
        Ok(name) if !name.is_empty() => name.parse().map_err(|_| {
            format!("CONFIGCAT_LOG is '{name}', and should be off, error, warn, info, debug or trace")
        })?,
        _ => LevelFilter::Warn,
    };
    log::set_logger(&StderrLogger)?;
    log::set_max_level(level);
    Ok(())
}

impl Log for StderrLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "configcat"
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let id = record.key_values().get("event_id".into()).unwrap_or_else(|| 0.into());
            // Without stderr there is nobody to tell.
            let _ = writeln!(io::stderr(), "{} [{id}] {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}
