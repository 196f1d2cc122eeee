//! Runs processes with one CDN, first without a cache and then with a shared Redis, and prints the
//! requests at the CDN.
//!
//! Usage: `redis-fleet --processes N --seconds N`

use std::{env, error::Error, process::ExitCode, time::Duration};

use configcat_tests::redis::fleet::{HEAD, Trial, client};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (processes, seconds) = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["client", cdn] => return client(cdn, None).map(|()| ExitCode::SUCCESS),
        ["client", cdn, redis] => return client(cdn, Some(redis)).map(|()| ExitCode::SUCCESS),
        ["--processes", processes, "--seconds", seconds] => (processes.parse()?, seconds.parse()?),
        _ => return Err("Usage: redis-fleet --processes N --seconds N".into()),
    };
    println!("{HEAD}");
    let mut violations = Vec::new();
    for (shares, latency) in [(false, 0), (true, 0), (true, 20)] {
        let trial = Trial { processes, seconds, shares, latency: Duration::from_millis(latency) };
        let outcome = trial.run(&env::current_exe()?)?;
        println!("{outcome}");
        violations.extend(outcome.violations());
    }
    violations.iter().for_each(|violation| println!("VIOLATION {violation}"));
    println!("{} violations", violations.len());
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
