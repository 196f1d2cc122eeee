//! The evaluating methods of a client.

use std::{
    fmt::{Debug, Display},
    str::FromStr,
    sync::{Arc, atomic::Ordering},
};

use configcat_eval::{Trace, User, Value};

use crate::{
    client::{Client, inner::ClientInner},
    evaluate::{
        all_values::AllValues,
        details::EvaluationDetails,
        flag::{AnyFlag, Flag},
        flag_cache::CachedLookup,
        flag_problem::FlagProblem,
        flag_value::{FlagType, FlagValue, Parsed},
        snapshot::Snapshot,
        view::View,
    },
    polling::PollingMode,
    refresh::{state::State, store::Store},
    sync::primitives::Guard,
};

impl Client {
    /// Returns the value of a flag for a user, or `default` if the flag cannot be evaluated.
    ///
    /// The type of `default` must be that of the setting: see [`FlagValue`]. With `None` as user,
    /// the [default user](Self::set_default_user) is used if there is one.
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
    /// # let flags = MapOverrides::new([("isNewUi", Value::from(true)), ("limit", 7.into()), ("share", 0.25.into())]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// use configcat::User;
    ///
    /// let user = User::new("42");
    /// let is_new: bool = client.get_value("isNewUi", false, &user);
    /// let limit: i64 = client.get_value("limit", 10, &user);
    /// let share: f64 = client.get_value("share", 0.5, None);
    /// let title: String = client.get_value("title", "Hello", None);
    /// assert_eq!((is_new, limit, share, title.as_str()), (true, 7, 0.25, "Hello"));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[inline]
    pub fn get_value<'u, T: FlagValue>(
        &self,
        key: &str,
        default: T,
        user: impl Into<Option<&'u User>>,
    ) -> T::Output {
        let state = self.prepared().store.current.load();
        View { shared: &self.shared, state: &state }.value(key, default, user.into())
    }

    /// Returns the value of a flag as any type that is [`FromStr`]: an enum of yours for a text
    /// setting, or a number of another size.
    ///
    /// The text of the value is parsed in each evaluation; `true`, `10` and `0.5` are the texts of
    /// other settings. If parsing fails, `default` is returned (event 2002 with the text and the
    /// error).
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
    /// # let flags = MapOverrides::new([("plan", Value::from("pro")), ("oldPlan", "gold".into()), ("limit", 7.into())]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// use std::str::FromStr;
    ///
    /// #[derive(Debug, PartialEq)]
    /// enum Plan {
    ///     Free,
    ///     Pro,
    /// }
    ///
    /// impl FromStr for Plan {
    ///     type Err = String;
    ///
    ///     fn from_str(text: &str) -> Result<Self, String> {
    ///         match text {
    ///             "free" => Ok(Self::Free),
    ///             "pro" => Ok(Self::Pro),
    ///             _ => Err("it is neither `free` nor `pro`".to_owned()),
    ///         }
    ///     }
    /// }
    ///
    /// assert_eq!(client.get_parsed("plan", Plan::Free, None), Plan::Pro);
    /// assert_eq!(client.get_parsed("oldPlan", Plan::Free, None), Plan::Free); // its text is `gold`
    /// assert_eq!(client.get_parsed("limit", 10_u32, None), 7);
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn get_parsed<'u, T: FromStr<Err: Display> + Debug>(
        &self,
        key: &str,
        default: T,
        user: impl Into<Option<&'u User>>,
    ) -> T {
        self.view(&self.state()).value(key, Parsed(default), user.into())
    }

    /// Returns the value of a flag as [`get_value`](Self::get_value) does, with the reason for it.
    ///
    /// ```
    /// # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
    /// # let flags = MapOverrides::new([("isNewUi", Value::from(true))]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// let details = client.get_value_details("isNewUi", false, None);
    /// assert!(details.value && !details.is_default_value());
    ///
    /// let details = client.get_value_details("isOldUi", false, None);
    /// assert!(details.error.is_some_and(|error| error.message().contains("the key was not found")));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn get_value_details<'u, T: FlagValue>(
        &self,
        key: &str,
        default: T,
        user: impl Into<Option<&'u User>>,
    ) -> EvaluationDetails<T::Output> {
        self.view(&self.state()).value_details(key, default, user.into())
    }

    /// Returns the value of a typed [`Flag`]: as [`get_value`](Self::get_value) with its key and
    /// default, and faster.
    #[inline]
    pub fn get<'u, T: FlagType + Clone>(
        &self,
        flag: &Flag<T>,
        user: impl Into<Option<&'u User>>,
    ) -> T::Output {
        let inner = self.prepared();
        // A constant of the current generation needs neither the state nor the evaluator.
        if let Some(CachedLookup::Constant(value)) = flag.cache.get(inner.store.generation()) {
            if let Some(value) = T::from_bool(value).filter(|_| !self.shared.has_observers()) {
                return value;
            }
        }
        self.get_from(&inner.store, flag, user.into())
    }

    /// Returns the value of a typed flag that has no cached constant.
    // Not inlined into `get`, which would have to save six registers for it: `get` of a constant
    // `Flag<bool>` takes 56 instructions instead of 83.
    #[inline(never)]
    fn get_from<T: FlagType + Clone>(&self, store: &Store, flag: &Flag<T>, user: Option<&User>) -> T::Output {
        self.view(&store.current.load()).flag(flag, user)
    }

    /// Returns the flags that the config does not have, has with another type, or has with a text
    /// that cannot be parsed, for a flag that is `Json` or [`Parsed`]: for a check at startup.
    ///
    /// In automatic polling this waits for the first config as an evaluation does. See [`Flag`] for
    /// an example.
    #[must_use]
    pub fn check(&self, flags: &[&dyn AnyFlag]) -> Vec<FlagProblem> {
        self.view(&self.state()).check(flags)
    }

    /// Checks flags as [`check`](Self::check) does, and from now on also in each config that is
    /// published: each problem there is event 2012, before an evaluation comes upon it.
    ///
    /// Each text of a `Json` or [`Parsed`] flag is parsed then, also those of rules that match no
    /// user yet, on the thread that refreshes: a type that does not return stops automatic polling,
    /// as a hook does. At most ten invalid texts of a flag are reported.
    ///
    /// ```
    /// use configcat::{Client, Flag};
    /// # use configcat::{MapOverrides, OverrideBehavior};
    ///
    /// static NEW_UI: Flag<bool> = Flag::new("isNewUiEnabled", false);
    ///
    /// # let flags = MapOverrides::new([("isNewUiEnabled", true.into())]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// for problem in client.check_flags(&[&NEW_UI]) {
    ///     eprintln!("{problem}");
    /// }
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn check_flags(&self, flags: &[&dyn AnyFlag]) -> Vec<FlagProblem> {
        self.check_from_now_on(flags, false)
    }

    /// Checks flags as [`check_flags`](Self::check_flags) does, and from now on returns their last
    /// valid value instead of a text that cannot be parsed.
    ///
    /// While a flag has such a text in the current config, an evaluation that comes upon it
    /// evaluates the flag in the last config in which all of its texts could be parsed, for the
    /// same user. Event 2002 says so, and the details, such as rule and fingerprint, are those of
    /// that config. The default is returned if there is no such config: one that was replaced
    /// before this call does not count, nor does one before a config that does not have the flag,
    /// or has it with another type. The default is also returned if the earlier config has no value
    /// for the user, for example because a rule is broken.
    ///
    /// At most one earlier config is kept in memory for each flag, and only while the flag has an
    /// invalid text. The texts are parsed before their config is published: a type that does not
    /// return stops publishing. See [Last valid values](crate::docs::json#last-valid-values) for an
    /// example.
    pub fn keep_last_valid(&self, flags: &[&dyn AnyFlag]) -> Vec<FlagProblem> {
        self.check_from_now_on(flags, true)
    }

    fn check_from_now_on(&self, flags: &[&dyn AnyFlag], keeps_valid: bool) -> Vec<FlagProblem> {
        let store = &self.prepared().store;
        // Before the check: a config that is published meanwhile is checked by the refresh.
        let generation = store.current.load().generation;
        if self.shared.checked_flags.add(flags, generation, keeps_valid) {
            // A publication that has begun does not know these flags, and would forget the config
            // that is checked here. Only for new flags: a type that calls this while it is parsed
            // for a publication would restart that one without end.
            store.restart_publications();
        }
        let problems = self.view(&store.current.load()).check(flags);
        // A config may have been published after `generation` was read and before the flags were in
        // the list. Its refresh has not checked them, and in manual polling may be the last one.
        self.shared.client().report_flag_problems();
        problems
    }

    /// Returns the keys of all settings in the order of the config; without a config, an empty list
    /// (event 1000).
    #[must_use]
    pub fn get_all_keys(&self) -> Vec<String> {
        self.view(&self.state()).all_keys()
    }

    /// Returns the values of all settings that can be evaluated, by key; without a config, an empty
    /// map (event 1000).
    ///
    /// A setting that cannot be evaluated is left out and logged (event 1002). See [All
    /// flags](crate::docs::evaluating#all-flags) for an example.
    pub fn get_all_values<'u>(&self, user: impl Into<Option<&'u User>>) -> AllValues {
        self.view(&self.state()).all_values(user.into())
    }

    /// Returns the details of all settings that can be evaluated, in the order of the config.
    ///
    /// In all else it is as [`get_all_values`](Self::get_all_values).
    pub fn get_all_value_details<'u>(
        &self,
        user: impl Into<Option<&'u User>>,
    ) -> Vec<EvaluationDetails<Value>> {
        self.view(&self.state()).all_details(user.into())
    }

    /// Returns the key and the value that belong to a variation id; `None` if there is no such id
    /// (event 2011) or no config (event 1000).
    ///
    /// ```
    /// # use configcat::{Client, FileOverrides, OverrideBehavior, Value};
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("config.json");
    /// # std::fs::write(&path, r#"{"f": {"isNewUi": {"t": 0, "v": {"b": true}, "i": "a377be62"}}}"#)?;
    /// # let flags = FileOverrides::new(path);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// assert_eq!(client.get_key_and_value("a377be62"), Some(("isNewUi".to_owned(), Value::Bool(true))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn get_key_and_value(&self, variation_id: &str) -> Option<(String, Value)> {
        self.view(&self.state()).key_and_value(variation_id)
    }

    /// Returns the trace of an evaluation, which prints as the evaluation log; `None` without a
    /// config.
    ///
    /// This logs nothing and calls no hook. See [Why is it
    /// so?](crate::docs::evaluating#why-is-it-so) for an example.
    pub fn explain<'u>(&self, key: &str, user: impl Into<Option<&'u User>>) -> Option<Trace> {
        self.view(&self.state()).explain(key, user.into())
    }

    /// Returns a snapshot of the current config: all evaluations on it use the same config and
    /// never block.
    ///
    /// This call itself may wait for a config, as an evaluation does.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.prepared();
        self.current_snapshot()
    }

    /// Returns the client after the work that the polling mode asks for before an evaluation.
    #[inline]
    fn prepared(&self) -> &ClientInner {
        // Two loads and two branches on the path of each evaluation; the rest is cold.
        match self.shared.process.unforked() {
            Some(inner) if inner.is_prepared.load(Ordering::Acquire) => inner,
            _ => self.prepare(),
        }
    }

    #[cold]
    fn prepare(&self) -> &ClientInner {
        let client = self.client_ref();
        client.prepare();
        let is_lazy = matches!(self.shared.options.mode, PollingMode::LazyLoad(_));
        if !is_lazy && client.inner.ready.is_set() {
            client.inner.is_prepared.store(true, Ordering::Release);
        }
        client.inner
    }

    /// Returns the current state, after that work.
    #[inline]
    fn state(&self) -> Guard<Arc<State>> {
        self.prepared().store.current.load()
    }

    #[inline]
    fn view<'s>(&'s self, state: &'s State) -> View<'s> {
        View { shared: &self.shared, state }
    }
}
