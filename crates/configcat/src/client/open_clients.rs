//! Open clients of the process: a second client for the same SDK key is worth a warning (event
//! 3000), since it fetches and keeps the config once more.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwapOption;

/// Open clients, and those that were closed since a client was last added.
// No lock: a forked child can read it whatever the threads of the parent were doing. Not of `sync`,
// as the count of generations in `refresh/store.rs`.
static CLIENTS: ArcSwapOption<Vec<OpenClient>> = ArcSwapOption::const_empty();

/// Mark of a client, which its entry in the list shares.
#[derive(Clone)]
pub(crate) struct OpenMark(Arc<AtomicBool>);

#[derive(Clone)]
struct OpenClient {
    /// Process that has built the client: a client of the parent does not fetch in a forked child.
    process: u32,
    /// Key of the cache, which is a hash of the SDK key: the SDK key itself is not kept here.
    key: Arc<str>,
    mark: OpenMark,
}

impl OpenMark {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    /// Ends the warnings about this client.
    pub(crate) fn close(&self) {
        self.0.store(false, Ordering::Release);
    }
}

impl OpenClient {
    fn is_open(&self) -> bool {
        self.process == process::id() && self.mark.0.load(Ordering::Acquire)
    }
}

/// Adds a client by the key of its cache. Returns whether another open client has the same key.
pub(crate) fn add(key: &Arc<str>, mark: &OpenMark) -> bool {
    let added = OpenClient { process: process::id(), key: key.clone(), mark: mark.clone() };
    // Compare and swap: of two clients that are added at the same time, one finds the other.
    let before = CLIENTS.rcu(|clients| {
        let open = clients.iter().flat_map(|clients| clients.iter()).filter(|client| client.is_open());
        Some(Arc::new(open.chain([&added]).cloned().collect()))
    });
    before.is_some_and(|clients| clients.iter().any(|client| client.key == *key && client.is_open()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{CLIENTS, OpenMark, add};

    #[test]
    fn a_client_is_known_until_it_is_closed() {
        let (key, other) = (Arc::from("a key of this test"), Arc::from("another key of this test"));
        let (first, second) = (OpenMark::new(), OpenMark::new());
        assert!(!add(&key, &first) && !add(&other, &OpenMark::new()));
        assert!(add(&key, &second) && add(&key, &second));
        first.close();
        assert!(add(&key, &second));
        second.close();
        assert!(!add(&key, &OpenMark::new()));
    }

    #[test]
    fn closed_clients_take_no_memory() {
        let key = Arc::from("a third key of this test");
        for _ in 0..1000 {
            let mark = OpenMark::new();
            add(&key, &mark);
            mark.close();
        }
        let clients = CLIENTS.load_full().unwrap();
        assert!(clients.iter().filter(|client| client.key == key).count() <= 1);
    }
}
