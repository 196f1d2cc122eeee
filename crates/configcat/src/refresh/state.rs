//! State of a client at one moment: what evaluations read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use configcat_eval::{Config, User};

use crate::{
    evaluate::{
        flag_cache::FlagPlaces, flag_check::FlagCheck, missing_keys::MissingKeys, parsed_texts::ParsedTexts,
    },
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
    /// Flags that have an invalid text in `config`, each with the last state in which it had no
    /// such text. Only flags of
    /// [`keep_last_valid`](crate::Client::keep_last_valid); `None` if there is no such flag.
    pub(super) last_valid: Option<Arc<[LastValid]>>,
}

/// Last state in which a flag had no invalid text.
pub(crate) struct LastValid {
    flag: FlagCheck,
    state: State,
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
            last_valid: self.last_valid.clone(),
        }
    }

    /// Returns this state, which replaces `before`, with the last valid states of these flags.
    ///
    /// Before it is published: an evaluation never meets an invalid text without the state to use
    /// instead, and a snapshot always uses the same one.
    pub(super) fn with_last_valid(self, flags: &[FlagCheck], before: &Self) -> Self {
        let mut last_valid = Vec::new();
        for flag in flags.iter().filter(|flag| self.has(**flag) == Some(false)) {
            let is_valid = before.has(*flag) == Some(true);
            let state = if is_valid { Some(before) } else { before.last_valid(flag.key, flag.type_name) };
            last_valid.extend(state.map(|state| LastValid {
                flag: *flag,
                state: Self {
                    // That of this state, so that a warning is logged once for it.
                    generation: self.generation,
                    // States make no chain.
                    last_valid: None,
                    ..state.at(state.fetched_at)
                },
            }));
        }
        Self { last_valid: (!last_valid.is_empty()).then(|| last_valid.into()), ..self }
    }

    /// Returns the state to use for a flag that has an invalid text in this one.
    pub(crate) fn last_valid(&self, key: &str, type_name: &str) -> Option<&Self> {
        let mut states = self.last_valid.iter().flat_map(|states| states.iter());
        let is_same = |known: &&LastValid| known.flag.key == key && known.flag.type_name == type_name;
        states.find(is_same).map(|known| &known.state)
    }

    /// See [`FlagCheck::is_valid_in`].
    fn has(&self, flag: FlagCheck) -> Option<bool> {
        flag.is_valid_in(self.config.as_ref()?, &self.texts)
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
            last_valid: self.last_valid.clone(),
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
