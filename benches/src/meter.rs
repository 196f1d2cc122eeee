//! The two ways to measure a call: its time, by criterion, and its instructions, by valgrind.

use std::hint::black_box;
#[cfg(feature = "criterion")]
use std::time::Duration;

#[cfg(feature = "criterion")]
use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};

/// Measures calls on one workload.
pub trait Meter {
    /// Measures a call, and keeps the result under this name.
    fn measure<T>(&mut self, name: &str, call: impl FnMut() -> T);
}

/// A group of measurements of time on one workload.
#[cfg(feature = "criterion")]
pub type Group<'a> = BenchmarkGroup<'a, WallTime>;

#[cfg(feature = "criterion")]
impl Meter for Group<'_> {
    fn measure<T>(&mut self, name: &str, mut call: impl FnMut() -> T) {
        self.bench_function(name, |bencher| bencher.iter(&mut call));
    }
}

/// Returns criterion with short times: compared measurements should run close together, since the
/// speed of a machine drifts. `xtask` takes the least of several passes.
#[cfg(feature = "criterion")]
#[must_use]
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(80))
        .measurement_time(Duration::from_millis(200))
        .sample_size(20)
        .nresamples(2000)
        .configure_from_args()
}

/// Runs calls for callgrind, which counts the instructions inside [`counted`]. Prints a line for
/// each: its name and the number of calls.
#[derive(Debug)]
pub struct Counter {
    /// The first part of the names.
    pub workload: String,
    /// The number of calls to count. More of them even out what differs from call to call, such as
    /// the state of the allocator.
    pub calls: u32,
}

impl Meter for Counter {
    fn measure<T>(&mut self, name: &str, mut call: impl FnMut() -> T) {
        let mut repeat = |calls| (0..calls).for_each(|_| drop(black_box(call())));
        // The first calls fill caches, so they are not counted.
        repeat(3);
        counted(&mut || repeat(self.calls));
        println!("{}/{name} {}", self.workload, self.calls);
    }
}

/// The function that callgrind looks for by its name: it counts from the start to the end of this
/// function, and then writes the count to a file.
#[inline(never)]
fn counted(run: &mut dyn FnMut()) {
    run();
}
