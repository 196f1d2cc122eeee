//! Contention: the throughput of two threads relative to one, also while the config is swapped.

use std::{
    hint::black_box,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use configcat::{
    Client, Config, OverrideBehavior, OverrideSource, User,
    cache::BoxError,
    time::{Clock, Timer},
};

use crate::{Floor, KEY, Workload, client, median, workloads};

/// Rounds that measure one thread and two threads in turns.
#[derive(Debug, Clone, Copy)]
pub struct Rounds {
    count: usize,
    length: Duration,
    /// The figure that is taken from the times of all rounds.
    figure: fn(&mut [f64]) -> f64,
}

/// Rounds for readers alone: many short ones, of which the least time counts. Other work on the
/// machine only adds time, and can keep two threads on one core.
pub const ALONE: Rounds = Rounds { count: 200, length: Duration::from_millis(5), figure: least };
/// Rounds with rare swaps of the config, long enough to contain some.
const SOME_SWAPS: Rounds = Rounds { count: 50, length: Duration::from_millis(25), figure: least };
/// Rounds with constant swaps, by a thread that keeps a core busy. The median, since the least time
/// would be one without that thread.
const MANY_SWAPS: Rounds = Rounds { count: 200, length: Duration::from_millis(5), figure: median };

/// An evaluation that all threads run at the same time.
pub type Evaluate<'a> = &'a (dyn Fn() -> bool + Sync);

/// Measures the limit of the machine, then the floor and the client on the workloads without and
/// with a user: with one client for each of two threads, which share nothing, and with one client
/// for both.
///
/// # Errors
///
/// An evaluator cannot be built.
pub fn run() -> Result<(), BoxError> {
    print("arithmetic", ALONE, &arithmetic::<1>);
    print("arithmetic, many at once", ALONE, &arithmetic::<8>);
    for workload in workloads().iter().filter(|workload| ["W1", "W2"].contains(&workload.id.as_str())) {
        let (id, json, user) = (&workload.id, workload.json(), workload.user());
        let attributes = workload.attributes.clone().unwrap_or_default();
        if let Some(floor) = Floor::new(&workload.settings) {
            let get = || floor.get(black_box(KEY), false, black_box(&attributes));
            print(&format!("{id}/floor/quiet"), ALONE, &get);
        }
        let (one, other, another_user) = (client(&json)?, client(&json)?, workload.user());
        let pair: [Evaluate<'_>; 2] = [&|| get(&one, user.as_ref()), &|| get(&other, another_user.as_ref())];
        print_pair(&format!("{id}/a client for each"), ALONE, pair);
        let quiet = client(&json)?;
        print(&format!("{id}/client/quiet"), ALONE, &|| get(&quiet, user.as_ref()));
        let swapped = [
            ("100-a-second", SOME_SWAPS, Duration::from_millis(10)),
            ("on-and-on", MANY_SWAPS, Duration::ZERO),
        ];
        for (name, rounds, pause) in swapped {
            let (client, swaps) = swapping(workload, pause)?;
            let start = Instant::now();
            print(&format!("{id}/client/{name}"), rounds, &|| get(&client, user.as_ref()));
            let rate = swaps.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
            println!("threads/{id}/client/{name}/swaps {rate:.0}");
        }
    }
    Ok(())
}

/// Work that shares nothing and touches no memory: its gain by a second core is the limit of the
/// machine. One chain of operations leaves most units of a core idle, many chains keep them busy.
/// If a second thread gains only with one chain, the two are hardware threads of one core.
fn arithmetic<const CHAINS: usize>() -> bool {
    let step = |x: u64| x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    (0..16).fold(black_box([1; CHAINS]), |chains, _| chains.map(step)) == [0; CHAINS]
}

fn get(client: &Client, user: Option<&User>) -> bool {
    client.get_value(black_box(KEY), false, black_box(user))
}

/// Prints the time of an evaluation on one thread and on each of two, and the gain in throughput.
pub fn print(name: &str, rounds: Rounds, evaluate: Evaluate<'_>) {
    print_pair(name, rounds, [evaluate; 2]);
}

/// Prints the same for a second thread with an evaluation of its own.
fn print_pair(name: &str, rounds: Rounds, pair: [Evaluate<'_>; 2]) {
    let [alone, _] = pair;
    let mut count = 1000;
    while on(&[alone], count) < rounds.length {
        count *= 2;
    }
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..rounds.count {
        for (threads, times) in [&[alone] as &[_], &pair].iter().zip(&mut times) {
            times.push(on(threads, count).as_secs_f64() * 1e9 / count as f64);
        }
    }
    let [one, two] = times.each_mut().map(|times| (rounds.figure)(times));
    println!("threads/{name}/1 {one:.2}");
    println!("threads/{name}/2 {two:.2}");
    println!("threads/{name}/ratio {:.3}", 2.0 * one / two);
}

fn least(times: &mut [f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Runs a thread for each evaluation, `count` times each. Returns the time until all have ended.
fn on(threads: &[Evaluate<'_>], count: usize) -> Duration {
    let barrier = Barrier::new(threads.len());
    let work = &|evaluate: Evaluate<'_>| {
        barrier.wait();
        let start = Instant::now();
        for _ in 0..count {
            black_box(evaluate());
        }
        (start, Instant::now())
    };
    let spans = thread::scope(|scope| {
        let handles: Vec<_> = threads.iter().map(|evaluate| scope.spawn(move || work(*evaluate))).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect::<Vec<_>>()
    });
    let start = spans.iter().map(|(start, _)| *start).min();
    let end = spans.iter().map(|(_, end)| *end).max();
    start.zip(end).map_or(Duration::ZERO, |(start, end)| end - start)
}

/// Returns a client whose override thread swaps the config after each pause, and the counter of
/// swaps.
fn swapping(workload: &Workload, pause: Duration) -> Result<(Client, Arc<AtomicUsize>), BoxError> {
    let json = workload.json();
    let configs = [Arc::new(Config::parse(&json)?), Arc::new(Config::parse(&json)?)];
    let swaps = Arc::new(AtomicUsize::new(0));
    let client = Client::builder("local")
        .overrides(OverrideBehavior::LocalOnly, Turns { configs, swaps: swaps.clone() })
        .clock(Arc::new(Hurry { start: Instant::now(), pause }))
        .build()?;
    Ok((client, swaps))
}

/// A source of two configs in turns, so that each load is a change.
struct Turns {
    configs: [Arc<Config>; 2],
    swaps: Arc<AtomicUsize>,
}

impl OverrideSource for Turns {
    fn load(&self) -> Result<Option<Arc<Config>>, BoxError> {
        let turn = self.swaps.fetch_add(1, Ordering::Relaxed);
        Ok(self.configs.get(turn % 2).cloned())
    }

    fn reloads(&self) -> bool {
        true
    }
}

/// A clock whose timers take no longer than the pause. Its only caller, the override thread, sleeps
/// here.
struct Hurry {
    start: Instant,
    pause: Duration,
}

impl Clock for Hurry {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix_time(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn timer(&self, _: Duration) -> Timer {
        thread::sleep(self.pause);
        let (alarm, timer) = Timer::with_alarm();
        alarm.ring();
        timer
    }
}
