//! Snapshots: one config that stays the same while the client goes on.

#[cfg(feature = "signed-overrides")]
use std::time::UNIX_EPOCH;
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
    notify::event::Event,
    overrides::request::Overrides,
    refresh::state::State,
};
#[cfg(feature = "signed-overrides")]
use crate::{
    overrides::signed::{OverrideSigner, TokenError},
    sync::panics,
};

/// Config of one moment. Evaluations on it use the same config, never block and never do I/O.
///
/// Returned by [`Client::snapshot`](crate::Client::snapshot). It is cheap to make and to clone,
/// keeps its config in memory, and works after the client is closed or dropped. Default user and
/// hooks are those of the client, unless the snapshot has a [user of its own](Self::for_user).
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

    /// Returns this snapshot for a user: evaluations without a user use this one, in place of the
    /// [default user](crate::Client::set_default_user) of the client.
    ///
    /// For the user of a request. See [One request](crate::docs::requests).
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior, User, Value};
    /// # let overrides = MapOverrides::new([("isNew", Value::from(true))]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
    /// let flags = client.snapshot().for_user(&User::new("42"));
    /// let details = flags.get_value_details("isNew", false, None);
    /// assert_eq!(details.user, Some(User::new("42")));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[must_use]
    pub fn for_user(self, user: &User) -> Self {
        Self { state: Arc::new(self.state.for_user(user)), ..self }
    }

    /// Returns this snapshot with other values for some flags. The client and all other snapshots
    /// keep theirs.
    ///
    /// The values are also those that other flags get which have an overridden flag as a
    /// prerequisite. A key that the config does not have becomes a flag. A value of another type
    /// than its flag is refused (event 3204), and the others count. [`EvaluationDetails`], which
    /// hooks get too, say so in `is_overridden`. Without a config nothing is overridden.
    ///
    /// It takes time for the values only, and not for the flags of the config. See [One
    /// request](crate::docs::requests).
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior, User, Value};
    /// # let flags = MapOverrides::new([("isNew", Value::from(false)), ("limit", 5.into())]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// use configcat::request::Overrides;
    ///
    /// let flags = client.snapshot().with_overrides(&Overrides::parse("isNew=true")?);
    /// assert!(flags.get_value("isNew", false, None));
    /// assert!(flags.get_value_details("isNew", false, None).is_overridden);
    /// assert_eq!(flags.get_value("limit", 0, None), 5);
    /// assert!(!client.get_value("isNew", false, None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_overrides(self, overrides: &Overrides) -> Self {
        let Some(config) = self.state.config.as_ref().filter(|_| !overrides.is_empty()) else { return self };
        let laid_over = overrides.over(config, |key, expected| {
            let reason = &format!("the setting is of type {expected}, and the value is not");
            self.view().log_once(&Event::OverrideRefused { key, reason });
        });
        Self { state: Arc::new(self.state.with_overrides(laid_over)), ..self }
    }

    /// Returns this snapshot with the overrides of a token, as
    /// [`with_overrides`](Self::with_overrides) does.
    ///
    /// A token that is not signed, was changed or has expired by the clock of the client changes
    /// nothing. It is logged once for each reason until the config changes (event 3204), without
    /// its content.
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior, User, Value};
    /// # let flags = MapOverrides::new([("isNew", Value::from(false))]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// use std::time::{Duration, SystemTime};
    /// use configcat::request::OverrideSigner;
    ///
    /// let signer = OverrideSigner::new("a key of at least 32 bytes, from a secret")?;
    /// let token = signer.sign("isNew=true", SystemTime::now() + Duration::from_secs(3600))?;
    /// // In the request, the token comes back in a header or a cookie.
    /// let flags = client.snapshot().with_signed_overrides(&signer, &token);
    /// assert!(flags.get_value("isNew", false, None));
    /// let flags = client.snapshot().with_signed_overrides(&signer, "isNew=true");
    /// assert!(!flags.get_value("isNew", false, None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "signed-overrides")]
    #[must_use]
    pub fn with_signed_overrides(self, signer: &OverrideSigner, token: &str) -> Self {
        // A clock of the application may panic, and that of the system is zero before 1970. Then no
        // token is valid.
        let now = panics::catch(|| self.shared.options.clock.unix_time()).ok().filter(|now| !now.is_zero());
        let now = now.and_then(|now| UNIX_EPOCH.checked_add(now)).ok_or(TokenError::Expired);
        match now.and_then(|now| signer.verify(token, now)) {
            Ok(overrides) => self.with_overrides(&overrides),
            Err(error) => {
                self.view().log_once(&Event::OverrideRefused { key: "", reason: error.reason() });
                self
            }
        }
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
        self.view().value(key, default, self.user_or_own(user.into()))
    }

    /// See [`Client::get_parsed`](crate::Client::get_parsed).
    pub fn get_parsed<'u, T: FromStr<Err: Display> + Debug>(
        &self,
        key: &str,
        default: T,
        user: impl Into<Option<&'u User>>,
    ) -> T {
        self.view().value(key, Parsed(default), self.user_or_own(user.into()))
    }

    /// See [`Client::get_value_details`](crate::Client::get_value_details).
    pub fn get_value_details<'u, T: FlagValue>(
        &self,
        key: &str,
        default: T,
        user: impl Into<Option<&'u User>>,
    ) -> EvaluationDetails<T::Output> {
        self.view().value_details(key, default, self.user_or_own(user.into()))
    }

    /// See [`Client::get`](crate::Client::get).
    pub fn get<'u, T: FlagType + Clone>(
        &self,
        flag: &Flag<T>,
        user: impl Into<Option<&'u User>>,
    ) -> T::Output {
        self.view().flag(flag, self.user_or_own(user.into()))
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
        self.view().all_values(self.user_or_own(user.into()))
    }

    /// See [`Client::get_all_value_details`](crate::Client::get_all_value_details).
    pub fn get_all_value_details<'u>(
        &self,
        user: impl Into<Option<&'u User>>,
    ) -> Vec<EvaluationDetails<Value>> {
        self.view().all_details(self.user_or_own(user.into()))
    }

    /// See [`Client::get_key_and_value`](crate::Client::get_key_and_value).
    #[must_use]
    pub fn get_key_and_value(&self, variation_id: &str) -> Option<(String, Value)> {
        self.view().key_and_value(variation_id)
    }

    /// See [`Client::explain`](crate::Client::explain).
    pub fn explain<'u>(&self, key: &str, user: impl Into<Option<&'u User>>) -> Option<Trace> {
        self.view().explain(key, self.user_or_own(user.into()))
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

    fn user_or_own<'u>(&'u self, user: Option<&'u User>) -> Option<&'u User> {
        user.or(self.state.user.as_ref())
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
