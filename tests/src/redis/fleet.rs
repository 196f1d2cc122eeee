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
}

impl Trial {
    /// Runs the trial. Each process runs `program` with the first argument `client`, on which it
    /// must call [`client`].
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
        thread::sleep(WARM_UP);
        let (start, mut before) = (Instant::now(), cdn.count());
        let requests = (1..=self.seconds).map(|second| {
            thread::sleep((INTERVAL * second).saturating_sub(start.elapsed()));
            let count = cdn.count();
            count - std::mem::replace(&mut before, count)
        });
        let mut outcome =
            Outcome { trial: self, requests: requests.collect(), oldest: Duration::ZERO, errors: 0 };
        for member in members {
            let (oldest, errors) = member.end()?;
            outcome.oldest = outcome.oldest.max(oldest);
            outcome.errors += errors;
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

    /// Returns the promises that were broken: of processes that share a cache, one or two fetch in
    /// an interval; no config is older than the interval with its jitter and the time of a poll;
    /// nothing fails.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let mut violations = Vec::new();
        if self.trial.shares && self.mean() > 2.0 {
            violations.push(format!("{self}: more than 2 requests in an interval"));
        }
        if self.oldest > 2 * INTERVAL + self.trial.latency {
            violations.push(format!("{self}: a config is too old"));
        }
        if self.errors > 0 {
            violations.push(format!("{self}: errors"));
        }
        violations
    }
}

/// The head of the table. The `Display` text of an outcome is a line of it.
pub const HEAD: &str = "\
| cache | processes | the CDN takes | requests a second | busiest second | oldest config | errors |
|---|---:|---:|---:|---:|---:|---:|";

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Trial { processes, shares, latency, .. } = self.trial;
        let cache = if shares { "Redis" } else { "none" };
        let (mean, busiest) = (self.mean(), self.requests.iter().max().unwrap_or(&0));
        let (latency, oldest) = (latency.as_millis(), self.oldest.as_millis());
        let errors = self.errors;
        write!(f, "| {cache} | {processes} | {latency} ms | {mean:.1} | {busiest} | {oldest} ms | {errors} |")
    }
}

/// A process of the fleet. Dropping it kills the process.
struct Member(Child);

impl Member {
    /// Ends the process. Returns the age of its oldest config, and the number of its errors.
    fn end(mut self) -> Result<(Duration, u64), Box<dyn Error>> {
        drop(self.0.stdin.take());
        let report = io::read_to_string(self.0.stdout.take().ok_or("no output")?)?;
        let (oldest, errors) = report.trim_end().split_once(' ').ok_or("a process has said nothing")?;
        Ok((Duration::from_millis(oldest.parse()?), errors.parse()?))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a process of the fleet: polls until its input ends, then prints the age of its oldest
/// config and the calls of its error hook.
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
    let mut oldest = Duration::ZERO;
    while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        let fetched = client.snapshot().fetch_time().ok_or("no config")?;
        oldest = oldest.max(SystemTime::now().duration_since(fetched).unwrap_or_default());
    }
    println!("{} {}", oldest.as_millis(), errors.load(Ordering::Relaxed));
    Ok(())
}
