//! A logger that writes the records of the SDK to stderr. An application usually has a logger; any
//! logger for the crate `log` works.

use std::{
    env,
    error::Error,
    io::{self, Write},
};

use log::{LevelFilter, Log, Metadata, Record};

struct StderrLogger {
    level: LevelFilter,
}

/// Installs the logger with the level that `CONFIGCAT_LOG` names.
pub(crate) fn init() -> Result<(), Box<dyn Error>> {
    let level = match env::var("CONFIGCAT_LOG") {
        Ok(name) if !name.is_empty() => name
            .parse()
            .map_err(|_| format!("CONFIGCAT_LOG is '{name}'; use off, error, warn, info, debug or trace"))?,
        _ => LevelFilter::Warn,
    };
    log::set_boxed_logger(Box::new(StderrLogger { level }))?;
    log::set_max_level(level);
    Ok(())
}

impl Log for StderrLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "configcat" && metadata.level() <= self.level
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            // If stderr is closed, there is no other place to report that.
            let _ = writeln!(io::stderr(), "{} {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}
