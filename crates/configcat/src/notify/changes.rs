//! Changes of the config, delivered to the hooks in the order of publication.
//!
//! A refresh and a reload of overrides publish on threads of their own. If each thread called the
//! hooks for its own change, the older config could be delivered last, and a subscriber would keep
//! it.

use std::collections::VecDeque;

use configcat_eval::Config;

use crate::sync::primitives::{Arc, Mutex, lock};

/// The number of configs that wait for delivery.
// A subscriber that does not return would otherwise keep each config that other threads fetch. Far
// more than a subscriber that is only slow leaves behind.
const MAX_PENDING: usize = 16;

/// Configs that were published and are not delivered yet, the oldest first.
#[derive(Default)]
pub(crate) struct Changes(Mutex<Pending>);

#[derive(Default)]
struct Pending {
    configs: VecDeque<Arc<Config>>,
    /// `true` while a thread delivers. That thread also delivers the configs that are added in the
    /// meantime.
    is_delivering: bool,
}

/// Delivery by the current thread. If it ends in a panic, the next thread can deliver.
struct Delivery<'a>(&'a Changes);

impl Changes {
    /// Adds a config. If too many wait, returns the oldest one, which is never delivered. The
    /// caller holds the lock of the store, so the order is that of publication, and drops the
    /// result after that lock.
    pub(crate) fn add(&self, config: Arc<Config>) -> Option<Arc<Config>> {
        // Always the second lock: no code takes the lock of the store while it holds this one.
        let mut pending = lock(&self.0);
        let is_full = pending.configs.len() == MAX_PENDING;
        let oldest = if is_full { pending.configs.pop_front() } else { None };
        pending.configs.push_back(config);
        oldest
    }

    /// Delivers the added configs, unless another thread is delivering; then that thread does it.
    ///
    /// No lock is held during `deliver`: a callback that hangs delays later deliveries, and neither
    /// publications nor the threads that publish.
    pub(crate) fn deliver(&self, deliver: impl Fn(&Arc<Config>)) {
        let mut pending = lock(&self.0);
        if pending.is_delivering {
            return;
        }
        pending.is_delivering = true;
        drop(pending);
        let delivery = Delivery(self);
        while let Some(config) = delivery.next() {
            deliver(&config);
        }
    }
}

impl Delivery<'_> {
    /// Returns the next config. After the last one the delivery is over, under the same lock: a
    /// config that is added later is delivered by the thread that adds it.
    fn next(&self) -> Option<Arc<Config>> {
        let mut pending = lock(&self.0.0);
        let next = pending.configs.pop_front();
        pending.is_delivering = next.is_some();
        next
    }
}

impl Drop for Delivery<'_> {
    fn drop(&mut self) {
        // A normal end has cleared the flag in `next`; clearing it here could end the delivery of
        // another thread.
        if std::thread::panicking() {
            lock(&self.0.0).is_delivering = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, sync::Arc, thread};

    use configcat_eval::Config;

    use super::{Changes, MAX_PENDING};

    fn config(key: &str) -> Arc<Config> {
        Arc::new(Config::from_values([(key.to_owned(), true.into())]))
    }

    fn key(config: &Config) -> String {
        config.keys().collect()
    }

    #[test]
    fn changes_of_callbacks_and_threads_are_delivered_in_order() {
        let (changes, delivered) = (Changes::default(), RefCell::new(Vec::new()));
        assert!(changes.add(config("1")).is_none());
        assert!(changes.add(config("2")).is_none());
        changes.deliver(|published| {
            if key(published) == "1" {
                assert!(changes.add(config("3")).is_none());
                changes.deliver(|_| unreachable!("this thread is delivering already"));
                thread::scope(|scope| {
                    scope.spawn(|| {
                        assert!(changes.add(config("4")).is_none());
                        changes.deliver(|_| unreachable!("another thread is delivering already"));
                    });
                });
            }
            delivered.borrow_mut().push(key(published));
        });
        assert_eq!(*delivered.borrow(), ["1", "2", "3", "4"]);
        assert!(changes.add(config("5")).is_none());
        changes.deliver(|config| delivered.borrow_mut().push(key(config)));
        assert_eq!(delivered.borrow().last().map(String::as_str), Some("5"));
    }

    #[test]
    fn a_subscriber_that_hangs_keeps_a_limited_number_of_configs() {
        let changes = Changes::default();
        let undelivered = (0..100).filter_map(|number| changes.add(config(&number.to_string())));
        assert_eq!(undelivered.count(), 100 - MAX_PENDING);
        let delivered = RefCell::new(Vec::new());
        changes.deliver(|config| delivered.borrow_mut().push(key(config)));
        let latest: Vec<_> = (100 - MAX_PENDING..100).map(|number| number.to_string()).collect();
        assert_eq!(*delivered.borrow(), latest);
    }

    #[test]
    fn a_panic_ends_the_delivery() {
        let changes = Changes::default();
        assert!(changes.add(config("1")).is_none());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            changes.deliver(|_| panic!("mine"));
        }));
        assert!(panicked.is_err());
        assert!(changes.add(config("2")).is_none());
        let delivered = RefCell::new(Vec::new());
        changes.deliver(|config| delivered.borrow_mut().push(key(config)));
        assert_eq!(*delivered.borrow(), ["2"]);
    }
}
