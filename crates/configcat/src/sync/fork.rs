//! Fork-aware cell, the only one of the crate.
//!
//! A fork copies all memory, and of the threads only the one that calls it. A mutex that another
//! thread held stays locked in the child, and an event that another thread was to complete never
//! completes. So everything that belongs to one process
//! ([`ClientInner`](crate::client::inner::ClientInner)) is in one [`ForkSafe`] cell, and a child
//! makes a value of its own at its first use. Everything outside of that cell must be readable in a
//! child, whatever the threads of the parent were doing: atomics and `ArcSwap`, no mutex and no
//! channel.

use std::mem;

use forkguard::Guard;

use super::primitives::{Arc, OnceLock};

/// Value of which each process has its own.
pub(crate) struct ForkSafe<T> {
    /// Detects a fork since this cell was made; `None` if the system cannot detect forks.
    guard: Option<Guard>,
    value: Arc<T>,
    /// Cell of a forked child.
    next: OnceLock<Box<ForkSafe<T>>>,
}

impl<T> ForkSafe<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { guard: Guard::try_new().ok(), value: Arc::new(value), next: OnceLock::new() }
    }

    /// Returns the value, unless the process was forked after the value was made.
    #[inline]
    pub(crate) fn unforked(&self) -> Option<&T> {
        // Each evaluation comes here. It takes less than a nanosecond: it compares two numbers in
        // memory.
        let is_forked = self.guard.clone().is_some_and(|mut guard| guard.detected_fork());
        if is_forked { None } else { Some(&self.value) }
    }

    /// Returns whether the value was made in another process, before a fork.
    fn is_inherited(&self) -> bool {
        self.unforked().is_none()
    }

    /// Returns the value of this process. In a forked child the first use calls `renew`, which
    /// makes the value from the parent's; `renew` must not wait for anything that a thread of the
    /// parent may hold.
    #[inline]
    pub(crate) fn get(&self, renew: impl Fn(&T) -> T) -> &T {
        match self.unforked() {
            Some(value) => value,
            None => self.get_in_child(renew),
        }
    }

    /// Returns the value of a forked child, which is one cell behind its parent's.
    // `#[cold]`: an evaluation in a process that was not forked never comes here.
    #[cold]
    fn get_in_child(&self, renew: impl Fn(&T) -> T) -> &T {
        let mut own = self;
        while own.is_inherited() {
            // If several threads make a value, the first to finish wins. The others wait for the
            // copy of one pointer at most.
            own = match own.next.get() {
                Some(next) => next,
                None => {
                    let made = Box::new(Self::new(renew(&own.value)));
                    own.next.get_or_init(|| made)
                }
            };
        }
        &own.value
    }

    /// Returns the value of this process; `None` in a forked child that has not used it yet.
    pub(crate) fn existing(&self) -> Option<&T> {
        let mut own = self;
        while own.is_inherited() {
            own = own.next.get()?;
        }
        Some(&own.value)
    }
}

impl<T> Drop for ForkSafe<T> {
    fn drop(&mut self) {
        if self.is_inherited() {
            // Dropping a channel locks it, and a thread of the parent may have held that lock at
            // the fork. So the value of the parent is leaked in the child, once for each client.
            mem::forget(self.value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ForkSafe;

    #[test]
    fn without_a_fork_there_is_one_value() {
        let value = ForkSafe::new(7);
        assert!(!value.is_inherited());
        assert_eq!((value.get(|_| 8), value.existing()), (&7, Some(&7)));
    }
}
