//! Runs processes with one CDN, first without a cache and then with a shared Redis, and prints the
//! requests at the CDN.
//!
//! Usage: `redis-fleet --processes N --seconds N`
//!
//! Exits with 1 after a violation, and with 3 if the machine was too busy for a verdict.

use std::{env, error::Error, process::ExitCode, time::Duration};

use configcat_tests::redis::fleet::{HEAD, Trial, Verdict, client};

/// The exit code of a run without a verdict. 1 is a failure, and 2 a wrong argument.
const INCONCLUSIVE: u8 = 3;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let (processes, seconds) = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["client", cdn] => return client(cdn, None).map(|()| ExitCode::SUCCESS),
        ["client", cdn, redis] => return client(cdn, Some(redis)).map(|()| ExitCode::SUCCESS),
        ["--processes", processes, "--seconds", seconds] => (processes.parse()?, seconds.parse()?),
        _ => return Err("Usage: redis-fleet --processes N --seconds N".into()),
    };
    println!("{HEAD}");
    let (mut violations, mut perhaps) = (Vec::new(), Vec::new());
    for (shares, latency) in [(false, 0), (true, 0), (true, 20)] {
        let trial = Trial { processes, seconds, shares, latency: Duration::from_millis(latency) };
        let outcome = trial.run(&env::current_exe()?)?;
        println!("{outcome}");
        match outcome.verdict() {
            Verdict::Kept => {}
            Verdict::Inconclusive(broken) => perhaps.extend(broken),
            Verdict::Broken(broken) => violations.extend(broken),
        }
    }
    violations.iter().for_each(|violation| println!("VIOLATION {violation}"));
    perhaps.iter().for_each(|broken| println!("late timers explain {broken}"));
    println!("{} violations", violations.len());
    Ok(match (violations.is_empty(), perhaps.is_empty()) {
        (true, true) => ExitCode::SUCCESS,
        (true, false) => {
            println!("inconclusive: the machine was busy; run it again while nothing else runs");
            ExitCode::from(INCONCLUSIVE)
        }
        (false, _) => ExitCode::FAILURE,
    })
}
