//! Pool of idle connections of one process: a forked child does not use them.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
};

use forkguard::Guard;

/// Idle connections: at most as many as there were concurrent calls, all of this process.
///
/// A forked child inherits the connections of its parent. The child must not use them: on a shared
/// connection, each process could read the replies to the other. So the child closes its copies,
/// which neither the parent nor the server notices.
///
/// No method waits for the lock. In a child, the lock may belong to a thread that exists only in
/// the parent, and is held for ever then. While the lock is held, the pool acts as if it were
/// empty.
pub(super) struct ConnectionPool<T>(Mutex<Inner<T>>);

struct Inner<T> {
    /// `None` if the system cannot detect forks; the pool stays empty then.
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

    /// Puts a connection into the pool, or drops it if the pool is locked.
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

    /// Locks the pool if its lock is free. In a forked child, closes the inherited connections
    /// first.
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
            // A thread that exists only in the parent was changing the list. To drop a list that is
            // half changed could free memory twice.
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
