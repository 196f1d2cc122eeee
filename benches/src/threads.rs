//! Contention: what two threads get done compared with one, also while the config is swapped.

use std::{
    hint::black_box,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use configcat::{BoxError, Client, Clock, Config, OverrideBehaviour, OverrideSource, Timer, User};

use crate::{Floor, KEY, Workload, client, workloads};

/// How often one thread and two are measured, in turns.
const ROUNDS: usize = 200;
/// About how long one measurement takes.
const ROUND: Duration = Duration::from_millis(5);

/// Something that all threads evaluate at once.
pub type Evaluate<'a> = &'a (dyn Fn() -> bool + Sync);

/// Measures the floor and the client, on the workloads without and with a user.
///
/// # Errors
///
/// Something cannot be built.
pub fn run() -> Result<(), BoxError> {
    for workload in workloads().iter().filter(|workload| ["W1", "W2"].contains(&workload.id.as_str())) {
        let (id, json, user) = (&workload.id, workload.json(), workload.user());
        let attributes = workload.attributes.clone().unwrap_or_default();
        if let Some(floor) = Floor::new(&workload.settings) {
            print(&format!("{id}/floor/quiet"), &|| floor.get(black_box(KEY), false, black_box(&attributes)));
        }
        let quiet = client(&json)?;
        print(&format!("{id}/client/quiet"), &|| get(&quiet, user.as_ref()));
        for (name, pause) in [("100 a second", Duration::from_millis(10)), ("on and on", Duration::ZERO)] {
            let (client, swaps) = swapping(workload, pause)?;
            let start = Instant::now();
            print(&format!("{id}/client/{}", name.replace(' ', "-")), &|| get(&client, user.as_ref()));
            let rate = swaps.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
            println!("threads/{id}/client/{}/swaps {rate:.0}", name.replace(' ', "-"));
        }
    }
    Ok(())
}

fn get(client: &Client, user: Option<&User>) -> bool {
    client.get_value(black_box(KEY), false, black_box(user))
}

/// Prints the time of an evaluation on one thread and on each of two, and how much more two get done.
///
/// It is the least time of all rounds: other work on the machine only ever adds, and keeps two threads on one core.
pub fn print(name: &str, evaluate: Evaluate<'_>) {
    let mut count = 1000;
    while on(1, count, evaluate) < ROUND {
        count *= 2;
    }
    let mut least = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        for (threads, least) in (1..).zip(&mut least) {
            *least = least.min(on(threads, count, evaluate).as_secs_f64() * 1e9 / count as f64);
        }
    }
    let [one, two] = least;
    println!("threads/{name}/1 {one:.2}");
    println!("threads/{name}/2 {two:.2}");
    println!("threads/{name}/ratio {:.3}", 2.0 * one / two);
}

/// How long it takes until each of so many threads has evaluated that often.
fn on(threads: usize, count: usize, evaluate: Evaluate<'_>) -> Duration {
    let barrier = Barrier::new(threads);
    let work = || {
        barrier.wait();
        let start = Instant::now();
        for _ in 0..count {
            black_box(evaluate());
        }
        (start, Instant::now())
    };
    let spans = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect::<Vec<_>>()
    });
    let start = spans.iter().map(|(start, _)| *start).min();
    let end = spans.iter().map(|(_, end)| *end).max();
    start.zip(end).map_or(Duration::ZERO, |(start, end)| end - start)
}

/// A client whose config is swapped by its thread for overrides that reload, after each pause; and how often it was.
fn swapping(workload: &Workload, pause: Duration) -> Result<(Client, Arc<AtomicUsize>), BoxError> {
    let json = workload.json();
    let configs = [Arc::new(Config::parse(&json)?), Arc::new(Config::parse(&json)?)];
    let swaps = Arc::new(AtomicUsize::new(0));
    let client = Client::builder("local")
        .overrides(OverrideBehaviour::LocalOnly, Turns { configs, swaps: swaps.clone() })
        .clock(Arc::new(Hurry { start: Instant::now(), pause }))
        .build()?;
    Ok((client, swaps))
}

/// Gives two configs in turns, so that each load is a change.
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

/// A clock whose timers take no longer than a pause, which its only caller, the thread for overrides, sits out here.
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
