//! The command:
//! `configcat-codegen [--check] [--defaults-of-config] [--skip KEY]… CONFIG_JSON RUST_FILE`.

use std::{env, error::Error, fs, process::ExitCode};

use configcat_codegen::{BuildError, CheckError, Defaults, Generator};

const USAGE: &str = "\
Writes the settings of a ConfigCat config JSON to a Rust module of typed flags.

Usage: configcat-codegen [OPTIONS] CONFIG_JSON RUST_FILE

Options:
  --check               write nothing; exit 1 if the file differs from the config, 2 on an error
  --defaults-of-config  use the default values of the config instead of false, 0 and \"\"
  --skip KEY            leave out the setting with this key; can be repeated
  --help                print this text
";

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    let (mut is_check, mut generator, mut files) = (false, Generator::new(), Vec::new());
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--help" => {
                print!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            "--check" => is_check = true,
            "--defaults-of-config" => generator = generator.defaults(Defaults::OfConfig),
            "--skip" => match args.next() {
                Some(key) => generator = generator.skip([key]),
                None => return usage("--skip needs a key"),
            },
            // Refused, since a misspelled `--check` would otherwise overwrite a file.
            option if option.starts_with("--") => return usage(&format!("unknown option {option}")),
            _ => files.push(arg),
        }
    }
    let [config_json, rust_file] = &files[..] else {
        return usage(&format!("expected a config JSON and a Rust file, found {} files", files.len()));
    };
    let outcome = if is_check {
        check(&generator, config_json, rust_file)
    } else {
        generator.write(config_json, rust_file).map_err(Into::into)
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            // With another exit code, CI can tell a drift from a missing file.
            let has_drifted = matches!(error.downcast_ref(), Some(CheckError::Drifted(_)));
            ExitCode::from(if has_drifted { 1 } else { 2 })
        }
    }
}

fn check(generator: &Generator, config_json: &str, rust_file: &str) -> Result<(), Box<dyn Error>> {
    let failed = |path: &str, cause| BuildError::Io { path: path.into(), cause };
    // Read as bytes, so that invalid UTF-8 is the same error as without `--check`.
    let config = fs::read(config_json).map_err(|cause| failed(config_json, cause))?;
    let code = fs::read_to_string(rust_file).map_err(|cause| failed(rust_file, cause))?;
    Ok(generator.check(config, &code)?)
}

fn usage(error: &str) -> ExitCode {
    eprint!("error: {error}\n\n{USAGE}");
    ExitCode::from(2)
}
