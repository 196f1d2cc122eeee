//! A fleet of processes in front of one CDN, with a shared Redis and without one.

use std::{
    error::Error,
    fmt,
    io::{self, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use configcat::{Client, PollingMode, RedisCache, fetch::Proxy};
use configcat_testkit::{Cdn, Reply, SDK_KEY, config_json};

use super::server::Server;

/// The polling interval of each process: the shortest that `build()` accepts, so that a trial takes
/// seconds.
const INTERVAL: Duration = Duration::from_secs(1);
/// The time before the measurement, two intervals: all processes fetch at the start, and have
/// polled once after that.
const WARM_UP: Duration = Duration::from_secs(2);
/// The period at which a process measures the age of its config: a fiftieth of the interval, so the
/// age is exact to 2 %.
const LOOK: Duration = Duration::from_millis(20);
/// The mean lateness of all timers from which on a machine counts as busy. An idle machine with two
/// processors has 0.2 ms, so this is five times as much. A fetch then passes through so many late
/// threads that it takes longer than a twentieth of the interval, where others fetch too
/// (`docs::caching` of the manual).
const BUSY: Duration = Duration::from_millis(1);
/// The threads that a poll waits for, one after the other: the polling thread, the threads for the
/// cache and the CDN, and the polling thread again. Each may be late.
const STEPS: u32 = 4;
/// The time that a `RedisCache` waits for an answer, after which a late server is an error.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The options of a trial.
#[derive(Clone, Copy)]
pub struct Trial {
    /// The number of processes.
    pub processes: u32,
    /// The length of the measurement, in seconds.
    pub seconds: u32,
    /// `true` if the processes share a Redis.
    pub shares: bool,
    /// The time that the CDN takes to answer.
    pub latency: Duration,
}

/// The result of a [`Trial`].
pub struct Outcome {
    /// The options.
    pub trial: Trial,
    /// The requests of all processes in each second.
    pub requests: Vec<usize>,
    /// The age of the oldest config that a process had.
    pub oldest: Duration,
    /// The calls of the error hooks of all processes.
    pub errors: u64,
    /// The longest time by which a timer of a process was late. Processes sleep almost all the
    /// time, so a late timer means that the machine is busy with something else.
    pub late: Duration,
    /// The mean time by which these timers were late.
    pub mean_late: Duration,
}

/// The verdict on an [`Outcome`].
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All promises were kept.
    Kept,
    /// These promises were broken, perhaps because the machine was busy.
    Inconclusive(Vec<String>),
    /// These promises were broken, and no late timer explains it.
    Broken(Vec<String>),
}

impl Trial {
    /// Runs the trial, and prints its progress to standard error. Each process runs `program` with
    /// the first argument `client`, on which it must call [`client`].
    ///
    /// # Errors
    ///
    /// There is no Redis server, a process does not start, or it prints no result at its end.
    pub fn run(self, program: &Path) -> Result<Outcome, Box<dyn Error>> {
        let server = self.shares.then(Server::start).transpose()?;
        let cdn = Cdn::new(&config_json([("flag", true)]));
        cdn.set_always(Reply::content().delay(self.latency));
        let mut command = Command::new(program);
        command.args(["client", &cdn.url()]).args(server.as_ref().map(Server::url));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let members: Result<Vec<_>, _> = (0..self.processes).map(|_| command.spawn().map(Member)).collect();
        let members = members?;
        let cache = if self.shares { "with a Redis" } else { "without a cache" };
        eprintln!("{} processes {cache}, answers take {:?}: started", self.processes, self.latency);
        thread::sleep(WARM_UP);
        let mut outcome = Outcome {
            trial: self,
            requests: Vec::new(),
            oldest: Duration::ZERO,
            errors: 0,
            late: Duration::ZERO,
            mean_late: Duration::ZERO,
        };
        let (start, mut before) = (Instant::now(), cdn.count());
        for second in 1..=self.seconds {
            let end = INTERVAL * second;
            thread::sleep(end.saturating_sub(start.elapsed()));
            let (late, count) = (start.elapsed().saturating_sub(end), cdn.count());
            let requests = count - std::mem::replace(&mut before, count);
            eprintln!("  second {second} of {}: {requests} requests, {late:.1?} late", self.seconds);
            outcome.requests.push(requests);
            outcome.late = outcome.late.max(late);
        }
        for member in members {
            let report = member.end()?;
            outcome.oldest = outcome.oldest.max(report.oldest);
            outcome.errors += report.errors;
            outcome.late = outcome.late.max(report.late);
            outcome.mean_late += report.mean_late / self.processes;
        }
        Ok(outcome)
    }
}

impl Outcome {
    /// Returns the mean number of requests in an interval.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let requests: u32 = self.requests.iter().map(|count| u32::try_from(*count).unwrap_or(u32::MAX)).sum();
        f64::from(requests) / f64::from(self.trial.seconds)
    }

    /// Returns whether the promises were kept: of processes that share a cache, one or two fetch in
    /// an interval; no config is older than the interval with its jitter and the time of a poll;
    /// nothing fails.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        // Each with its explanation by late threads.
        let mut broken = Vec::new();
        if self.trial.shares && self.mean() > 2.0 {
            broken.push(("more than 2 requests in an interval", self.mean_late >= BUSY));
        }
        let too_old = self.oldest.saturating_sub(2 * INTERVAL + self.trial.latency);
        if !too_old.is_zero() {
            broken.push(("a config is too old", self.late >= too_old / STEPS));
        }
        if self.errors > 0 {
            broken.push(("errors", self.late >= RESPONSE_TIMEOUT));
        }
        let is_explained = broken.iter().all(|(_, is_explained)| *is_explained);
        let broken: Vec<String> = broken.into_iter().map(|(what, _)| format!("{self}: {what}")).collect();
        match (broken.is_empty(), is_explained) {
            (true, _) => Verdict::Kept,
            (false, true) => Verdict::Inconclusive(broken),
            (false, false) => Verdict::Broken(broken),
        }
    }
}

/// The head of the table. The `Display` text of an outcome is a line of it.
pub const HEAD: &str = "\
| cache | processes | the CDN takes | requests a second | busiest second | oldest config | errors | timers late, at most | on average |
|---|---:|---:|---:|---:|---:|---:|---:|---:|";

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Trial { processes, shares, latency, .. } = self.trial;
        let cache = if shares { "Redis" } else { "none" };
        let (mean, busiest) = (self.mean(), self.requests.iter().max().unwrap_or(&0));
        let (latency, oldest) = (latency.as_millis(), self.oldest.as_millis());
        let (errors, late, mean_late) = (self.errors, self.late.as_millis(), self.mean_late);
        write!(
            f,
            "| {cache} | {processes} | {latency} ms | {mean:.1} | {busiest} | {oldest} ms | {errors} "
        )?;
        write!(f, "| {late} ms | {:.1} ms |", mean_late.as_secs_f64() * 1000.0)
    }
}

/// A process of the fleet. Dropping it kills the process.
struct Member(Child);

/// The last words of a process.
struct Report {
    /// The age of its oldest config.
    oldest: Duration,
    /// The calls of its error hook.
    errors: u64,
    /// The longest time by which its timer was late.
    late: Duration,
    /// The mean of these times.
    mean_late: Duration,
}

impl Member {
    /// Ends the process.
    fn end(mut self) -> Result<Report, Box<dyn Error>> {
        drop(self.0.stdin.take());
        let report = io::read_to_string(self.0.stdout.take().ok_or("no output")?)?;
        let words: Vec<&str> = report.split_whitespace().collect();
        let [oldest, errors, late, mean_late] = words[..] else {
            return Err("a process has said nothing".into());
        };
        Ok(Report {
            oldest: Duration::from_millis(oldest.parse()?),
            errors: errors.parse()?,
            late: Duration::from_millis(late.parse()?),
            mean_late: Duration::from_micros(mean_late.parse()?),
        })
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a process of the fleet: polls until its input ends, then prints its report.
///
/// # Errors
///
/// The client cannot be built.
pub fn client(cdn: &str, redis: Option<&str>) -> Result<(), Box<dyn Error>> {
    let errors = Arc::new(AtomicU64::new(0));
    let mut builder = Client::builder(SDK_KEY)
        .base_url(cdn)
        .proxy(Proxy::None)
        .polling_mode(PollingMode::auto().interval(INTERVAL))
        .on_error({
            let errors = Arc::clone(&errors);
            move |error| {
                errors.fetch_add(1, Ordering::Relaxed);
                eprintln!("{error:?}");
            }
        });
    if let Some(url) = redis {
        builder = builder.cache(RedisCache::new(url)?);
    }
    let client = builder.build()?;
    client.wait_for_ready(5 * INTERVAL);

    let (end, ended) = mpsc::channel::<()>();
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        drop(end);
    });
    let (mut oldest, mut late) = (Duration::ZERO, Duration::ZERO);
    let (mut all_late, mut looks) = (Duration::ZERO, 0);
    let mut last = Instant::now();
    while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        let late_now = last.elapsed().saturating_sub(LOOK);
        late = late.max(late_now);
        all_late += late_now;
        looks += 1;
        let fetched = client.snapshot().fetch_time().ok_or("no config")?;
        oldest = oldest.max(SystemTime::now().duration_since(fetched).unwrap_or_default());
        last = Instant::now();
    }
    let (oldest, errors, late) = (oldest.as_millis(), errors.load(Ordering::Relaxed), late.as_millis());
    println!("{oldest} {errors} {late} {}", all_late.as_micros() / looks.max(1));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// An outcome of processes that share. The timers were late by this, and on average by a tenth
    /// of it.
    fn outcome(requests: usize, oldest: Duration, errors: u64, late: Duration) -> Outcome {
        let trial = Trial { processes: 20, seconds: 2, shares: true, latency: 20 * MS };
        Outcome { trial, requests: vec![requests; 2], oldest, errors, late, mean_late: late / 10 }
    }

    #[test]
    fn a_late_timer_explains_a_broken_promise_up_to_its_size() {
        let old = 2020 * MS;
        for (outcome, broken, is_explained) in [
            (outcome(2, old, 0, Duration::ZERO), [].as_slice(), true),
            (outcome(2, old, 0, 5000 * MS), &[], true),
            (outcome(3, old, 0, 9 * MS), &["more than 2 requests in an interval"], false),
            (outcome(3, old, 0, 10 * MS), &["more than 2 requests in an interval"], true),
            (outcome(2, old + 400 * MS, 0, 99 * MS), &["a config is too old"], false),
            (outcome(2, old + 400 * MS, 0, 100 * MS), &["a config is too old"], true),
            (outcome(2, old, 1, 999 * MS), &["errors"], false),
            (outcome(2, old, 1, 1000 * MS), &["errors"], true),
            (outcome(3, old, 1, 50 * MS), &["more than 2 requests in an interval", "errors"], false),
        ] {
            let broken: Vec<String> = broken.iter().map(|what| format!("{outcome}: {what}")).collect();
            let expected = match (broken.is_empty(), is_explained) {
                (true, _) => Verdict::Kept,
                (false, true) => Verdict::Inconclusive(broken),
                (false, false) => Verdict::Broken(broken),
            };
            assert_eq!(outcome.verdict(), expected);
        }
        let mut alone = outcome(20, old, 0, Duration::ZERO);
        alone.trial.shares = false;
        assert_eq!(alone.verdict(), Verdict::Kept, "without a cache each process fetches");
    }
}
