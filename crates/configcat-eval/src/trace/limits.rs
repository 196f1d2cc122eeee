//! The limits of a trace, so that it takes little memory whatever the config and the user are.

/// The length of one text of a trace, in bytes.
// The longest text setting of the dashboard has 65,535 characters of up to four bytes.
pub(crate) const MAX_STRING: usize = 256 * 1024;
/// The size of a tree, in bytes.
// With the text and the warnings this stays below the 16 MiB for an evaluation and its trace
// (`tests/it/memory.rs`). A rule takes some hundred bytes, so real settings are far below.
pub(crate) const MAX_TREE: usize = 2 << 20;
/// The levels of prerequisite flags in a tree.
// So few that dropping the tree, which is recursive, fits a stack of 64 KiB in a build without
// optimization (`tests/it/stacks.rs`).
pub(crate) const MAX_LEVELS: usize = 16;
/// The length of a log before its last lines, in bytes.
// Far above the log of a real setting, and small enough to be one record of a logger.
pub(crate) const MAX_LOG: usize = 1 << 20;
/// The number of warnings of an evaluation.
// People read the first ones; the rest is counted.
pub(crate) const MAX_WARNINGS: usize = 100;
/// The length of all warnings of an evaluation, in bytes.
// As the log: both go to the same logger.
pub(crate) const MAX_WARNINGS_SIZE: usize = 1 << 20;
