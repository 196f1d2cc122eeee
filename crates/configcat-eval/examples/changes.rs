//! Prints the settings that differ between two configs: `cargo run -p configcat-eval --example
//! changes OLD_CONFIG_JSON NEW_CONFIG_JSON`.

use std::{env, error::Error, fs};

use configcat_eval::Config;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [old, new] = args.as_slice() else {
        return Err("give the old config JSON and the new one".into());
    };
    let (old, new) = (Config::parse(fs::read(old)?)?, Config::parse(fs::read(new)?)?);
    for change in new.changes(&old) {
        println!("{}: {:?}", change.key, change.kind);
    }
    Ok(())
}
