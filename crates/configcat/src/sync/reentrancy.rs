//! Which threads are doing something that leads into the user's code, and must not wait for themselves there.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

use crate::sync::fork::PerProcess;

/// The threads that are doing something.
pub(crate) struct Threads(PerProcess<Mutex<Vec<ThreadId>>>);

/// That this thread is one of them, until it is dropped.
pub(crate) struct Entered<'a>(&'a Threads);

impl Threads {
    pub(crate) fn new() -> Self {
        Self(PerProcess::new(Mutex::default()))
    }

    pub(crate) fn enter(&self) -> Entered<'_> {
        self.lock().push(thread::current().id());
        Entered(self)
    }

    /// Whether the thread of this call is one of them.
    pub(crate) fn has_this(&self) -> bool {
        self.lock().contains(&thread::current().id())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ThreadId>> {
        // Every change leaves it whole.
        self.0.get(|_| Mutex::default()).lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut threads = self.0.lock();
        if let Some(position) = threads.iter().rposition(|thread| *thread == thread::current().id()) {
            threads.remove(position);
        }
    }
}
