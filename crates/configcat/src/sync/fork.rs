//! What a forked child makes anew, because threads that it does not have may have left it locked or half done.

use std::mem;

use forkguard::Guard;

use crate::sync::primitives::{Arc, OnceLock};

/// A value that each process has for itself.
///
/// A fork copies all memory, but only the thread that calls it. What the others held locked stays locked in the child
/// for ever, and what they were to end never ends. So the child makes a value of its own at its first use, and does not
/// touch that of the parent again, not even to drop it.
pub(crate) struct PerProcess<T> {
    /// Knows whether the process was forked since this was made; `None` if the system would not tell.
    guard: Option<Guard>,
    value: Arc<T>,
    /// What a forked child has in place of this.
    next: OnceLock<Box<PerProcess<T>>>,
}

impl<T> PerProcess<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { guard: Guard::try_new().ok(), value: Arc::new(value), next: OnceLock::new() }
    }

    /// Whether it was made before a fork, in another process. It takes less than a nanosecond.
    #[inline]
    pub(crate) fn is_of_parent(&self) -> bool {
        self.guard.clone().is_some_and(|mut guard| guard.detected_fork())
    }

    /// That of this process. In a forked child `renew` makes it, at the first use, of that of the parent, of which
    /// nothing that may be locked is to be waited for.
    #[inline]
    pub(crate) fn get(&self, renew: impl Fn(&T) -> T) -> &T {
        if self.is_of_parent() { self.get_in_child(renew) } else { &self.value }
    }

    #[cold]
    fn get_in_child(&self, renew: impl Fn(&T) -> T) -> &T {
        let mut own = self;
        while own.is_of_parent() {
            // Of several threads that make one, the first to be done wins. Nothing waits here for longer than a copy.
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

    /// That of this process, unless it is a forked child that has not used it yet.
    pub(crate) fn existing(&self) -> Option<&T> {
        let mut own = self;
        while own.is_of_parent() {
            own = own.next.get()?;
        }
        Some(&own.value)
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        if self.is_of_parent() {
            // Dropping may lock, such as a channel that a thread of the parent was waiting on.
            mem::forget(self.value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PerProcess;

    #[test]
    fn without_a_fork_there_is_one() {
        let value = PerProcess::new(7);
        assert!(!value.is_of_parent());
        assert_eq!((value.get(|_| 8), value.existing()), (&7, Some(&7)));
    }
}
