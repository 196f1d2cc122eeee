//! The result of a command that ends as it should.

/// The result of a command that was used correctly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There is nothing to report: exit code 0.
    Fine,
    /// The command has found what it looks for, such as a failed case or a change: exit code 1.
    Found,
}

impl Outcome {
    /// Returns [`Found`](Self::Found) if there are findings.
    pub(crate) fn found(has_findings: bool) -> Self {
        if has_findings { Self::Found } else { Self::Fine }
    }
}
