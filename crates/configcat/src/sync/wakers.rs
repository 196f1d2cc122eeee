//! Wakers of the futures that wait for an event, beside the threads that wait for it.

use std::{collections::BTreeMap, task::Waker};

use super::{
    panics,
    primitives::{Mutex, lock},
};

/// Wakers of the pending futures by the ids of these, so there are never more than futures. A waker
/// is code of the user: it is cloned, called and dropped without the lock.
#[derive(Default)]
pub(crate) struct Wakers(Mutex<BTreeMap<u64, Waker>>);

impl Wakers {
    /// Sets the waker of a future, in place of the one before.
    pub(crate) fn register(&self, future: u64, waker: &Waker) {
        let is_known = lock(&self.0).get(&future).is_some_and(|known| known.will_wake(waker));
        if !is_known {
            let waker = waker.clone();
            let old = lock(&self.0).insert(future, waker);
            drop_waker(old);
        }
    }

    /// Removes the waker of a future, if it has one.
    pub(crate) fn remove(&self, future: u64) {
        let old = lock(&self.0).remove(&future);
        drop_waker(old);
    }

    /// Wakes all futures, in the order in which they were first polled. Their next poll registers
    /// them anew.
    pub(crate) fn wake_all(&self) {
        let wakers = std::mem::take(&mut *lock(&self.0));
        for waker in wakers.into_values() {
            // A panic would keep the event from the other futures.
            let _ = panics::catch(|| waker.wake());
        }
    }
}

fn drop_waker(waker: Option<Waker>) {
    let _ = panics::catch(|| drop(waker));
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc, Weak,
            atomic::{AtomicUsize, Ordering},
        },
        task::{Wake, Waker},
    };

    use super::Wakers;
    use crate::sync::primitives::lock;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn counter() -> (Arc<Counter>, Waker) {
        let counter = Arc::new(Counter::default());
        (counter.clone(), counter.into())
    }

    #[test]
    fn a_future_has_one_waker_the_last_one() {
        let (wakers, (first, waker_of_first), (second, waker_of_second)) =
            (Wakers::default(), counter(), counter());
        for waker in [&waker_of_first, &waker_of_first, &waker_of_second, &waker_of_second] {
            wakers.register(1, waker);
        }
        wakers.register(2, &waker_of_second);
        wakers.register(3, &waker_of_second);
        wakers.remove(3);
        wakers.remove(4);
        assert_eq!(lock(&wakers.0).len(), 2);
        wakers.wake_all();
        wakers.wake_all();
        let woken = [first, second].map(|counter| counter.0.load(Ordering::Relaxed));
        assert_eq!((woken, lock(&wakers.0).len()), ([0, 2], 0));
    }

    /// Waker that uses the list when it is called, and panics when it is called and dropped.
    struct Hostile(Weak<Wakers>);

    impl Hostile {
        fn use_list(&self) {
            let wakers = self.0.upgrade().unwrap();
            wakers.remove(7);
            wakers.register(8, Waker::noop());
        }
    }

    impl Wake for Hostile {
        fn wake(self: Arc<Self>) {
            self.use_list();
            panic!("a waker that panics");
        }
    }

    impl Drop for Hostile {
        fn drop(&mut self) {
            self.use_list();
            if !std::thread::panicking() {
                panic!("a waker that panics when dropped");
            }
        }
    }

    #[test]
    fn a_waker_may_use_the_list_and_panic() {
        let (wakers, (counter, waker)) = (Arc::new(Wakers::default()), counter());
        let hostile = || Arc::new(Hostile(Arc::downgrade(&wakers))).into();
        wakers.register(1, &hostile());
        wakers.register(2, &waker);
        wakers.wake_all();
        assert_eq!(counter.0.load(Ordering::Relaxed), 1);
        wakers.register(1, &hostile());
        wakers.register(1, &waker);
        wakers.register(1, &hostile());
        wakers.remove(1);
        assert!(lock(&wakers.0).keys().eq(&[8]));
    }
}
