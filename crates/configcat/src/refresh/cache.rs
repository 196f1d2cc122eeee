//! Reads and writes of the shared cache in a refresh.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use configcat_cache::{BoxError, Entry};
use configcat_eval::Config;
use configcat_fetch::is_same_etag;

use super::{
    cache_calls::{Call, CallFailure, with_causes},
    refresher::{RefreshRequest, Report},
    state::Remote,
    store::MAX_CONFIG,
};
use crate::{client::inner::ClientRef, fingerprint::Fingerprint, notify::event::Event, sync::panics};

impl ClientRef<'_> {
    /// Reads the cache while a client is built that has no polling thread.
    pub(crate) fn read_cache_at_start(self) {
        let mut report = Report::new();
        let deadline = Instant::now() + self.shared.options.request_timeout;
        let read = panics::catch(|| self.read_cache(&mut report, deadline));
        let report = read.map_or_else(Report::panicked, |()| report);
        self.notify(&report, RefreshRequest::Now { by_user: false });
    }

    /// Reads the cache, and publishes its entry if that is newer. A failure is recorded in the
    /// report and in the health of the client.
    pub(super) fn read_cache(self, report: &mut Report, deadline: Instant) {
        let Some(cache) = &self.shared.options.cache else { return };
        let calls = &self.inner.refresher.cache_calls;
        let on_failed_write = |cause: BoxError| {
            report.events.push(Event::CacheWriteFailed { cause: with_causes(&*cause) });
        };
        let read =
            calls.read(cache, self.cache_limit(deadline), self.inner.closed.released(), on_failed_write);
        let cause = match read {
            Ok(None) => None,
            Ok(Some(text)) => self.take_entry(&text, report).err().map(|cause| with_causes(&*cause)),
            Err(failure) => match failure.cause() {
                Some(cause) => Some(cause),
                // It was reported before, and health still says so.
                None => return,
            },
        };
        self.inner.health.cache_used(cause.clone());
        report.events.extend(cause.map(|cause| Event::CacheReadFailed { cause }));
    }

    /// Publishes a cache entry, unless it is older than the config in memory.
    fn take_entry(self, text: &str, report: &mut Report) -> Result<(), BoxError> {
        let entry = Entry::parse(text)?;
        if entry.config_json().len() > MAX_CONFIG {
            return Err("the config JSON in the cache is larger than 64 MiB".into());
        }
        let store = &self.inner.store;
        let (id, calls) = (store.content_id(text), &self.inner.refresher.cache_calls);
        // Before parsing: most polls of a fleet find the entry that they found before.
        if calls.is_known_entry(id) {
            return Ok(());
        }
        self.take_new_entry(&entry, report)?;
        // After the entry was understood: an invalid entry is reported at each read, like a failing
        // cache.
        calls.entry_taken(id);
        Ok(())
    }

    /// Publishes an entry that this client has neither read nor written before.
    fn take_new_entry(self, entry: &Entry<'_>, report: &mut Report) -> Result<(), BoxError> {
        let store = &self.inner.store;
        let now = self.now_ms();
        // An entry from the future comes from a machine with a fast clock. It was fetched now at
        // the latest.
        let fetched_at = entry.fetch_time_ms().min(now);
        let state = store.current.load_full();
        if state.remote.is_some() && state.fetched_at.is_some_and(|known| fetched_at < known.min(now)) {
            return Ok(());
        }
        let content_id = store.content_id(entry.config_json());
        // The ETag identifies an entry (section 4.5 of the specification): with the same ETag
        // nothing is compiled again.
        let is_same = |known: &&Arc<Remote>| {
            let etags = entry.etag().zip(known.etag.as_deref());
            known.content_id == content_id || etags.is_some_and(|(new, known)| is_same_etag(new, known))
        };
        let etag = entry.etag().map(Into::into);
        let remote = match state.remote.as_ref().filter(is_same) {
            Some(known) => Remote {
                config: known.config.clone(),
                // The entry may have no ETag. The ETag in memory belongs to the same content, and
                // saves the next download.
                etag: etag.or_else(|| known.etag.clone()),
                content_id: known.content_id,
                fingerprint: known.fingerprint,
                text: known.text.clone(),
            },
            None => {
                let text = entry.config_json();
                let config = Arc::new(Config::parse(text)?);
                let fingerprint = Fingerprint::of(text);
                Remote { config, etag, content_id, fingerprint, text: Some(text.into()) }
            }
        };
        report.debug(|| Event::CacheUsed {
            settings: remote.config.keys().count(),
            age: Duration::from_millis(now.saturating_sub(fetched_at)),
        });
        report.changed |= store.set_remote(remote, fetched_at, &self.shared.checked_flags);
        Ok(())
    }

    /// Starts a write of the config to the cache.
    pub(super) fn start_cache_write(self) -> Option<Call> {
        let cache = self.shared.options.cache.as_ref()?;
        let state = self.inner.store.current.load_full();
        let remote = state.remote.as_ref()?;
        let etag = remote.etag.as_deref().unwrap_or_default();
        let entry = Entry::new(state.fetched_at.unwrap_or_default(), etag, remote.text.as_ref()?);
        let started = match entry {
            Ok(entry) => {
                let on_failed_write = |cause| self.report_failed_write(CallFailure::Failed(cause));
                let (calls, entry) = (&self.inner.refresher.cache_calls, entry.to_string());
                let content_id = self.inner.store.content_id(&entry);
                calls.start_write(cache, entry.into(), content_id, on_failed_write)
            }
            Err(cause) => Err(CallFailure::Failed(cause.into())),
        };
        started.map_err(|failure| self.report_failed_write(failure)).ok()
    }

    /// Waits for the end of a write, and reports its failure.
    pub(super) fn finish_cache_write(self, call: &Call, deadline: Instant) {
        let (calls, closed) = (&self.inner.refresher.cache_calls, self.inner.closed.released());
        let (time_left, limit) = (self.cache_limit(deadline), self.shared.options.cache_timeout);
        if let Err(failure) = calls.finish_write(call, time_left, limit, closed) {
            self.report_failed_write(failure);
        }
    }

    /// Reports a failed write to health and the log.
    fn report_failed_write(self, failure: CallFailure) {
        let Some(cause) = failure.cause() else { return };
        self.inner.health.cache_used(Some(cause.clone()));
        if !self.inner.closed.is_set() {
            self.shared.hooks.log(&Event::CacheWriteFailed { cause });
        }
    }

    /// Returns the maximum wait for the cache: its limit, and not beyond the deadline of the
    /// refresh.
    fn cache_limit(self, deadline: Instant) -> Duration {
        self.shared.options.cache_timeout.min(deadline.saturating_duration_since(Instant::now()))
    }
}
