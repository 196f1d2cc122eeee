//! A CDN on 127.0.0.1 that serves configs, and fails on demand.

mod reply;
mod server;

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use socket2::Socket;

use self::server::{Shared, listen, reserve};
pub use self::{reply::Reply, server::Request};

/// A CDN inside the test process, on a free port of 127.0.0.1. Dropping it stops the server.
///
/// It serves configs with ETags, and answers 304 to a client that has the config already. For other
/// answers, use [`script`](Self::script) for the next requests, or [`set_always`](Self::set_always)
/// for all.
///
/// Give a client its [`url`](Self::url) as base URL, and turn proxies off with
/// `.proxy(Proxy::None)`: otherwise a proxy of the environment would get the requests. There are
/// examples on [the crate's page](crate#change-a-config).
///
/// ```
/// use configcat_testkit::Cdn;
///
/// let cdn = Cdn::new(r#"{"f": {}}"#);
/// let url = format!("{}/configuration-files/some-key/config_v6.json", cdn.url());
/// # let client = configcat::Client::builder(configcat_testkit::SDK_KEY).base_url(cdn.url())
/// #     .proxy(configcat::fetch::Proxy::None).polling_mode(configcat::PollingMode::manual()).build()?;
/// # client.force_refresh()?;
/// assert_eq!(cdn.count(), 1);
/// assert_eq!(cdn.requests()[0].header("Accept-Encoding"), Some("gzip"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Cdn {
    address: SocketAddr,
    shared: Arc<Shared>,
    gate: Mutex<Gate>,
}

/// The state of the port.
enum Gate {
    /// A thread accepts connections.
    Open(JoinHandle<()>),
    /// The port is reserved, and refuses connections.
    Shut(Socket),
    /// The port could not be reserved again.
    Gone,
}

impl Cdn {
    /// Starts a CDN that serves this config to all SDK keys.
    ///
    /// # Panics
    ///
    /// If the system has no free port or starts no thread.
    #[must_use]
    #[track_caller]
    pub fn new(config: &str) -> Self {
        let cdn = Self::empty();
        cdn.serve(config);
        cdn
    }

    /// Starts a CDN that gives this answer to all requests, except those that
    /// [`script`](Self::script) answers.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    #[track_caller]
    pub fn always(reply: Reply) -> Self {
        let cdn = Self::empty();
        cdn.set_always(reply);
        cdn
    }

    /// Starts a CDN without configs, which answers 404.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    #[track_caller]
    #[expect(clippy::expect_used, reason = "without a server the test has to fail, at its own line")]
    pub fn empty() -> Self {
        let shared = Arc::new(Shared::default());
        // Port 0 takes any free port, so tests can run at the same time.
        let socket = reserve(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port on 127.0.0.1");
        let address = socket.local_addr().ok().and_then(|address| address.as_socket());
        let address = address.expect("the port that was given");
        let acceptor = listen(socket, &shared).expect("a server on 127.0.0.1");
        Self { address, shared, gate: Mutex::new(Gate::Open(acceptor)) }
    }

    /// Returns the base URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves this config to all SDK keys from now on, with a new ETag.
    pub fn serve(&self, config: &str) {
        self.serve_at("", config);
    }

    /// Serves this config to this SDK key from now on, with a new ETag. Other SDK keys get the
    /// config of [`serve`](Self::serve).
    ///
    /// ```
    /// use configcat_testkit::{Cdn, SDK_KEY, config_json};
    ///
    /// let cdn = Cdn::empty(); // 404 to all other SDK keys
    /// cdn.serve_for(SDK_KEY, &config_json([("isNew", true)]));
    /// ```
    pub fn serve_for(&self, sdk_key: &str, config: &str) {
        self.serve_at(&format!("/configuration-files/{sdk_key}/config_v6.json"), config);
    }

    /// Serves this config to all SDK keys from now on, at the base URL `{url}{base}` with a `base`
    /// such as `/eu`. For data governance redirects.
    pub fn serve_at(&self, base: &str, config: &str) {
        let mut state = self.shared.lock();
        // Each call makes a new ETag, also for the same config, so that the next answer is 200 and
        // not 304.
        state.versions += 1;
        let etag = format!("\"{}\"", state.versions);
        state.content.insert(base.to_owned(), (config.into(), etag));
    }

    /// Returns the ETag of the config of [`serve`](Self::serve); empty if there is no such config.
    #[must_use]
    pub fn etag(&self) -> String {
        self.shared.lock().content.get("").map(|(_, etag)| etag.clone()).unwrap_or_default()
    }

    /// Sets the answers to the next requests. Later requests are answered as before.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.lock().script.extend(replies);
    }

    /// Sets the answer to all requests from now on, except those that [`script`](Self::script)
    /// answers. Default: [`Reply::content`].
    pub fn set_always(&self, reply: Reply) {
        self.shared.lock().otherwise = reply;
    }

    /// Answers all requests that [hang](Reply::hang) now.
    pub fn release(&self) {
        self.shared.lock().releases += 1;
        self.shared.changed.notify_all();
    }

    /// Cuts all connections, and refuses new ones from now on, as if no server listened at the
    /// port.
    pub fn refuse_connections(&self) {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if let Gate::Open(acceptor) = std::mem::replace(&mut *gate, Gate::Gone) {
            self.shared.stop(acceptor, self.address);
            // Reserved without listening: otherwise another test could get the port meanwhile.
            if let Ok(socket) = reserve(self.address) {
                *gate = Gate::Shut(socket);
            }
        }
    }

    /// Accepts connections again, after [`refuse_connections`](Self::refuse_connections).
    ///
    /// # Panics
    ///
    /// If the port is in use by another process, or the system starts no thread.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "without a server the test has to fail, at its own line")]
    pub fn accept_connections(&self) {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let socket = match std::mem::replace(&mut *gate, Gate::Gone) {
            Gate::Open(acceptor) => return *gate = Gate::Open(acceptor),
            Gate::Shut(socket) => Ok(socket),
            Gate::Gone => reserve(self.address),
        };
        let acceptor = socket.and_then(|socket| listen(socket, &self.shared)).expect("the port again");
        *gate = Gate::Open(acceptor);
    }

    /// Returns the number of all requests.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.lock().count
    }

    /// Returns the number of answers with this status. An answer counts just before it is sent.
    #[must_use]
    pub fn answers(&self, status: u16) -> usize {
        self.shared.lock().answers.get(&status).copied().unwrap_or(0)
    }

    /// Returns all requests, except those that were [taken](Self::take_requests).
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// Takes all requests. The [`count`](Self::count) stays.
    #[must_use]
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.lock().requests)
    }

    /// Returns the number of all connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.lock().connected
    }

    /// Waits until this many requests have come in all.
    ///
    /// # Panics
    ///
    /// If they do not come within 30 s.
    #[track_caller]
    pub fn await_requests(&self, count: usize) {
        let come = self.shared.wait(|state| state.count >= count);
        assert!(come, "{} requests instead of {count}", self.count());
    }

    /// Waits until this many answers had this status.
    ///
    /// # Panics
    ///
    /// If that takes longer than 30 s.
    #[track_caller]
    pub fn await_answers(&self, status: u16, count: usize) {
        // Counted when it is sent, so the client may still be reading the answer.
        let given = self.shared.wait(|state| state.answers.get(&status).copied().unwrap_or(0) >= count);
        assert!(given, "{} times {status} instead of {count}", self.answers(status));
    }

    /// Waits until this many requests [hang](Reply::hang) at the same time.
    ///
    /// # Panics
    ///
    /// If they do not within 30 s.
    #[track_caller]
    pub fn await_hanging(&self, count: usize) {
        assert!(self.shared.wait(|state| state.hanging >= count), "{count} requests do not hang");
    }
}

impl Drop for Cdn {
    fn drop(&mut self) {
        let gate = self.gate.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Gate::Open(acceptor) = std::mem::replace(gate, Gate::Gone) {
            // Waits for all threads, so that no thread outlives the test.
            self.shared.stop(acceptor, self.address);
        }
    }
}

impl fmt::Debug for Cdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cdn").field("url", &self.url()).field("count", &self.count()).finish_non_exhaustive()
    }
}
