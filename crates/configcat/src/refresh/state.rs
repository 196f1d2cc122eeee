//! State of a client at one moment: what evaluations read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use configcat_eval::{Config, User};

use crate::{
    evaluate::{flag_cache::FlagPlaces, missing_keys::MissingKeys, parsed_texts::ParsedTexts},
    fingerprint::Fingerprint,
    sync::primitives::Arc,
};

/// State of a client at one moment. It never changes: a new state replaces it.
#[derive(Default)]
pub(crate) struct State {
    /// Config that flags are evaluated on: the remote one, the local one, or both merged.
    pub(crate) config: Option<Arc<Config>>,
    /// Time when the remote config was fetched or last found unchanged, in Unix milliseconds.
    pub(crate) fetched_at: Option<u64>,
    pub(crate) remote: Option<Arc<Remote>>,
    pub(super) local: Option<Arc<Config>>,
    /// Number of `config`, unique in the process: a typed flag may be used with several clients. 0
    /// without a config.
    pub(crate) generation: u64,
    /// Generation under which typed flags cache their look-ups: that of `config`. 0, under which
    /// they cache nothing, with overrides of a request: a flag that has cached an override would
    /// return it in all other requests.
    pub(crate) flag_generation: u64,
    /// Places of typed flags in `config`.
    pub(crate) places: Arc<FlagPlaces>,
    /// Keys that `config` does not have.
    pub(crate) missing: Arc<MissingKeys>,
    /// User of evaluations that have no other one, in the state of a request.
    // Here and not in the snapshot, which would take longer to make and to drop.
    pub(crate) user: Option<User>,
    /// Values that were parsed from texts of `config`.
    pub(crate) texts: ParsedTexts,
}

impl State {
    /// Returns the time when the remote config was fetched or last found unchanged; `None` without
    /// one.
    pub(crate) fn fetch_time(&self) -> Option<SystemTime> {
        self.remote.as_ref()?;
        UNIX_EPOCH.checked_add(Duration::from_millis(self.fetched_at?))
    }

    /// Returns the fingerprint of the remote config JSON; `None` without one.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        self.remote.as_ref().map(|remote| remote.fingerprint)
    }

    /// Returns this state with another time, and the same generation: flags keep their cached
    /// look-ups.
    pub(super) fn at(&self, fetched_at: Option<u64>) -> Self {
        Self {
            config: self.config.clone(),
            fetched_at,
            remote: self.remote.clone(),
            local: self.local.clone(),
            generation: self.generation,
            flag_generation: self.flag_generation,
            places: self.places.clone(),
            missing: self.missing.clone(),
            user: self.user.clone(),
            texts: self.texts.clone(),
        }
    }

    /// Returns this state with overrides of a request laid over its config.
    pub(crate) fn with_overrides(&self, config: Config) -> Self {
        Self {
            config: Some(Arc::new(config)),
            fetched_at: self.fetched_at,
            remote: self.remote.clone(),
            local: self.local.clone(),
            // That of the config below, so that a failure is logged once, and not for each request.
            generation: self.generation,
            flag_generation: 0,
            // The places of the config below are those of this one too.
            places: self.places.clone(),
            missing: self.missing.clone(),
            user: self.user.clone(),
            // Not those of the config below, which would keep the texts of each request.
            texts: self.texts.for_request(),
        }
    }

    /// Returns this state for a user.
    pub(crate) fn for_user(&self, user: &User) -> Self {
        Self { user: Some(user.clone()), ..self.at(self.fetched_at) }
    }
}

/// Config from the CDN or from the cache.
pub(crate) struct Remote {
    pub(crate) config: Arc<Config>,
    pub(crate) etag: Option<String>,
    /// Id of the config JSON: see [`Store::content_id`].
    pub(crate) content_id: u64,
    pub(crate) fingerprint: Fingerprint,
    /// Config JSON, if there is a cache to write it to. Without a cache it would only use memory.
    pub(crate) text: Option<Arc<str>>,
}
