//! The subcommands, a module each.

pub(crate) mod codegen;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod distribution;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod lint;
pub(crate) mod pull;
pub(crate) mod serve;
pub(crate) mod test;
