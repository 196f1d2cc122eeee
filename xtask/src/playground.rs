//! `cargo xtask playground`: builds the page of `examples/playground`, which any file server can
//! serve.

use std::{error::Error, fs, path::Path};

use crate::{wasm, workspace::in_workspace};

/// The files beside the module: those of this page, and those of all pages.
const SOURCES: [&str; 2] = ["examples/playground/page", "examples/html/assets"];

/// Builds the page in `target/playground`.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    let folder = wasm::module("playground-module", "target/playground", "module")?;
    for source in SOURCES {
        for entry in fs::read_dir(in_workspace(source))? {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    println!("{0}: serve this folder, for example by `python3 -m http.server -d {0}`", shown(&folder));
    Ok(true)
}

fn shown(folder: &Path) -> String {
    folder.strip_prefix(in_workspace("")).unwrap_or(folder).display().to_string()
}
