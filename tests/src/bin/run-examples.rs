//! Runs the examples of the crate `configcat`, and looks at their output.
//!
//! They must be built, with the feature `redis`, in the same profile as this program:
//! `cargo build -p configcat -p configcat-tests --features configcat/redis,configcat-tests/redis
//! --examples --bins`.

use std::{env, error::Error, io};

use configcat::cache::cache_key;
use configcat_testkit::SDK_KEY;
use configcat_tests::{examples::Examples, redis::server::Server};

fn main() -> Result<(), Box<dyn Error>> {
    let examples = Examples::new(env::current_exe()?.with_file_name("examples"));
    examples.run()?;
    let server = match Server::start() {
        // `.ci/run` sets the variable, so that CI cannot skip it.
        Err(error)
            if error.kind() == io::ErrorKind::NotFound && env::var_os("CONFIGCAT_NEEDS_REDIS").is_none() =>
        {
            println!("shared_redis: not run ({error})");
            return Ok(());
        }
        server => server?,
    };
    let entry = format!("EXISTS {}", cache_key(SDK_KEY));
    examples.run_with_redis(&server.url(), || Ok(server.command(&entry)? == ":1"))
}
