//! How the config is refreshed, whatever the polling mode: cache, fetch, compile, publish.

pub(crate) mod store;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use configcat_cache::{BoxError, ConfigCache, Entry};
use configcat_eval::Config;
use configcat_fetch::{FetchError, FetchErrorKind, Fetched, Fetcher, Outcome};

use crate::{
    Clock, RefreshError, RefreshErrorKind,
    health::HealthRecord,
    notify::event::Event,
    notify::hooks::panic_message,
    polling::schedule::backoff,
    refresh::store::{Remote, Store},
    sync::fork::PerProcess,
    sync::latch::Signal,
};

/// How long a config JSON from a cache or a file may be: as long as one from the CDN, in bytes.
pub(crate) const MAX_CONFIG: usize = 64 * 1024 * 1024;

/// Brings the config up to date.
pub(crate) struct Refresher {
    pub(crate) store: Store,
    /// A connection is of one process.
    pub(crate) fetcher: Option<PerProcess<Fetcher>>,
    pub(crate) cache: Option<SharedCache>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) health: HealthRecord,
    pub(crate) lazy_rest: Rest,
    pub(crate) closed: Signal,
    /// The time of the latest cache entry that was dated in the future when it was read: Unix ms.
    pub(crate) last_from_future: AtomicU64,
}

/// Until when lazy polling leaves the server alone after a failure, in milliseconds. One clock will do, since the
/// monotonic one may stand still while the machine sleeps, and the other may be set back.
#[derive(Default)]
pub(crate) struct Rest {
    monotonic: AtomicU64,
    unix: AtomicU64,
}

/// The user's cache, and where in it the config is.
pub(crate) struct SharedCache {
    pub(crate) cache: Box<dyn ConfigCache>,
    pub(crate) key: String,
}

/// What is to be refreshed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Need {
    /// The config, whatever its age.
    Now { by_user: bool },
    /// The config, if it is that old.
    OlderThan(Duration),
    /// The same, unless a failure was not long ago.
    OlderThanAndRested(Duration),
}

/// What a refresh did. It is told to logs and hooks by its caller, when nobody waits for it any more.
pub(crate) struct Report {
    pub(crate) result: Result<(), RefreshError>,
    pub(crate) fetched: bool,
    pub(crate) changed: bool,
    pub(crate) events: Vec<Event<'static>>,
}

impl Default for Report {
    fn default() -> Self {
        Self { result: Ok(()), fetched: false, changed: false, events: Vec::new() }
    }
}

impl Refresher {
    /// Syncs with the cache, and fetches if that is needed and the client is online.
    pub(crate) fn refresh(&self, need: Need, offline: bool) -> Report {
        let mut report = Report::default();
        self.refresh_into(&mut report, need, offline);
        report
    }

    fn refresh_into(&self, report: &mut Report, need: Need, offline: bool) {
        if let Need::OlderThanAndRested(max_age) = need {
            if !self.is_rested() || !self.is_older_than(max_age) {
                return;
            }
        }
        self.sync_with_cache(report);
        if offline {
            if self.cache.is_none() {
                report.result = Err(RefreshErrorKind::Offline.into());
            }
            self.rest_lazily(need, 0, None);
            return;
        }
        if let Need::OlderThan(max_age) | Need::OlderThanAndRested(max_age) = need {
            if !self.is_older_than(max_age) {
                return;
            }
        }
        match &self.fetcher {
            Some(fetcher) => {
                let fetcher = fetcher.get(Fetcher::renewed);
                // Closing has not shut down a fetcher that a forked child has only just made.
                if self.closed.has_happened() {
                    report.result = Err(RefreshErrorKind::Closed.into());
                } else {
                    self.fetch(fetcher, need, report);
                }
            }
            None => report.result = Err(RefreshErrorKind::LocalOnly.into()),
        }
    }

    /// Takes what the cache has, if it is newer.
    pub(crate) fn sync_with_cache(&self, report: &mut Report) {
        let Some(SharedCache { cache, key }) = &self.cache else { return };
        let read = catching(|| cache.read(key));
        let taken = match read {
            Ok(Some(text)) => self.take(&text),
            Ok(None) => Ok(false),
            Err(cause) => Err(cause),
        };
        match taken {
            Ok(changed) => {
                self.health.cache_used(None);
                report.changed |= changed;
            }
            Err(cause) => {
                let cause = with_causes(&*cause);
                self.health.cache_used(Some(cause.clone()));
                report.events.push(Event::CacheReadFailed { cause });
            }
        }
    }

    /// Publishes a cache entry that is newer than what is there; whether that is another config.
    fn take(&self, text: &str) -> Result<bool, BoxError> {
        let entry = Entry::parse(text)?;
        if entry.config_json().len() > MAX_CONFIG {
            return Err("the config JSON in the cache is larger than 64 MiB".into());
        }
        let now = self.now_ms();
        // An entry from the future comes from a clock that is fast. It was fetched by now at the latest.
        let fetched_at = entry.fetch_time_ms().min(now);
        let state = self.store.load_full();
        if let Some(remote) = &state.remote {
            let same = match (entry.etag(), &remote.etag) {
                (Some(etag), Some(known)) => etag == known,
                _ => remote.text.as_deref() == Some(entry.config_json()),
            };
            let newer = state.fetched_at.is_none_or(|known| fetched_at > known);
            if same {
                // Read again and again, an entry from the future would never grow old.
                let is_new = entry.fetch_time_ms() <= now || self.is_new_from_future(&entry);
                if newer && is_new {
                    self.store.touch(fetched_at);
                }
                return Ok(false);
            }
            if !newer {
                return Ok(false);
            }
        }
        let config = Arc::new(Config::parse(entry.config_json())?);
        if entry.fetch_time_ms() > now {
            self.is_new_from_future(&entry);
        }
        let text = Some(entry.config_json().into());
        Ok(self.store.set_remote(Remote { config, etag: entry.etag().map(Into::into), text }, fetched_at))
    }

    /// Whether an entry of a fast clock is newer, by that clock, than all others so far.
    fn is_new_from_future(&self, entry: &Entry<'_>) -> bool {
        let time = entry.fetch_time_ms();
        self.last_from_future.fetch_max(time, Ordering::AcqRel) < time
    }

    fn fetch(&self, fetcher: &Fetcher, need: Need, report: &mut Report) {
        self.health.attempt(self.clock.unix_time());
        let etag = self.store.load().remote.as_ref().and_then(|remote| remote.etag.clone());
        let fetch = fetcher.fetch(etag.as_deref());
        report.fetched = true;
        if fetch.is_data_governance_out_of_sync {
            report.events.push(Event::DataGovernanceOutOfSync);
        }
        if let Some(error) = fetch.redirect_error {
            report.events.push(Event::FetchFailed(error));
        }
        let outcome = fetch.outcome.and_then(|outcome| match outcome {
            Outcome::Fetched(fetched) => self.publish(fetched),
            _ => Ok(false),
        });
        report.changed |= matches!(outcome, Ok(true));
        // A wrong SDK key is an answer too: the config that is there is as new as it gets.
        let is_answer = |error: &FetchError| error.kind() == FetchErrorKind::SdkKeyRejected;
        if outcome.as_ref().map_or_else(is_answer, |_| true) {
            self.store.touch(self.now_ms());
            self.write_to_cache(report);
        }
        let retry_after = outcome.as_ref().err().and_then(FetchError::retry_after);
        report.result = outcome.map(drop).map_err(|error| {
            report.events.push(Event::FetchFailed(error.clone()));
            error.into()
        });
        if self.closed.has_happened() {
            return; // A fetch that is cut off by closing has not failed.
        }
        let failures = self.health.ended(self.clock.unix_time(), report.result.as_ref().err());
        self.rest_lazily(need, failures, retry_after);
    }

    /// Publishes a fetched config; whether it is another one.
    fn publish(&self, fetched: Fetched) -> Result<bool, FetchError> {
        if let Some(remote) = &self.store.load().remote {
            let same = match (&fetched.etag, &remote.etag) {
                (Some(etag), Some(known)) => etag == known,
                _ => remote.text.as_deref() == Some(&fetched.body),
            };
            if same {
                return Ok(false); // the caller moves the time
            }
        }
        let config = Config::parse(&fetched.body).map_err(|cause| fetched.reject(cause))?;
        let is_needed = self.cache.is_some() || fetched.etag.is_none();
        let text = is_needed.then(|| fetched.body.as_str().into());
        let remote = Remote { config: Arc::new(config), etag: fetched.etag, text };
        Ok(self.store.set_remote(remote, self.now_ms()))
    }

    fn write_to_cache(&self, report: &mut Report) {
        let (Some(SharedCache { cache, key }), state) = (&self.cache, self.store.load_full()) else { return };
        let Some(remote) = &state.remote else { return };
        let Some(text) = &remote.text else { return };
        let etag = remote.etag.as_deref().unwrap_or_default();
        let written = Entry::new(state.fetched_at.unwrap_or_default(), etag, text)
            .map_err(BoxError::from)
            .and_then(|entry| catching(|| cache.write(key, &entry.to_string())));
        if let Err(cause) = written {
            let cause = with_causes(&*cause);
            self.health.cache_used(Some(cause.clone()));
            report.events.push(Event::CacheWriteFailed { cause });
        }
    }

    /// Whether there is no config, or it was fetched at least that long ago.
    pub(crate) fn is_older_than(&self, max_age: Duration) -> bool {
        self.age().is_none_or(|age| age >= max_age)
    }

    /// The time since the config was fetched or found unchanged; `None` if it never was, or if it cannot be
    /// told because the system's clock was set back.
    pub(crate) fn age(&self) -> Option<Duration> {
        let fetched_at = self.store.load().fetched_at?;
        self.now_ms().checked_sub(fetched_at).map(Duration::from_millis)
    }

    /// Whether lazy polling may refresh again.
    pub(crate) fn is_rested(&self) -> bool {
        millis(self.clock.monotonic()) >= self.lazy_rest.monotonic.load(Ordering::Acquire)
            || self.now_ms() >= self.lazy_rest.unix.load(Ordering::Acquire)
    }

    /// Makes lazy polling wait after a failure, and between looks into the cache while offline.
    fn rest_lazily(&self, need: Need, failures: u32, retry_after: Option<Duration>) {
        /// Doubled with each failure.
        const FIRST_REST: Duration = Duration::from_secs(1);
        let rest = match (need, failures) {
            (Need::OlderThanAndRested(max_age), 0) if self.is_older_than(max_age) => max_age,
            (_, 0) => Duration::ZERO,
            _ => backoff(FIRST_REST, failures, retry_after),
        };
        let rest = millis(rest);
        let monotonic = millis(self.clock.monotonic()).saturating_add(rest);
        self.lazy_rest.unix.store(self.now_ms().saturating_add(rest), Ordering::Release);
        self.lazy_rest.monotonic.store(monotonic, Ordering::Release);
    }

    /// Lets lazy polling refresh at once, since things have changed.
    pub(crate) fn end_rest(&self) {
        self.lazy_rest.monotonic.store(0, Ordering::Release);
    }

    fn now_ms(&self) -> u64 {
        millis(self.clock.unix_time())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Runs the user's code; a panic is an error.
pub(crate) fn catching<T>(run: impl FnOnce() -> Result<T, BoxError>) -> Result<T, BoxError> {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|panic| Err(format!("panicked: {}", panic_message(&*panic)).into()))
}

/// The error with all its causes.
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Need, Refresher};
    use crate::{
        clock::SystemClock, health::HealthRecord, notify::event::Event, refresh::Rest, refresh::store::Store,
        sync::fork::PerProcess, sync::latch::Signal,
    };
    use configcat_fetch::{BaseUrl, FetchOptions, Fetcher, Proxy, SdkKey};
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
        sync::{Arc, atomic::AtomicU64},
        thread,
    };

    /// A server that answers that many requests with what `body` makes of its own base URL.
    fn serve(
        requests: usize,
        body: impl Fn(&str) -> String + Send + 'static,
    ) -> (String, thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let body = body(&url);
        let answer = move || {
            for _ in 0..requests {
                let (mut stream, _) = listener.accept().unwrap();
                let head = BufReader::new(&stream).lines().map_while(Result::ok);
                head.take_while(|line| !line.is_empty()).for_each(drop);
                let length = body.len();
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
                )
                .unwrap();
            }
        };
        (url, thread::spawn(answer))
    }

    /// Only here the CDN can be one that is not ConfigCat's.
    #[test]
    fn a_data_governance_that_is_out_of_sync_is_warned_of_once() {
        let config =
            |url: &str, redirect: u8| format!(r#"{{"p": {{"u": "{url}", "r": {redirect}}}, "f": {{}}}}"#);
        let (right, at_right) = serve(2, move |own| config(own, 0));
        let target = right.clone();
        let (wrong, at_wrong) = serve(1, move |_| config(&target, 1));
        let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012").unwrap();
        let options = FetchOptions::new(key).cdn(BaseUrl::parse(&wrong).unwrap()).proxy(Proxy::None);
        let refresher = Refresher {
            store: Store::new(None),
            fetcher: Some(PerProcess::new(Fetcher::new(options).unwrap())),
            cache: None,
            clock: Arc::new(SystemClock::new()),
            health: HealthRecord::new(),
            lazy_rest: Rest::default(),
            closed: Signal::new(),
            last_from_future: AtomicU64::new(0),
        };
        let warnings = || {
            let report = refresher.refresh(Need::Now { by_user: true }, false);
            report.result.unwrap();
            report.events.iter().filter(|event| matches!(event, Event::DataGovernanceOutOfSync)).count()
        };
        assert_eq!((warnings(), warnings()), (1, 0), "from the second fetch on it goes where it should");
        at_wrong.join().unwrap();
        at_right.join().unwrap();
    }
}
