//! Prints why a user gets the value of a setting: `cargo run -p configcat-eval --example explain
//! CONFIG_JSON KEY IDENTIFIER`.

use std::{env, error::Error, fs};

use configcat_eval::{Config, User};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [path, key, identifier] = args.as_slice() else {
        return Err("give a config JSON, the key of a setting and the identifier of a user".into());
    };
    let config = Config::parse(fs::read(path)?)?;
    println!("{:#}", config.explain(key, &User::new(identifier.as_str())));
    Ok(())
}
