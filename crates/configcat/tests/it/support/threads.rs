//! Threads of the SDK that still run.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::Duration,
};

thread_local! {
    /// Marker that is dropped when the thread ends.
    static WITNESSES: RefCell<Vec<Witness>> = const { RefCell::new(Vec::new()) };
}

struct Witness {
    thread: ThreadId,
    watch: Arc<Watched>,
}

#[derive(Default)]
struct Watched {
    /// Names of the running threads.
    alive: Mutex<HashMap<ThreadId, String>>,
    changed: Condvar,
}

/// Set of threads, of which it knows the running ones.
pub struct ThreadWatch(Arc<Watched>);

impl ThreadWatch {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Arc::default()))
    }

    pub fn include_this_thread(&self) {
        let current = thread::current();
        let name = current.name().unwrap_or_default().to_owned();
        if self.0.lock().insert(current.id(), name).is_none() {
            let witness = Witness { thread: current.id(), watch: self.0.clone() };
            WITNESSES.with_borrow_mut(|witnesses| witnesses.push(witness));
        }
    }

    /// Returns the number of running threads of the SDK.
    pub fn workers(&self) -> usize {
        workers(&self.0.lock())
    }

    /// Waits until all threads of the SDK have ended.
    #[track_caller]
    pub fn await_no_worker(&self, limit: Duration) {
        let wait = self.0.changed.wait_timeout_while(self.0.lock(), limit, |alive| workers(alive) > 0);
        let timed_out = wait.unwrap_or_else(PoisonError::into_inner).1.timed_out();
        assert!(!timed_out, "a thread lives on");
    }
}

fn workers(alive: &HashMap<ThreadId, String>) -> usize {
    alive.values().filter(|name| *name == "configcat").count()
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, HashMap<ThreadId, String>> {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.watch.lock().remove(&self.thread);
        self.watch.changed.notify_all();
    }
}
