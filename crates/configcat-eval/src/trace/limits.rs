//! The limits of a trace, so that it takes little memory whatever the config and the user are.

/// How long one text of a trace may be, in bytes: the longest text value of the dashboard, 65,535 characters.
pub(crate) const MAX_STRING: usize = 256 * 1024;
/// How large a tree may become, in bytes.
pub(crate) const MAX_TREE: usize = 2 << 20;
/// How many levels of prerequisite flags a tree has: so deep that dropping it fits a stack of 64 KiB without
/// optimization.
pub(crate) const MAX_LEVELS: usize = 16;
/// How long a log may be before its last lines, in bytes.
pub(crate) const MAX_LOG: usize = 1 << 20;
/// How many warnings an evaluation gives.
pub(crate) const MAX_WARNINGS: usize = 100;
/// How long they may be together, in bytes.
pub(crate) const MAX_WARNINGS_SIZE: usize = 1 << 20;
