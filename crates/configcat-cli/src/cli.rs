//! The arguments of the command.

use clap::{CommandFactory, Parser, Subcommand};

use crate::{
    Outcome,
    commands::{codegen, completions, diff, distribution, eval, explain, lint, pull, serve, test},
    failure::Failure,
    screen::Screen,
};

/// Evaluates, explains, checks, compares and tests ConfigCat feature flags, offline.
///
/// FLAGS is a file, `-` for standard input, or the folder of a file cache with one config in it. It
/// has a config JSON of version 6, 5 or 4, an override file {"flags": {"key": value}}, or a cache
/// entry, of at most 64 MiB.
#[derive(Debug, Parser)]
// Wider lines of help are hard to read, also in a wide terminal.
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
    Lint(lint::Args),
    Diff(diff::Args),
    Test(test::Args),
    Distribution(distribution::Args),
    Serve(serve::Args),
    Pull(pull::Args),
    Codegen(codegen::Args),
    Completions(completions::Args),
}

impl Command {
    pub(crate) fn run(self, screen: &mut Screen) -> Result<Outcome, Failure> {
        // By hand, since a trait would only hide which module does what.
        match self {
            Self::Eval(args) => eval::run(&args, screen),
            Self::Explain(args) => explain::run(&args, screen),
            Self::Lint(args) => lint::run(&args, screen),
            Self::Diff(args) => diff::run(&args, screen),
            Self::Test(args) => test::run(&args, screen),
            Self::Distribution(args) => distribution::run(&args, screen),
            Self::Serve(args) => serve::run(&args, screen),
            Self::Pull(args) => pull::run(&args, screen),
            Self::Codegen(args) => codegen::run(&args, screen),
            Self::Completions(args) => completions::run(&args, &mut Cli::command(), screen),
        }
    }
}
