//! `configcat completions`: the completions of a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{Outcome, cli::Cli, failure::Failure, screen::Screen};

/// Prints the completions for a shell, to be put where it looks for them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    shell: Shell,
}

pub(crate) fn run(args: &Args, screen: &mut Screen) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "configcat", &mut script);
    screen.exact(&script)?;
    Ok(Outcome::Fine)
}
