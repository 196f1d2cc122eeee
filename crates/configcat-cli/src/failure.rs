//! The reason why a command cannot do its work.

use std::{fmt::Display, io};

use crate::snippet::Problem;

/// The reason why a command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody reads standard output any more: exit code 0, without a message.
    OutputClosed,
    /// The command was used wrongly, or an input is wrong: exit code 2. In a box, since results
    /// are returned often and failures once.
    // A box keeps results small: they are returned often, and failures once.
    Wrong(Box<Problem>),
}

impl Failure {
    /// Returns the failure with this message.
    pub(crate) fn new(message: impl Display) -> Self {
        Problem::error(message).into()
    }

    /// Returns the failure that `action`, such as `read flags.json`, has this cause.
    pub(crate) fn cannot(action: impl Display, cause: impl Display) -> Self {
        Self::new(format_args!("cannot {action}: {cause}"))
    }

    /// Adds a line that says what to do.
    // A closed output stays one: there is nobody to help.
    pub(crate) fn help(self, help: impl Display) -> Self {
        match self {
            Self::Wrong(problem) => problem.help(help).into(),
            Self::OutputClosed => self,
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Wrong(Box::new(problem))
    }
}

/// Converts the error of writing to standard output. Errors of files have their name, and are made
/// by [`Failure::cannot`].
impl From<io::Error> for Failure {
    fn from(cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::cannot("write to standard output", cause),
        }
    }
}
