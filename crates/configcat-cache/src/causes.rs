//! Causes of an error, as `{:#}` prints them.

use std::{error::Error, fmt};

/// Writes the causes of an error after its message, each after a colon, if the format is `{:#}`.
// Only then: reporters such as `anyhow` print the causes themselves, and would show each of them
// twice.
pub(crate) fn write_causes(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut cause = error.source().filter(|_| f.alternate());
    while let Some(error) = cause {
        write!(f, ": {error}")?;
        cause = error.source();
    }
    Ok(())
}
