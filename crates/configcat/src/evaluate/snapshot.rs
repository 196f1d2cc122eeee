//! Snapshots: one config that stays the same while the client goes on.

use std::{
    fmt::{self, Debug, Display},
    str::FromStr,
    sync::Arc,
    time::SystemTime,
};

use configcat_eval::{Config, Trace, User, Value};

use crate::{
    client::inner::Shared,
    evaluate::{
        all_values::AllValues,
        details::EvaluationDetails,
        flag::{AnyFlag, Flag},
        flag_problem::FlagProblem,
        flag_value::{FlagType, FlagValue, Parsed},
        view::View,
    },
    fingerprint::Fingerprint,
    refresh::store::State,
};

/// Config of one moment. Evaluations on it use the same config, never block and never do I/O.
///
/// Returned by [`Client::snapshot`](crate::Client::snapshot). It is cheap to make and to clone,
/// keeps its config in memory, and works after the client is closed or dropped. Default user and
/// hooks are those of the client.
///
/// ```
/// use configcat::{Client, MapOverrides, OverrideBehavior, Value};
///
/// let overrides = MapOverrides::new([("isNew", Value::from(true))]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// let snapshot = client.snapshot();
/// drop(client);
/// assert!(snapshot.get_value("isNew", false, None));
/// # Ok::<(), configcat::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Snapshot {
    // The inside of the client, not a `Client`: a snapshot must not keep the client open.
    shared: Arc<Shared>,
    state: Arc<State>,
}

impl Snapshot {
    pub(crate) fn new(shared: Arc<Shared>, state: Arc<State>) -> Self {
        Self { shared, state }
    }

    // Each method has the documentation of the method of `Client` with the same name, so that the
    // two cannot differ.

    /// See [`Client::get_value`](crate::Client::get_value).
    pub fn get_value<'u, T: FlagValue>(
        &self,
        key: &str,
        default: T,
        user: impl Into<Option<&'u User>>,
    ) -> T::Output {
        self.view().value(key, default, user.into())
    }

    /// See [`Client::get_parsed`](crate::Client::get_parsed).
    pub fn get_parsed<'u, T: FromStr<Err: Display> + Debug>(
        &self,
        key: &str,
        default: T,
        user: impl Into<Option<&'u User>>,
    ) -> T {
        self.view().value(key, Parsed(default), user.into())
    }

    /// See [`Client::get_value_details`](crate::Client::get_value_details).
    pub fn get_value_details<'u, T: FlagValue>(
        &self,
        key: &str,
        default: T,
        user: impl Into<Option<&'u User>>,
    ) -> EvaluationDetails<T::Output> {
        self.view().value_details(key, default, user.into())
    }

    /// See [`Client::get`](crate::Client::get).
    pub fn get<'u, T: FlagType + Clone>(
        &self,
        flag: &Flag<T>,
        user: impl Into<Option<&'u User>>,
    ) -> T::Output {
        self.view().flag(flag, user.into())
    }

    /// See [`Client::check`](crate::Client::check).
    #[must_use]
    pub fn check(&self, flags: &[&dyn AnyFlag]) -> Vec<FlagProblem> {
        self.view().check(flags)
    }

    /// See [`Client::get_all_keys`](crate::Client::get_all_keys).
    #[must_use]
    pub fn get_all_keys(&self) -> Vec<String> {
        self.view().all_keys()
    }

    /// See [`Client::get_all_values`](crate::Client::get_all_values).
    pub fn get_all_values<'u>(&self, user: impl Into<Option<&'u User>>) -> AllValues {
        self.view().all_values(user.into())
    }

    /// See [`Client::get_all_value_details`](crate::Client::get_all_value_details).
    pub fn get_all_value_details<'u>(
        &self,
        user: impl Into<Option<&'u User>>,
    ) -> Vec<EvaluationDetails<Value>> {
        self.view().all_details(user.into())
    }

    /// See [`Client::get_key_and_value`](crate::Client::get_key_and_value).
    #[must_use]
    pub fn get_key_and_value(&self, variation_id: &str) -> Option<(String, Value)> {
        self.view().key_and_value(variation_id)
    }

    /// See [`Client::explain`](crate::Client::explain).
    pub fn explain<'u>(&self, key: &str, user: impl Into<Option<&'u User>>) -> Option<Trace> {
        self.view().explain(key, user.into())
    }

    /// Returns the config, as the [hook](crate::Hooks::on_config_changed) gets it; `None` without
    /// one.
    ///
    /// An evaluation on it logs nothing and calls no hook. [`Config::describe`] returns its rules
    /// as data.
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
    /// # let overrides = MapOverrides::new([("isNew", Value::from(true))]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
    /// let snapshot = client.snapshot();
    /// let described = snapshot.config().and_then(|config| config.describe("isNew"));
    /// assert!(described.is_some_and(|setting| setting.rules.is_empty()));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[must_use]
    pub fn config(&self) -> Option<&Arc<Config>> {
        self.state.config.as_ref()
    }

    /// Returns the time when the config was fetched or last found unchanged; `None` if it never
    /// was, or if it is local only.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// # use configcat::Client;
    ///
    /// /// Returns whether the flags are older than ten minutes.
    /// fn is_old(client: &Client) -> bool {
    ///     let age = client.snapshot().fetch_time().map(|time| SystemTime::now().duration_since(time));
    ///     age.is_some_and(|age| age.unwrap_or_default() > Duration::from_secs(600))
    /// }
    /// ```
    #[must_use]
    pub fn fetch_time(&self) -> Option<SystemTime> {
        self.state.fetch_time()
    }

    /// Returns the fingerprint of the config JSON from the CDN or the cache; `None` without one.
    /// Overrides do not count.
    ///
    /// See [Fingerprints](crate::docs::observing#fingerprints).
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.state.fingerprint()
    }

    fn view(&self) -> View<'_> {
        View { shared: &self.shared, state: &self.state }
    }
}

impl Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("fetch_time", &self.fetch_time())
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}
