//! Name lookup in limited time, on a limited number of threads.
//!
//! The lookup of the system has no time limit, so a lookup that must end in time needs a thread of
//! its own, which lives on after the timeout. `ureq` starts one thread for each request; while DNS
//! hangs for minutes, polling clients would collect threads. Here a fetcher has two at most: while
//! both hang, further lookups fail at once.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::address_fallback::interleave;

/// Limit of threads for lookups.
// Two, so that one lookup that hangs, perhaps for a name of an earlier redirect, does not stop all
// others.
const MAX_LOOKUPS: usize = 2;

type Lookup = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Resolver that uses at most [`MAX_LOOKUPS`] threads.
pub(super) struct BoundedResolver {
    lookup: Arc<Lookup>,
    /// Counter of lookups: one reference is here, and one in each lookup that has not ended.
    running: Arc<()>,
}

impl BoundedResolver {
    /// Makes a resolver that looks names up as the system does.
    pub(super) fn new() -> Self {
        Self::with(|name| Ok(name.to_socket_addrs()?.collect()))
    }

    pub(super) fn with(lookup: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static) -> Self {
        Self { lookup: Arc::new(lookup), running: Arc::new(()) }
    }

    /// Looks a name with a port up, as in `example.com:443`.
    fn addresses(&self, name: String, timeout: NextTimeout) -> Result<Vec<SocketAddr>, ureq::Error> {
        // An address must work even while all lookups hang.
        if let Ok(address) = name.parse() {
            return Ok(vec![address]);
        }
        // Not atomic: threads that share a fetcher may exceed the limit by one each, for a moment.
        // The client makes one request at a time.
        if Arc::strong_count(&self.running) > MAX_LOOKUPS {
            return Err(ureq::Error::Other(Box::new(LookupsHang)));
        }
        let (sender, receiver) = mpsc::sync_channel(1);
        let (lookup, slot) = (Arc::clone(&self.lookup), Arc::clone(&self.running));
        thread::Builder::new().name("configcat-dns".to_owned()).spawn(move || {
            let addresses = lookup(&name);
            // Before the send, so that a caller with its result finds the slot free.
            drop(slot);
            // The receiver is gone after a timeout.
            let _ = sender.send(addresses);
        })?;
        match receiver.recv_timeout(*timeout.after) {
            Ok(addresses) => Ok(addresses?),
            Err(RecvTimeoutError::Timeout) => Err(ureq::Error::Timeout(timeout.reason)),
            Err(RecvTimeoutError::Disconnected) => Err(ureq::Error::HostNotFound),
        }
    }
}

impl Resolver for BoundedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let name = uri.scheme().zip(uri.authority());
        let name = name.and_then(|(scheme, authority)| DefaultResolver::host_and_port(scheme, authority));
        let addresses = self.addresses(name.ok_or(ureq::Error::HostNotFound)?, timeout)?;
        let mut resolved = self.empty();
        // Interleaved first: `ureq` takes 16 addresses at most, and 16 of one family would cut the
        // other one off.
        for address in config.ip_family().keep_wanted(interleave(addresses).into_iter()) {
            if resolved.try_push(address).is_err() {
                break;
            }
        }
        if resolved.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(resolved) }
    }
}

impl fmt::Debug for BoundedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedResolver").finish_non_exhaustive()
    }
}

/// Error of a lookup that is not started because earlier ones have not ended.
#[derive(Debug)]
struct LookupsHang;

impl fmt::Display for LookupsHang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MAX_LOOKUPS} name lookups hang already, so no further one is started")
    }
}

impl std::error::Error for LookupsHang {}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Condvar, Mutex};
    use std::time::Duration;

    use ureq::unversioned::resolver::Resolver;
    use ureq::unversioned::transport::NextTimeout;

    use super::{BoundedResolver, MAX_LOOKUPS};

    fn resolve(resolver: &BoundedResolver, url: &str, limit: Duration) -> Result<Vec<String>, ureq::Error> {
        let config = ureq::Agent::config_builder().build();
        let timeout =
            NextTimeout { after: limit.into(), reason: ureq::Timeout::Resolve, ..NextTimeout::default() };
        let addresses = resolver.resolve(&url.parse().unwrap(), &config, timeout)?;
        Ok(addresses.iter().map(ToString::to_string).collect())
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn at_most_two_lookups_hang_at_once() {
        let gate = Arc::new((Mutex::new(0_usize), Condvar::new()));
        let lookup_gate = Arc::clone(&gate);
        let resolver = BoundedResolver::with(move |name| {
            if name != "fast.example:80" {
                let (passes, passed) = &*lookup_gate;
                let mut passes = passed.wait_while(passes.lock().unwrap(), |passes| *passes == 0).unwrap();
                *passes -= 1;
            }
            Ok(vec!["192.0.2.1:80".parse().unwrap()])
        });
        assert_eq!(resolve(&resolver, "http://fast.example/", LONG).unwrap(), ["192.0.2.1:80"]);

        for _ in 0..MAX_LOOKUPS {
            let error = resolve(&resolver, "http://hangs.example/", Duration::from_millis(5)).unwrap_err();
            assert!(matches!(error, ureq::Error::Timeout(ureq::Timeout::Resolve)), "{error:?}");
        }
        assert_eq!(Arc::strong_count(&resolver.running), 1 + MAX_LOOKUPS);
        for _ in 0..10 {
            let ureq::Error::Other(error) = resolve(&resolver, "http://fast.example/", LONG).unwrap_err()
            else {
                panic!("a further lookup was started");
            };
            assert_eq!(error.to_string(), "2 name lookups hang already, so no further one is started");
        }
        assert_eq!(Arc::strong_count(&resolver.running), 1 + MAX_LOOKUPS);

        // An address needs no lookup.
        assert_eq!(resolve(&resolver, "https://192.0.2.7/", LONG).unwrap(), ["192.0.2.7:443"]);
        assert_eq!(resolve(&resolver, "http://[2001:db8::1]:81/", LONG).unwrap(), ["[2001:db8::1]:81"]);

        *gate.0.lock().unwrap() = MAX_LOOKUPS;
        gate.1.notify_all();
        while Arc::strong_count(&resolver.running) > 1 {
            std::thread::yield_now();
        }
        assert_eq!(resolve(&resolver, "http://fast.example/", LONG).unwrap(), ["192.0.2.1:80"]);
    }

    #[test]
    fn a_failed_lookup_frees_its_slot() {
        let resolver = BoundedResolver::with(|name| match name {
            "panics.example:443" => panic!("a fault in the system's resolver"),
            "none.example:443" => Ok(Vec::new()),
            "many.example:443" => Ok(vec!["192.0.2.1:443".parse().unwrap(); 100]),
            _ => Err(io::Error::other("no such name")),
        });
        for _ in 0..=MAX_LOOKUPS {
            for (host, text) in
                [("panics", "host not found"), ("none", "host not found"), ("unknown", "io: no such name")]
            {
                let error = resolve(&resolver, &format!("https://{host}.example/"), LONG).unwrap_err();
                assert_eq!(error.to_string(), text);
            }
        }
        assert_eq!(resolve(&resolver, "https://many.example/", LONG).unwrap().len(), 16);
    }
}
