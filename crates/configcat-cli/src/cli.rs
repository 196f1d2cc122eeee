//! The arguments of the command.

use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    Outcome,
    commands::{codegen, completions, eval, explain, pull, serve},
    failure::Failure,
    screen::Screen,
};

/// Evaluates, explains, checks, compares and tests ConfigCat feature flags, offline.
///
/// FLAGS is a file, `-` for standard input, or the folder of a file cache with one config in it. It
/// has a config JSON of version 6, 5 or 4, an override file {"flags": {"key": value}}, or a cache
/// entry, of at most 64 MiB.
#[derive(Debug, Parser)]
#[command(name = "configcat", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 fine, 1 found something, 2 wrong use.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A subcommand: one line here, and one in [`run`](Self::run).
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Eval(eval::Args),
    Explain(explain::Args),
    Serve(serve::Args),
    Pull(pull::Args),
    Codegen(codegen::Args),
    Completions(completions::Args),
}

impl Command {
    pub(crate) fn run(self, screen: &mut Screen) -> Result<Outcome, Failure> {
        match self {
            Self::Eval(args) => eval::run(&args, screen),
            Self::Explain(args) => explain::run(&args, screen),
            Self::Serve(args) => serve::run(&args, screen),
            Self::Pull(args) => pull::run(&args, screen),
            Self::Codegen(args) => codegen::run(&args, screen),
            Self::Completions(args) => completions::run(&args, screen),
        }
    }
}

/// The form of the output. Failures are text on standard error in either form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    #[default]
    Text,
    /// JSON for programs.
    Json,
}
