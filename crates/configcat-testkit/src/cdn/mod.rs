//! A CDN on loopback that serves configs, or misbehaves as a test tells it to.

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

/// A CDN in the process, on 127.0.0.1 at a port that is free. It stops when it is dropped.
///
/// It serves configs with ETags, and answers 304 to who has the config already. What it is to do
/// otherwise, a test says with [`script`](Self::script) for the requests to come, or with
/// [`set_always`](Self::set_always).
///
/// Give a client its [`url`](Self::url) as base URL, and
/// [`Proxy::None`](configcat::fetch::Proxy::None) so that no proxy of the environment comes
/// between. There are examples on [the crate's page](crate#a-config-that-changes).
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

/// Who has the port.
enum Gate {
    Open(JoinHandle<()>),
    /// Keeps the port, but does not listen.
    Shut(Socket),
    Gone,
}

impl Cdn {
    /// Serves this config to all SDK keys.
    ///
    /// # Panics
    ///
    /// If the system has no port or no thread to give.
    #[must_use]
    #[track_caller]
    pub fn new(config: &str) -> Self {
        let cdn = Self::empty();
        cdn.serve(config);
        cdn
    }

    /// Answers all requests so, unless [`script`](Self::script) says otherwise.
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

    /// Serves nothing yet: answers 404.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test cannot go on without, and its line is told")]
    pub fn empty() -> Self {
        let shared = Arc::new(Shared::default());
        let socket = reserve(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port on 127.0.0.1");
        let address = socket.local_addr().ok().and_then(|address| address.as_socket());
        let address = address.expect("the port that was given");
        let acceptor = listen(socket, &shared).expect("a server on 127.0.0.1");
        Self { address, shared, gate: Mutex::new(Gate::Open(acceptor)) }
    }

    /// The base URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves this config to all SDK keys from now on, with an ETag of its own.
    pub fn serve(&self, config: &str) {
        self.serve_at("", config);
    }

    /// Serves this config to this SDK key from now on, with an ETag of its own; all others get what
    /// [`serve`](Self::serve) says.
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

    /// Serves this config to all SDK keys from now on under `{url}{base}`, with a `base` such as
    /// `/eu`: for data governance redirects.
    pub fn serve_at(&self, base: &str, config: &str) {
        let mut state = self.shared.lock();
        state.versions += 1;
        let etag = format!("\"{}\"", state.versions);
        state.content.insert(base.to_owned(), (config.into(), etag));
    }

    /// The ETag of what [`serve`](Self::serve) serves now; empty if that is nothing.
    #[must_use]
    pub fn etag(&self) -> String {
        self.shared.lock().content.get("").map(|(_, etag)| etag.clone()).unwrap_or_default()
    }

    /// The next requests are answered so, and those after them as before.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.lock().script.extend(replies);
    }

    /// From now on all requests are answered so, unless [`script`](Self::script) says otherwise.
    /// Default: [`Reply::content`].
    pub fn set_always(&self, reply: Reply) {
        self.shared.lock().otherwise = reply;
    }

    /// Lets all requests go that [hang](Reply::hang) now.
    pub fn release(&self) {
        self.shared.lock().releases += 1;
        self.shared.changed.notify_all();
    }

    /// Cuts off all connections, and refuses new ones from now on: there is nobody at its port.
    pub fn refuse_connections(&self) {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if let Gate::Open(acceptor) = std::mem::replace(&mut *gate, Gate::Gone) {
            self.shared.stop(acceptor, self.address);
            if let Ok(socket) = reserve(self.address) {
                *gate = Gate::Shut(socket);
            }
        }
    }

    /// Takes connections again, after [`refuse_connections`](Self::refuse_connections).
    ///
    /// # Panics
    ///
    /// If the system does not give the port back, or no thread.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "a test cannot go on without, and its line is told")]
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

    /// How many requests have come in all.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.lock().count
    }

    /// How often it has answered with this status, or is about to.
    #[must_use]
    pub fn answers(&self, status: u16) -> usize {
        self.shared.lock().answers.get(&status).copied().unwrap_or(0)
    }

    /// The requests that have come, but for those that were [taken](Self::take_requests).
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// The requests that have come, which are then forgotten, but not in their
    /// [`count`](Self::count).
    #[must_use]
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.lock().requests)
    }

    /// How many connections were made in all.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.lock().connected
    }

    /// Waits until that many requests have come in all.
    ///
    /// # Panics
    ///
    /// If they have not within 30 s.
    #[track_caller]
    pub fn await_requests(&self, count: usize) {
        let come = self.shared.wait(|state| state.count >= count);
        assert!(come, "{} requests instead of {count}", self.count());
    }

    /// Waits until it has answered that often with this status.
    ///
    /// # Panics
    ///
    /// If it has not within 30 s.
    #[track_caller]
    pub fn await_answers(&self, status: u16, count: usize) {
        let given = self.shared.wait(|state| state.answers.get(&status).copied().unwrap_or(0) >= count);
        assert!(given, "{} times {status} instead of {count}", self.answers(status));
    }

    /// Waits until that many requests [hang](Reply::hang) at once.
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
            self.shared.stop(acceptor, self.address);
        }
    }
}

impl fmt::Debug for Cdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cdn").field("url", &self.url()).field("count", &self.count()).finish_non_exhaustive()
    }
}
