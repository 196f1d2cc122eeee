//! Connections for the next use, of one process: a forked child does not take them over.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
};

use forkguard::Guard;

/// Connections that nobody uses now: as many as there were calls at once, and all of this process.
///
/// A forked child has those of its parent too, but it must not use them: on a connection for two,
/// each could get the other's answers. So it closes its copies, of which neither the parent nor the
/// server notices anything.
///
/// Nothing here waits for a lock. In a child it may be that of a thread which the child does not
/// have, and is held for ever then. Where it is held, there is just nothing kept.
pub(super) struct ConnectionPool<T>(Mutex<Inner<T>>);

struct Inner<T> {
    /// `None` if the system would not tell of forks; then nothing is kept.
    guard: Option<Guard>,
    idle: Vec<T>,
}

impl<T> ConnectionPool<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Inner { guard: Guard::try_new().ok(), idle: Vec::new() }))
    }

    pub(super) fn take(&self) -> Option<T> {
        self.lock_if_free()?.idle.pop()
    }

    /// Keeps it for the next one who takes, or drops it.
    pub(super) fn put_back(&self, one: T) {
        if let Some(mut inner) = self.lock_if_free() {
            inner.idle.push(one);
        }
    }

    pub(super) fn clear(&self) {
        if let Some(mut inner) = self.lock_if_free() {
            inner.idle.clear();
        }
    }

    /// That of this process, if it can be had at once.
    fn lock_if_free(&self) -> Option<MutexGuard<'_, Inner<T>>> {
        let mut inner = match self.0.try_lock() {
            Ok(inner) => inner,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        if inner.guard.as_mut()?.detected_fork() {
            inner.idle.clear();
        }
        Some(inner)
    }
}

impl<T> Drop for ConnectionPool<T> {
    fn drop(&mut self) {
        if matches!(self.0.try_lock(), Err(TryLockError::WouldBlock)) {
            // A thread that this process does not have left it half changed.
            mem::forget(mem::take(&mut self.0.get_mut().unwrap_or_else(PoisonError::into_inner).idle));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{mem, sync::Arc};

    use super::ConnectionPool;

    #[test]
    fn a_connection_is_taken_once() {
        let pool = ConnectionPool::new();
        assert_eq!(pool.take(), None);
        pool.put_back(1);
        pool.put_back(2);
        assert_eq!([pool.take(), pool.take(), pool.take()], [Some(2), Some(1), None]);
        pool.put_back(3);
        pool.clear();
        assert_eq!(pool.take(), None);
    }

    #[test]
    fn a_held_lock_is_never_waited_for() {
        let (pool, one) = (ConnectionPool::new(), Arc::new(()));
        pool.put_back(one.clone());
        mem::forget(pool.0.lock().unwrap());
        pool.clear();
        assert_eq!(pool.take(), None);
        pool.put_back(one.clone());
        assert_eq!(Arc::strong_count(&one), 2, "a refused connection is dropped");
        drop(pool);
        assert_eq!(Arc::strong_count(&one), 2, "what may be half changed is left alone");
    }

    #[test]
    fn idle_connections_are_dropped_with_the_pool() {
        let (pool, one) = (ConnectionPool::new(), Arc::new(()));
        pool.put_back(one.clone());
        drop(pool);
        assert_eq!(Arc::strong_count(&one), 1);
    }
}
