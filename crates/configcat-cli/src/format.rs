//! The form of the output.

use clap::ValueEnum;

/// The form of the output. Failures are text on standard error in either form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    // Failures stay text, so that a program sees them in its log and not in its data.
    /// Text for people.
    #[default]
    Text,
    /// JSON for programs.
    Json,
}
