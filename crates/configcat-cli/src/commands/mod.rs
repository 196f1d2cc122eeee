//! The subcommands, a module each.

pub(crate) mod codegen;
pub(crate) mod completions;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod pull;
pub(crate) mod serve;
