//! A small module for `wasm32-unknown-unknown`: evaluates one flag for a user, and exits with 0 if
//! it is on. `cargo xtask webassembly` builds it, checks its size and runs it.

use std::process::ExitCode;

use configcat_eval::{Config, User};

const CONFIG: &str = r#"{"f": {"isNewUiEnabled": {"t": 0, "v": {"b": false}, "r": [
    {"c": [{"u": {"a": "Email", "c": 32, "l": ["@example.com"]}}], "s": {"v": {"b": true}}}]}}}"#;

fn main() -> ExitCode {
    let user = User::new("42").email("jane@example.com");
    let Ok(config) = Config::parse(CONFIG) else { return ExitCode::from(3) };
    match config.evaluate("isNewUiEnabled", &user).map(|evaluation| evaluation.value().as_bool()) {
        Ok(Some(true)) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(_) => ExitCode::from(2),
    }
}
