//! Prints the requests of fleets as lines of a name and a number. `cargo xtask fleet` makes tables
//! and a plot from them.

use std::time::Duration;

use configcat_tests::fleet::{END, Fleet, OUTAGE, RECOVERY, STEADY, mean, peak, requests};

const CLIENTS: u32 = 100_000;

/// The lengths of outages in the table, in minutes: from half an interval to many times the longest
/// backoff (5 min).
const OUTAGES: [f64; 7] = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 120.0];

fn main() {
    let defaults = Fleet::with_defaults(CLIENTS);
    let variants = [
        ("defaults", defaults),
        ("no jitter", Fleet { jitter: 0.0, ..defaults }),
        ("no backoff", Fleet { backs_off: false, ..defaults }),
        ("neither", Fleet { jitter: 0.0, backs_off: false, ..defaults }),
        ("shared cache", Fleet { sharing: 20, ..defaults }),
    ];
    for (name, fleet) in variants {
        let requests = requests(fleet, OUTAGE, END);
        println!("{name}/start {}", peak(&requests, 0..1));
        for (part, seconds) in [("steady", STEADY), ("outage", OUTAGE), ("recovery", RECOVERY)] {
            println!("{name}/{part}/mean {:.0}", mean(&requests, seconds.clone()));
            println!("{name}/{part}/peak {}", peak(&requests, seconds));
        }
        for (minute, second) in (0..END).step_by(60).enumerate() {
            println!("{name}/minute/{minute} {}", peak(&requests, second..second + 60));
        }
    }
    let told = Fleet { retry_after: Some(Duration::from_secs(120)), ..defaults };
    for (when, from, fleet) in [
        ("at the start", 0, defaults),
        ("at the start, with `Retry-After: 120`", 0, told),
        ("after 30 min", STEADY.start, defaults),
        ("after 30 min, with `Retry-After: 120`", STEADY.start, told),
    ] {
        for minutes in OUTAGES {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand")]
            let end = from + (minutes * 60.0) as u64;
            let requests = requests(fleet, from..end, end + 1800);
            println!("outage {when}/{minutes} {}", peak(&requests, end..end + 1800));
        }
    }
}
