//! Transports of the application that answer, hang or panic.

use std::{
    io::{Cursor, Read},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use configcat::{
    BuildError, CacheState, Client, ClientBuilder, MapOverrides, OverrideBehavior, PollingMode,
    RefreshErrorKind,
    fetch::{FetchErrorKind, OptionsError, Proxy, Request, Response, Transport, TransportError},
};
use log::Level;

use crate::support::{
    MINUTE, Mailbox, ManualClock, PATIENCE, SDK_KEY, SECOND, patiently, text_config, timed,
};

/// Request timeout, which a transport that hangs passes in real time.
const TIMEOUT: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, PartialEq, Debug)]
enum Act {
    Answer,
    Hang,
    HangInBody,
    Panic,
    PanicInBody,
}

/// Transport that answers from memory. Its clones share the state.
#[derive(Clone)]
struct Faulty(Arc<Shared>);

struct Shared {
    state: Mutex<(Act, String)>,
    changed: Condvar,
    sent: AtomicUsize,
    inside: AtomicUsize,
    most_inside: AtomicUsize,
    forks: AtomicUsize,
}

impl Faulty {
    fn new(title: &str) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new((Act::Answer, title.to_owned())),
            changed: Condvar::new(),
            sent: AtomicUsize::new(0),
            inside: AtomicUsize::new(0),
            most_inside: AtomicUsize::new(0),
            forks: AtomicUsize::new(0),
        }))
    }

    fn set(&self, act: Act, title: &str) {
        *self.0.state.lock().unwrap() = (act, title.to_owned());
        self.0.changed.notify_all();
    }

    fn sent(&self) -> usize {
        self.0.sent.load(Ordering::SeqCst)
    }

    fn await_sent(&self, count: usize) {
        while self.sent() < count {
            thread::yield_now();
        }
    }

    /// Returns the largest number of calls at the same time.
    fn most_inside(&self) -> usize {
        self.0.most_inside.load(Ordering::SeqCst)
    }

    fn hang(&self, act: Act) {
        let state = self.0.state.lock().unwrap();
        drop(self.0.changed.wait_while(state, |state| state.0 == act).unwrap());
    }
}

impl Transport for Faulty {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        assert!(request.url().ends_with("/config_v6.json"));
        let inside = 1 + self.0.inside.fetch_add(1, Ordering::SeqCst);
        self.0.most_inside.fetch_max(inside, Ordering::SeqCst);
        let (act, title) = self.0.state.lock().unwrap().clone();
        self.0.sent.fetch_add(1, Ordering::SeqCst);
        let body = Body { transport: self.clone(), act, text: Cursor::new(text_config("title", &title)) };
        match act {
            Act::Hang => self.hang(act),
            Act::Panic => panic!("a bug of the transport"),
            Act::Answer | Act::HangInBody | Act::PanicInBody => {}
        }
        Ok(Response::new(200, body).with_header("etag", format!("\"{title}\"")))
    }

    fn after_fork(&self) {
        self.0.forks.fetch_add(1, Ordering::SeqCst);
    }
}

/// Body of a response. The call is over when the body is dropped.
struct Body {
    transport: Faulty,
    act: Act,
    text: Cursor<String>,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.act {
            Act::HangInBody => self.transport.hang(self.act),
            Act::PanicInBody => panic!("a bug of the transport"),
            Act::Answer | Act::Hang | Act::Panic => {}
        }
        self.text.read(buffer)
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.transport.0.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

fn on(transport: &Faulty, clock: &Arc<ManualClock>, mode: impl Into<PollingMode>) -> ClientBuilder {
    let builder = Client::builder(SDK_KEY).transport(transport.clone()).polling_mode(mode);
    builder.clock(clock.clone()).jitter(0.0).request_timeout(TIMEOUT)
}

fn title(client: &Client) -> String {
    client.get_value("title", "default", None)
}

/// Refreshes until that succeeds, once the earlier call of the transport has returned.
fn refresh_at_last(client: &Client) {
    while client.force_refresh().is_err() {
        thread::yield_now();
    }
}

#[test]
fn a_transport_that_hangs_leaves_polling_alive() {
    patiently(|| {
        for act in [Act::Hang, Act::HangInBody] {
            let (clock, transport) = (ManualClock::new(), Faulty::new("1"));
            let (sender, changes) = Mailbox::new();
            let builder = on(&transport, &clock, PollingMode::auto()).hooks(|hooks| {
                hooks.on_config_changed(move |config| {
                    sender.send(config.evaluate("title", None).unwrap().value().to_string());
                });
            });
            let client = builder.build().unwrap();
            assert_eq!(client.wait_for_ready(PATIENCE), CacheState::HasUpToDateFlagData, "{act:?}");
            clock.await_timer(MINUTE);

            transport.set(act, "late");
            clock.advance(MINUTE);
            clock.await_timer(2 * MINUTE);
            let text = clock.log().assert_once(1102, Level::Error).text;
            assert!(text.contains("the transport did not return in time"), "{act:?}: {text}");
            // The next polls do not call it.
            clock.advance(2 * MINUTE);
            clock.await_timer(4 * MINUTE);
            let text = &clock.log().events_of(1102)[1].text;
            assert!(text.contains("an earlier call of the transport has not returned"), "{act:?}: {text}");
            assert_eq!((title(&client), transport.sent(), transport.most_inside()), ("1".to_owned(), 2, 1));
            let health = client.health();
            assert_eq!((health.consecutive_failures, health.worker_alive), (2, Some(true)), "{act:?}");
            let (refreshed, took) = timed(|| client.force_refresh());
            let kind = refreshed.unwrap_err().kind();
            assert_eq!(kind, RefreshErrorKind::Fetch(FetchErrorKind::TimedOut), "{act:?}");
            assert!(took < TIMEOUT, "{act:?}: {took:?}");

            // The late response is ignored, and polling goes on as before.
            transport.set(Act::Answer, "2");
            refresh_at_last(&client);
            assert_eq!((title(&client), transport.most_inside()), ("2".to_owned(), 1), "{act:?}");
            transport.set(Act::Answer, "3");
            clock.advance(4 * MINUTE);
            clock.await_timer(MINUTE);
            assert_eq!(
                (title(&client), client.health().consecutive_failures),
                ("3".to_owned(), 0),
                "{act:?}"
            );
            assert_eq!(changes.all(), ["1", "2", "3"], "{act:?}");
        }
    });
}

#[test]
fn a_lazy_evaluation_waits_once_for_a_transport_that_hangs() {
    patiently(|| {
        let (clock, transport) = (ManualClock::new(), Faulty::new("1"));
        let client = on(&transport, &clock, PollingMode::lazy()).build().unwrap();
        transport.set(Act::Hang, "late");
        let (value, took) = timed(|| title(&client));
        assert_eq!(value, "default");
        assert!(took >= TIMEOUT, "{took:?}");
        for _ in 0..3 {
            clock.advance(MINUTE);
            assert_eq!(title(&client), "default");
        }
        assert_eq!(transport.sent(), 1);
        transport.set(Act::Answer, "1");
        refresh_at_last(&client);
        assert_eq!(title(&client), "1");
    });
}

#[test]
fn a_panic_of_a_transport_is_logged_and_polling_goes_on() {
    patiently(|| {
        for act in [Act::Panic, Act::PanicInBody] {
            let (clock, transport) = (ManualClock::new(), Faulty::new("1"));
            transport.set(act, "");
            let client = on(&transport, &clock, PollingMode::auto()).build().unwrap();
            assert_eq!(client.wait_for_ready(PATIENCE), CacheState::NoFlagData, "{act:?}");
            clock.await_timer(2 * MINUTE);
            let text = clock.log().assert_once(1103, Level::Error).text;
            assert!(text.ends_with("the transport panicked: a bug of the transport"), "{act:?}: {text}");
            transport.set(Act::Answer, "1");
            clock.advance(2 * MINUTE);
            clock.await_timer(MINUTE);
            assert_eq!((&*title(&client), client.health().worker_alive), ("1", Some(true)), "{act:?}");
        }
    });
}

#[test]
fn a_transport_that_hangs_does_not_delay_closing_and_its_response_is_ignored() {
    patiently(|| {
        for act in [Act::Hang, Act::HangInBody] {
            for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
                let (clock, transport) = (ManualClock::new(), Faulty::new("late"));
                transport.set(act, "late");
                let client = on(&transport, &clock, mode).request_timeout(10 * PATIENCE).build().unwrap();
                let refreshing = {
                    let client = client.clone();
                    thread::spawn(move || client.force_refresh())
                };
                transport.await_sent(1);
                let ((), took) = timed(|| client.close());
                // The promise is 100 ms, on a machine that is not busy.
                assert!(took < SECOND, "{act:?}, {mode:?}: {took:?}");
                let error = refreshing.join().unwrap().unwrap_err();
                assert_eq!(error.kind(), RefreshErrorKind::Closed, "{act:?}, {mode:?}");
                transport.set(Act::Answer, "new");
                while transport.0.inside.load(Ordering::SeqCst) > 0 {
                    thread::yield_now();
                }
                assert_eq!((&*title(&client), transport.sent()), ("default", 1), "{act:?}, {mode:?}");
            }
        }
    });
}

/// A transport that calls the client is part of the refresh that waits for the transport.
#[test]
fn a_transport_may_call_the_client() {
    struct Asking(Arc<Mutex<Option<Client>>>);

    impl Transport for Asking {
        fn send(&self, _: &Request<'_>) -> Result<Response, TransportError> {
            let client = self.0.lock().unwrap().clone().unwrap();
            assert_eq!(title(&client), "default");
            let error = client.force_refresh().unwrap_err();
            client.wait_for_ready(PATIENCE);
            Err(TransportError::connection_failed(error))
        }
    }

    patiently(|| {
        let slot = Arc::default();
        let transport = Asking(Arc::clone(&slot));
        let builder = Client::builder(SDK_KEY).transport(transport).polling_mode(PollingMode::lazy());
        let client = builder.request_timeout(10 * PATIENCE).build().unwrap();
        *slot.lock().unwrap() = Some(client.clone());
        let error = client.force_refresh().unwrap_err();
        assert_eq!(error.kind(), RefreshErrorKind::Fetch(FetchErrorKind::ConnectionFailed));
        assert!(format!("{error:#}").ends_with("the refresh under way has not ended, try again later"));
        slot.lock().unwrap().take();
    });
}

#[test]
fn options_that_a_transport_does_not_use_are_refused() {
    let builder = || Client::builder(SDK_KEY).transport(Faulty::new("1")).polling_mode(PollingMode::manual());
    for refused in [
        builder().proxy(Proxy::url("http://proxy.example:3128").unwrap()).build(),
        builder().root_certificates("any").build(),
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(error, BuildError::Fetch(OptionsError::UnusedByTransport)), "{error}");
    }
    let client = builder().proxy(Proxy::None).build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!(title(&client), "1");
    let local =
        builder().overrides(OverrideBehavior::LocalOnly, MapOverrides::new([("title", "local".into())]));
    assert_eq!(title(&local.build().unwrap()), "local");
}

#[cfg(unix)]
#[test]
fn a_child_does_not_wait_for_the_transport_of_its_parent() {
    use crate::support::{fork_and_run, in_its_own_process};

    in_its_own_process("transports::a_child_does_not_wait_for_the_transport_of_its_parent", || {
        let (clock, transport) = (ManualClock::new(), Faulty::new("1"));
        let client = on(&transport, &clock, PollingMode::manual()).build().unwrap();
        transport.set(Act::Hang, "late");
        client.force_refresh().unwrap_err();
        let child = || {
            transport.set(Act::Answer, "2");
            client.force_refresh().unwrap();
            client.force_refresh().unwrap();
            assert_eq!(title(&client), "2");
            assert_eq!(transport.0.forks.load(Ordering::SeqCst), 1);
        };
        fork_and_run(child, || ());
        transport.set(Act::Answer, "3");
        refresh_at_last(&client);
        assert_eq!((&*title(&client), transport.0.forks.load(Ordering::SeqCst)), ("3", 0));
    });
}
