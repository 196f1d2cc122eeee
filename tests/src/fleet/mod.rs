//! A fleet of clients in simulated time: how many requests their CDN gets in each second.
//!
//! The time of the next poll comes from `polling/schedule.rs` of `configcat`, the file that the
//! polling thread of a client uses. The model of a poll follows that thread: read the shared cache,
//! if there is one; fetch if the config is an interval old; ask the schedule for the next wait. A
//! process depends only on the processes that share its cache, so each such group is simulated by
//! itself.

use std::{cmp::Reverse, collections::BinaryHeap, ops::Range, time::Duration};

use self::schedule::{PollOutcome, Schedule};

/// The file is included by its path: `configcat` does not export the schedule, since an export
/// would be a promise to users.
#[allow(dead_code, reason = "the rest of the file is for the client")]
#[path = "../../../crates/configcat/src/polling/schedule.rs"]
mod schedule;

/// The options that all clients of a fleet have in common.
#[derive(Debug, Clone, Copy)]
pub struct Fleet {
    /// The number of clients.
    pub clients: u32,
    /// The jitter, as in `ClientBuilder::jitter`.
    pub jitter: f64,
    /// `true` if the wait after a failed poll is longer, as in the client; `false` if it is the
    /// interval.
    pub backs_off: bool,
    /// The number of processes that share a cache; 1 for no sharing.
    pub sharing: u32,
    /// The `Retry-After` header of failed answers.
    pub retry_after: Option<Duration>,
}

impl Fleet {
    /// Returns a fleet with the default options of the client.
    #[must_use]
    pub fn with_defaults(clients: u32) -> Self {
        Self { clients, jitter: 0.1, backs_off: true, sharing: 1, retry_after: None }
    }
}

/// The steady state, in seconds from the start, as the constants below. By then the clients have
/// spread over the interval.
pub const STEADY: Range<u64> = 1800..3600;
/// The outage: the CDN only fails.
pub const OUTAGE: Range<u64> = 3600..5400;
/// The recovery: the CDN answers again, and clients return.
pub const RECOVERY: Range<u64> = 5400..END;
/// The end of the simulation.
pub const END: u64 = 9000;

/// Returns the most requests in one of these seconds.
#[must_use]
pub fn peak(requests: &[u32], seconds: Range<u64>) -> u32 {
    part(requests, seconds).iter().copied().max().unwrap_or(0)
}

/// Returns the mean requests per second.
#[must_use]
pub fn mean(requests: &[u32], seconds: Range<u64>) -> f64 {
    let part = part(requests, seconds.clone());
    part.iter().copied().map(f64::from).sum::<f64>()
        / Duration::from_secs(seconds.end - seconds.start).as_secs_f64()
}

fn part(requests: &[u32], seconds: Range<u64>) -> &[u32] {
    let place = |second| usize::try_from(second).unwrap_or(usize::MAX);
    requests.get(place(seconds.start)..place(seconds.end)).unwrap_or(&[])
}

/// The default interval of auto polling.
const INTERVAL: Duration = Duration::from_secs(60);

/// All processes start at random within this time. One second is the worst case: a deployment that
/// starts all at once.
const START_MS: u64 = 1000;

/// The time of an answer, at random, in milliseconds: an assumption, of a CDN near and far. A
/// failure takes as long as a config.
const ANSWER_MS: Range<u64> = 20..220;

/// Returns the requests in each second from the start on, with a CDN that fails during `outage`.
#[must_use]
pub fn requests(fleet: Fleet, outage: Range<u64>, seconds: u64) -> Vec<u32> {
    let mut cdn = Cdn { outage, requests: vec![0; usize::try_from(seconds).unwrap_or(0)] };
    let mut next = 0;
    while next < fleet.clients {
        let end = next.saturating_add(fleet.sharing.max(1)).min(fleet.clients);
        Group::start(fleet, next..end).run(&mut cdn);
        next = end;
    }
    cdn.requests
}

/// A CDN that counts requests, and answers or fails.
struct Cdn {
    outage: Range<u64>,
    requests: Vec<u32>,
}

impl Cdn {
    /// Counts a request. Returns whether the CDN answers; `None` at the end of the simulation.
    fn ask(&mut self, now_ms: u64) -> Option<bool> {
        let second = now_ms / 1000;
        *self.requests.get_mut(usize::try_from(second).ok()?)? += 1;
        Some(!self.outage.contains(&second))
    }
}

/// The processes that share a cache, or one process without. Groups do not depend on each other.
struct Group {
    processes: Vec<Process>,
    /// When the config in the cache was fetched.
    fetched_at: Option<u64>,
    /// The events to come, each with its time and its process.
    events: BinaryHeap<Reverse<(u64, usize, Event)>>,
}

struct Process {
    schedule: Schedule,
    fleet: Fleet,
    failures: u32,
    random: Random,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Poll,
    Fetched,
    Failed,
}

impl Group {
    fn start(fleet: Fleet, ids: Range<u32>) -> Self {
        let mut group = Self { processes: Vec::new(), fetched_at: None, events: BinaryHeap::new() };
        for (place, id) in ids.enumerate() {
            let mut random = Random(u64::from(id));
            let schedule = Schedule::new(INTERVAL, fleet.jitter, random.position());
            group.events.push(Reverse((random.below(START_MS), place, Event::Poll)));
            group.processes.push(Process { schedule, fleet, failures: 0, random });
        }
        group
    }

    fn run(mut self, cdn: &mut Cdn) {
        while let Some(Reverse((now, place, event))) = self.events.pop() {
            let Some(process) = self.processes.get_mut(place) else { continue };
            let age = self.fetched_at.map(|at| Duration::from_millis(now.saturating_sub(at)));
            let wait = match event {
                Event::Poll => match age.filter(|age| *age < INTERVAL) {
                    Some(age) => process.rest(PollOutcome::FetchedByOther { age }),
                    None => {
                        let Some(answers) = cdn.ask(now) else { continue };
                        let answer = if answers { Event::Fetched } else { Event::Failed };
                        let takes = ANSWER_MS.start + process.random.below(ANSWER_MS.end - ANSWER_MS.start);
                        self.events.push(Reverse((now + takes, place, answer)));
                        continue;
                    }
                },
                Event::Fetched => {
                    self.fetched_at = Some(now);
                    process.rest(PollOutcome::UpToDate { age: Duration::ZERO })
                }
                Event::Failed => process.back_off(),
            };
            let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            self.events.push(Reverse((now.saturating_add(wait), place, Event::Poll)));
        }
    }
}

impl Process {
    /// Returns the wait after a poll that leaves an up-to-date config.
    fn rest(&mut self, outcome: PollOutcome) -> Duration {
        self.failures = 0;
        self.schedule.next(outcome)
    }

    /// Returns the wait after a failed poll.
    fn back_off(&mut self) -> Duration {
        if !self.fleet.backs_off {
            return self.schedule.next(PollOutcome::UpToDate { age: Duration::ZERO });
        }
        self.failures = self.failures.saturating_add(1);
        let (failures, retry_after) = (self.failures, self.fleet.retry_after);
        self.schedule.next(PollOutcome::Failed { failures, retry_after })
    }
}

/// Random numbers of one process, the same in each run (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Returns the position in the jitter range that a process draws.
    fn position(&mut self) -> u32 {
        u32::try_from(self.next() >> 32).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tenth of the fleet that `cargo xtask fleet` simulates: enough for stable peaks, and few
    /// enough for a test.
    const CLIENTS: u32 = 10_000;

    /// Returns the busiest second in steady state and in recovery, each relative to the mean in
    /// steady state.
    fn peaks(fleet: Fleet) -> (f64, f64) {
        let requests = requests(fleet, OUTAGE, END);
        let mean = mean(&requests, STEADY);
        (f64::from(peak(&requests, STEADY)) / mean, f64::from(peak(&requests, RECOVERY)) / mean)
    }

    #[test]
    fn with_defaults_no_second_is_much_busier_than_others() {
        let (steady, recovery) = peaks(Fleet::with_defaults(CLIENTS));
        assert!(steady <= 2.0, "{steady}");
        assert!(recovery <= 3.0, "{recovery}");
    }

    #[test]
    fn it_is_the_jitter_that_spreads_them() {
        let (steady, recovery) = peaks(Fleet { jitter: 0.0, ..Fleet::with_defaults(CLIENTS) });
        assert!(steady > 10.0, "{steady}");
        assert!(recovery > 10.0, "{recovery}");
    }

    /// All clients fail in the same first second, so only the wait after that failure can spread
    /// them.
    #[test]
    fn a_fleet_that_starts_while_the_cdn_fails_does_not_come_back_at_once() {
        let usual = f64::from(CLIENTS) / 63.0;
        for retry_after in [None, Some(Duration::from_secs(120))] {
            let fleet = Fleet { retry_after, ..Fleet::with_defaults(CLIENTS) };
            for end in [30, 60, 120, 300, 1800] {
                let requests = requests(fleet, 0..end, end + 1800);
                let busiest = f64::from(peak(&requests, end..end + 1800));
                assert!(busiest <= 3.0 * usual, "{busiest} after {end} s, {usual} are usual");
            }
        }
    }

    #[test]
    fn backoff_spares_a_cdn_that_fails() {
        let during = |fleet| mean(&requests(fleet, OUTAGE, END), OUTAGE);
        let fleet = Fleet::with_defaults(CLIENTS);
        let (with, without) = (during(fleet), during(Fleet { backs_off: false, ..fleet }));
        assert!(with * 3.0 < without, "{with} instead of {without}");
    }

    #[test]
    fn of_those_who_share_a_cache_one_fetches() {
        let usual = |fleet| mean(&requests(fleet, OUTAGE, END), STEADY);
        let fleet = Fleet::with_defaults(CLIENTS);
        let (shared, alone) = (usual(Fleet { sharing: 20, ..fleet }), usual(fleet));
        assert!(shared * 10.0 < alone, "{shared} instead of {alone}");
    }

    #[test]
    fn each_run_is_the_same() {
        let run = || requests(Fleet::with_defaults(100), OUTAGE, END);
        assert_eq!(run(), run());
    }
}
