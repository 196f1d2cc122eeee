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

/// A config that was published.
pub(crate) struct Published {
    /// The config delivered before this one; `None` if this one is the first.
    pub(crate) before: Option<Arc<Config>>,
    pub(crate) config: Arc<Config>,
}

/// Configs that were published and are not delivered yet, the oldest first.
#[derive(Default)]
pub(crate) struct Changes(Mutex<Pending>);

#[derive(Default)]
struct Pending {
    configs: VecDeque<Published>,
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
    pub(crate) fn add(&self, published: Published) -> Option<Arc<Config>> {
        // Always the second lock: no code takes the lock of the store while it holds this one.
        let mut pending = lock(&self.0);
        let is_full = pending.configs.len() == MAX_PENDING;
        pending.configs.push_back(published);
        let oldest = if is_full { pending.configs.pop_front() } else { None }?;
        // Without this, subscribers would never get the flags that the left out config has changed.
        if let Some(next) = pending.configs.front_mut() {
            next.before = oldest.before;
        }
        Some(oldest.config)
    }

    /// Delivers the added configs, unless another thread is delivering; then that thread does it.
    ///
    /// No lock is held during `deliver`: a callback that hangs delays later deliveries, and neither
    /// publications nor the threads that publish.
    pub(crate) fn deliver(&self, deliver: impl Fn(&Published)) {
        let mut pending = lock(&self.0);
        if pending.is_delivering {
            return;
        }
        pending.is_delivering = true;
        drop(pending);
        let delivery = Delivery(self);
        while let Some(published) = delivery.next() {
            deliver(&published);
        }
    }
}

impl Delivery<'_> {
    /// Returns the next config. After the last one the delivery is over, under the same lock: a
    /// config that is added later is delivered by the thread that adds it.
    fn next(&self) -> Option<Published> {
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

    use super::{Changes, MAX_PENDING, Published};

    fn config(key: &str) -> Arc<Config> {
        Arc::new(Config::from_values([(key.to_owned(), true.into())]))
    }

    fn published(key: &str) -> Published {
        Published { before: None, config: config(key) }
    }

    fn key(config: &Config) -> String {
        config.keys().collect()
    }

    #[test]
    fn changes_of_callbacks_and_threads_are_delivered_in_order() {
        let (changes, delivered) = (Changes::default(), RefCell::new(Vec::new()));
        assert!(changes.add(published("1")).is_none());
        assert!(changes.add(published("2")).is_none());
        changes.deliver(|delivery| {
            if key(&delivery.config) == "1" {
                assert!(changes.add(published("3")).is_none());
                changes.deliver(|_| unreachable!("this thread is delivering already"));
                thread::scope(|scope| {
                    scope.spawn(|| {
                        assert!(changes.add(published("4")).is_none());
                        changes.deliver(|_| unreachable!("another thread is delivering already"));
                    });
                });
            }
            delivered.borrow_mut().push(key(&delivery.config));
        });
        assert_eq!(*delivered.borrow(), ["1", "2", "3", "4"]);
        assert!(changes.add(published("5")).is_none());
        changes.deliver(|delivery| delivered.borrow_mut().push(key(&delivery.config)));
        assert_eq!(delivered.borrow().last().map(String::as_str), Some("5"));
    }

    #[test]
    fn a_subscriber_that_hangs_keeps_a_limited_number_of_configs() {
        let changes = Changes::default();
        let add = |number: usize| {
            let before = Some(config(&format!("before {number}")));
            changes.add(Published { before, ..published(&number.to_string()) })
        };
        assert_eq!((0..100).filter_map(add).count(), 100 - MAX_PENDING);
        let delivered = RefCell::new(Vec::new());
        let keys = |delivery: &Published| {
            [delivery.before.as_ref().unwrap(), &delivery.config].map(|config| key(config))
        };
        changes.deliver(|delivery| delivered.borrow_mut().push(keys(delivery)));
        // The first one is compared with the config before all that are left out.
        let first = 100 - MAX_PENDING;
        let before = |number: usize| format!("before {}", if number == first { 0 } else { number });
        let latest: Vec<_> = (first..100).map(|number| [before(number), number.to_string()]).collect();
        assert_eq!(*delivered.borrow(), latest);
    }

    #[test]
    fn a_panic_ends_the_delivery() {
        let changes = Changes::default();
        assert!(changes.add(published("1")).is_none());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            changes.deliver(|_| panic!("mine"));
        }));
        assert!(panicked.is_err());
        assert!(changes.add(published("2")).is_none());
        let delivered = RefCell::new(Vec::new());
        changes.deliver(|delivery| delivered.borrow_mut().push(key(&delivery.config)));
        assert_eq!(*delivered.borrow(), ["2"]);
    }
}
