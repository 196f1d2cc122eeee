//! Writes the flags of `flags.json` as a Rust module, at each build.

use configcat_codegen::{BuildError, Generator};

fn main() -> Result<(), BuildError> {
    Generator::new()
        // The compiler reports each use of a flag that is the same for everybody,
        .deprecate_constant()
        // and each flag that no code uses.
        .private()
        // It checks each `match` on a text with at most five values.
        .enums(5)
        .json("limits", "crate::Limits")
        .build("flags.json")
}
