//! TCP connections to the first address of a host that answers.
//!
//! If a host has several addresses, some may drop all packets, as in a network whose IPv6 is
//! broken. `ureq` gives the first of two addresses two thirds of the connect timeout. Here each
//! address except the last may use a second of it at most, families alternate, and the last address
//! that worked is tried first the next time. `ureq` itself tries the addresses of a SOCKS proxy.

use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ureq::unversioned::transport::time::Instant;
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport};

/// Time limit for an attempt to connect to an address that is not the last one.
// From the specification, 4.4. A handshake around the world takes a third of a second, so a second
// has room for one lost packet.
const MAX_ATTEMPT: Duration = Duration::from_secs(1);

/// Limit of the addresses that are remembered.
// More than a fetcher has hosts: CDN, base URL, proxy, and the targets of redirects.
const MAX_REMEMBERED: usize = 8;

/// Alternates the families of addresses, starting with that of the first one, and otherwise keeps
/// the order of the system.
// Without this, ten IPv6 addresses on a network without IPv6 would use up the timeout before the
// first IPv4 address. The order of the system follows RFC 6724, so the first family is its choice.
pub(super) fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let starts_with_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == starts_with_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut interleaved = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return interleaved;
        }
        interleaved.extend(pair.into_iter().flatten());
    }
}

/// Returns the time limit for an attempt; `addresses_left` includes the address of this attempt.
fn share(time_left: Duration, addresses_left: usize) -> Duration {
    match u32::try_from(addresses_left) {
        // Nothing comes after the last address, so it may use all that is left.
        Ok(0 | 1) | Err(_) => time_left,
        Ok(addresses_left) => (time_left / addresses_left).min(MAX_ATTEMPT),
    }
}

/// Connector over TCP that tries the addresses of a host one after the other.
#[derive(Default)]
pub(super) struct FallbackConnector {
    tcp: TcpConnector,
    /// The addresses that have worked, the latest first.
    remembered: Mutex<Vec<SocketAddr>>,
}

impl FallbackConnector {
    /// Connects to the first address that accepts.
    fn connect_to_one<T>(
        &self,
        addresses: &[SocketAddr],
        time_left: impl Fn() -> Duration,
        mut connect: impl FnMut(SocketAddr, Duration) -> Result<T, ureq::Error>,
    ) -> Result<T, ureq::Error> {
        let addresses = self.remembered_first(addresses);
        let mut last_error = ureq::Error::HostNotFound;
        for (index, address) in addresses.iter().enumerate() {
            let error = match connect(*address, share(time_left(), addresses.len() - index)) {
                Ok(connection) => {
                    self.remember(*address, true);
                    return Ok(connection);
                }
                Err(error) => error,
            };
            self.remember(*address, false);
            match error {
                // `ureq` reports a shutdown so. Further attempts would only delay it.
                ureq::Error::Io(error) if error.kind() == ErrorKind::NotConnected => return Err(error.into()),
                ureq::Error::Io(_) | ureq::Error::Timeout(_) => last_error = error,
                error => return Err(error),
            }
        }
        Err(last_error)
    }

    fn remembered_first(&self, addresses: &[SocketAddr]) -> Vec<SocketAddr> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut first, rest): (Vec<_>, Vec<_>) =
            addresses.iter().partition(|address| remembered.contains(address));
        first.extend(rest);
        first
    }

    fn remember(&self, address: SocketAddr, has_worked: bool) {
        // Removed first, so that an address that has stopped working loses its place, and one that
        // works again is not listed twice.
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.retain(|other| *other != address);
        if has_worked {
            remembered.insert(0, address);
            remembered.truncate(MAX_REMEMBERED);
        }
    }
}

impl<In: Transport> Connector<In> for FallbackConnector {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Box<dyn Transport>>, ureq::Error> {
        // A SOCKS proxy is connected already.
        if let Some(transport) = chained {
            return Ok(Some(Box::new(transport)));
        }
        let time_left = || details.timeout.after.saturating_sub(elapsed(details));
        let connect = |address, limit: Duration| {
            if limit.is_zero() {
                return Err(ureq::Error::Timeout(details.timeout.reason));
            }
            let mut addrs = details.resolver.empty();
            addrs.push(address);
            let attempt = ConnectionDetails {
                addrs,
                now: (details.current_time)(),
                timeout: NextTimeout { after: limit.into(), ..details.timeout },
                ..copy(details)
            };
            self.tcp.connect(&attempt, None::<()>)?.ok_or(ureq::Error::ConnectionFailed)
        };
        let transport = self.connect_to_one(&details.addrs, time_left, connect)?;
        Ok(Some(Box::new(transport)))
    }
}

/// Returns the time since connecting began.
fn elapsed(details: &ConnectionDetails<'_>) -> Duration {
    match (details.now, (details.current_time)()) {
        (Instant::Exact(start), Instant::Exact(now)) => now.saturating_duration_since(start),
        _ => Duration::ZERO,
    }
}

/// Copies the details of a connection. (The type has no `Clone`.)
pub(super) fn copy<'a>(details: &ConnectionDetails<'a>) -> ConnectionDetails<'a> {
    ConnectionDetails {
        uri: details.uri,
        addrs: details.addrs.clone(),
        config: details.config,
        request_level: details.request_level,
        resolver: details.resolver,
        now: details.now,
        timeout: details.timeout,
        current_time: details.current_time.clone(),
        run_connector: details.run_connector.clone(),
        register_shutdown: details.register_shutdown.clone(),
    }
}

impl fmt::Debug for FallbackConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FallbackConnector").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::io;
    use std::net::SocketAddr;
    use std::time::Duration;

    use super::{FallbackConnector, MAX_REMEMBERED, interleave};

    /// `6a` is an IPv6 address, `4a` an IPv4 address.
    fn address(name: &str) -> SocketAddr {
        let port = name.as_bytes()[1];
        let host = if name.starts_with('6') { "[::1]" } else { "127.0.0.1" };
        format!("{host}:{port}").parse().unwrap()
    }

    fn addresses(names: &str) -> Vec<SocketAddr> {
        names.split_whitespace().map(address).collect()
    }

    #[test]
    fn families_alternate() {
        for (from_system, alternating) in [
            ("", ""),
            ("4a", "4a"),
            ("6a 6b 6c 4a 4b", "6a 4a 6b 4b 6c"),
            ("4a 4b 4c 6a", "4a 6a 4b 4c"),
            ("6a 4a 6b 4b", "6a 4a 6b 4b"),
            ("4a 6a 6b 6c", "4a 6a 6b 6c"),
        ] {
            assert_eq!(interleave(addresses(from_system)), addresses(alternating), "{from_system}");
        }
    }

    /// Connects to `names` when only those in `working` answer, and those in `refusing` refuse; all
    /// others drop packets. Returns the attempts, each with its time limit in milliseconds, and
    /// whether there is a connection.
    fn run(
        connector: &FallbackConnector,
        names: &str,
        working: &str,
        refusing: &str,
        timeout: u64,
    ) -> (Vec<(SocketAddr, u64)>, bool) {
        let time_left = Cell::new(Duration::from_millis(timeout));
        let attempts = RefCell::new(Vec::new());
        let connection = connector.connect_to_one(
            &addresses(names),
            || time_left.get(),
            |address, limit| {
                attempts.borrow_mut().push((address, u64::try_from(limit.as_millis()).unwrap()));
                if addresses(working).contains(&address) {
                    return Ok(());
                }
                if addresses(refusing).contains(&address) {
                    return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into());
                }
                time_left.set(time_left.get() - limit);
                Err(ureq::Error::Timeout(ureq::Timeout::Connect))
            },
        );
        (attempts.into_inner(), connection.is_ok())
    }

    #[test]
    fn only_the_last_address_may_use_more_than_a_second() {
        let many = "6a 4a 6b 4b 6c 4c 6d 4d 6e 4e 6f 4f 6g 4g 6h 4h";
        for (names, working, refusing, timeout, limits, is_connected) in [
            ("4a", "4a", "", 10_000, vec![10_000], true),
            ("4a", "", "", 10_000, vec![10_000], false),
            ("6a 4a", "4a", "", 10_000, vec![1000, 9000], true),
            ("6a 4a", "4a", "6a", 10_000, vec![1000, 10_000], true),
            ("6a 4a", "6a 4a", "", 10_000, vec![1000], true),
            ("6a 4a 6b", "6b", "4a", 10_000, vec![1000, 1000, 9000], true),
            ("6a 4a 6b", "", "6b", 10_000, vec![1000, 1000, 8000], false),
            // A timeout this short is divided equally.
            ("6a 4a", "4a", "", 500, vec![250, 250], true),
            (many, "4h", "", 8000, vec![500; 16], true),
            (many, "4h", "", 32_000, [vec![1000; 15], vec![17_000]].concat(), true),
            ("6a 4a", "", "", 0, vec![0, 0], false),
        ] {
            let (attempts, found) = run(&FallbackConnector::default(), names, working, refusing, timeout);
            let found_limits: Vec<_> = attempts.iter().map(|(_, limit)| *limit).collect();
            assert_eq!((found_limits, found), (limits, is_connected), "{names} {working}");
            let order: Vec<_> = attempts.into_iter().map(|(address, _)| address).collect();
            assert_eq!(order, addresses(names)[..order.len()]);
        }
    }

    #[test]
    fn the_last_working_address_is_tried_first() {
        let connector = FallbackConnector::default();
        let order = |names, working| {
            let (attempts, _) = run(&connector, names, working, "", 10_000);
            attempts.into_iter().map(|(address, _)| address).collect::<Vec<_>>()
        };
        assert_eq!(order("6a 4a", "4a"), addresses("6a 4a"));
        assert_eq!(order("6a 4a", "4a"), addresses("4a"));
        // Of another host.
        assert_eq!(order("6b 4b", "6b"), addresses("6b"));
        assert_eq!(order("6a 4a", "6a"), addresses("4a 6a"), "it has stopped working");
        assert_eq!(order("6a 4a", "6a 4a"), addresses("6a"));
        assert_eq!(order("6b 4b", "6b 4b"), addresses("6b"));
        assert_eq!(order("6a 4a", ""), addresses("6a 4a"));
        for name in ["4c", "4d", "4e", "4f", "4g", "4h", "4i", "4j", "4k"] {
            order(name, name);
        }
        assert_eq!(connector.remembered.lock().unwrap().len(), MAX_REMEMBERED);
    }

    #[test]
    fn shutdown_stops_the_fallback() {
        let attempts = Cell::new(0);
        let connection = FallbackConnector::default().connect_to_one(
            &addresses("6a 4a"),
            || Duration::MAX,
            |_, _| {
                attempts.set(attempts.get() + 1);
                Err::<(), _>(io::Error::from(io::ErrorKind::NotConnected).into())
            },
        );
        assert!(connection.is_err());
        assert_eq!(attempts.get(), 1);
    }
}

/// Other systems refuse connections when a queue is full.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests_on_linux {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
    use std::sync::Arc;
    use std::thread;
    use std::time::{Duration, Instant};

    use socket2::{Domain, Socket, Type};

    use crate::agent::Agent;
    use crate::agent::resolver::BoundedResolver;
    use crate::limits::Limits;
    use crate::proxy::{Proxy, ProxyRules};
    use crate::redact::KeyRedactor;
    use crate::sdk_key::SdkKey;
    use crate::transport::{Request, Transport};

    const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

    /// Returns a socket whose queue is full, so that packets of further connections are dropped,
    /// its address, and the connections that fill it.
    fn swallowing() -> (Socket, SocketAddr, Vec<TcpStream>) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let mut queue = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
            queue.push(stream);
        }
        (socket, address, queue)
    }

    /// Returns an agent for which each name has these addresses.
    fn agent(addresses: Vec<SocketAddr>) -> Agent {
        let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012").unwrap();
        let rules = ProxyRules::new(&Proxy::None, |_| None);
        let redactor = Arc::new(KeyRedactor::new(&key));
        let agent = Agent::new(redactor, "", rules, CONNECT_TIMEOUT, None).unwrap();
        let (config, redactor) = (agent.ureq.config().clone(), Arc::clone(&agent.redactor));
        let resolver = BoundedResolver::with(move |_| Ok(addresses.clone()));
        Agent::with_config(config, redactor, agent.rules, resolver)
    }

    #[test]
    fn an_unresponsive_address_costs_one_second_once() {
        let (_socket, dead, _queue) = swallowing();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let agent = agent(vec![dead, listener.local_addr().unwrap()]);
        let server = thread::spawn(move || {
            for stream in listener.incoming().take(2) {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]).unwrap();
                let answer = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let times = [(); 2].map(|()| {
            let start = Instant::now();
            let limits = Limits::new(CONNECT_TIMEOUT, Duration::from_secs(30));
            let request = Request::new("http://two.example/", [], limits, str::to_owned);
            assert!(agent.send(&request).is_ok());
            start.elapsed()
        });
        server.join().unwrap();
        // `ureq` alone would give the first address 6.7 s.
        assert!(times[0] >= Duration::from_secs(1) && times[0] < Duration::from_secs(6), "{times:?}");
        assert!(times[1] < Duration::from_secs(1), "the address that has worked comes first: {times:?}");
    }
}
