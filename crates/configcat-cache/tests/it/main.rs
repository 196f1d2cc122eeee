//! The backends, seen from outside.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod conformance;
mod file;
mod kills;
mod processes;
#[cfg(feature = "redis")]
mod redis;

use std::{fs, path::Path};

const KEY: &str = "f83ba5d45bceb4bb704410f51b704fb6dfa19942";

/// The file of [`KEY`].
const FILE: &str = "configcat-f83ba5d45bceb4bb704410f51b704fb6dfa19942";

/// The sorted names of all that is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
