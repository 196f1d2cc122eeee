//! The line on standard error for a process that has no logger.
//!
//! A new user often has no logger. The client then keeps all its errors to itself, and a wrong SDK
//! key looks like flags that have their defaults. So the first error is written to standard error,
//! with the way to see the others.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use log::{Level, LevelFilter};

use crate::notify::event::Event;

/// `true` once the line was written in this process. A forked child has that of its parent.
static IS_WRITTEN: AtomicBool = AtomicBool::new(false);

/// Returns whether the line is still to be written: the process has no logger. Only errors come
/// here, and after the first one this reads an atomic.
pub(crate) fn is_due() -> bool {
    // Relaxed: the atomic guards no other memory.
    !IS_WRITTEN.load(Ordering::Relaxed) && !has_logger()
}

/// Writes the line for an error, unless it was written before or there is a logger.
pub(crate) fn write_once(error: &Event<'_>) {
    if is_due() && !IS_WRITTEN.swap(true, Ordering::Relaxed) {
        // One write, so that no other output comes in between. Not `eprintln!`: it panics if
        // standard error is closed, and then there is no other place to report that.
        let _ = io::stderr().write_all(line(error).as_bytes());
    }
}

/// Returns whether records go anywhere, or are switched off on purpose.
fn has_logger() -> bool {
    #[cfg(feature = "tracing")]
    if super::logging::has_subscriber() {
        return true;
    }
    // The logger of `log` that stands in for a missing one has no fields. An installed logger has
    // some, like that of `env_logger` with `RUST_LOG=off`, or a level other than off.
    let is_missing = log::max_level() == LevelFilter::Off && size_of_val(log::logger()) == 0;
    !is_missing || Level::Error > log::STATIC_MAX_LEVEL
}

fn line(error: &Event<'_>) -> String {
    format!(
        "configcat: errors are not shown, because no logger is installed. To see them, add `env_logger` and call \
         `env_logger::init()`; `ClientBuilder::warn_without_logger(false)` switches this line off. The first error: \
         [{}] {error}\n",
        error.id()
    )
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::notify::event::Event;

    #[test]
    fn the_line_says_what_to_do() {
        let error = Event::VariationMissing { variation_id: "a\nb" };
        assert_eq!(
            line(&error),
            "configcat: errors are not shown, because no logger is installed. To see them, add `env_logger` and call \
             `env_logger::init()`; `ClientBuilder::warn_without_logger(false)` switches this line off. The first \
             error: [2011] Could not find the setting for the specified variation ID: 'a\\nb'.\n"
        );
    }
}
