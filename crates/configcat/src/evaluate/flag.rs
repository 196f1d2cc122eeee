//! Typed flags: they know their key, type and default.

use std::any::type_name;

use configcat_eval::SettingType;

use crate::evaluate::{
    flag_cache::FlagCache,
    flag_check::FlagCheck,
    flag_value::{FlagType, sealed},
};

/// Typed flag: key, type and default value in one place. See [`Client::get`](crate::Client::get)
/// and [`Client::check`](crate::Client::check); [`FlagType`] lists the types.
///
/// ```
/// use configcat::{Client, Flag, MapOverrides, OverrideBehavior, User, Value};
///
/// static NEW_UI: Flag<bool> = Flag::new("isNewUiEnabled", false);
/// static TITLE: Flag<&str> = Flag::new("title", "Hello");
///
/// let overrides = MapOverrides::new([("isNewUiEnabled", Value::from(true))]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// assert!(client.get(&NEW_UI, &User::new("42")));
///
/// // At startup: is each flag there, and of the type that the code takes it for?
/// let problems = client.check(&[&NEW_UI, &TITLE]);
/// assert_eq!(problems[0].to_string(), "flag 'title' is not in the config");
/// # Ok::<(), configcat::BuildError>(())
/// ```
///
/// A flag caches its place in the config, so keep it in a `static`; a `const` makes a new flag at
/// each use. Then an evaluation looks up the key only after the config has changed, and a bool
/// without targeting rules and percentage options is not even evaluated. A flag that is used with
/// several clients is fastest with the newest of their configs, and faster than a key with the
/// others.
///
/// A `static` has its type written. In a `let` without it, a number is an `i32`, as everywhere in
/// Rust: write `Flag::new("limit", 10_i64)` there.
#[derive(Debug)]
pub struct Flag<T> {
    key: &'static str,
    default: T,
    // In the flag rather than in the client, so that an evaluation needs no look-up by key or by
    // client.
    pub(crate) cache: FlagCache,
}

impl<T> Flag<T> {
    /// Returns a flag with this key and this default value.
    pub const fn new(key: &'static str, default: T) -> Self {
        Self { key, default, cache: FlagCache::new() }
    }

    /// Returns the key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// Returns the default value.
    #[must_use]
    pub const fn default_value(&self) -> &T {
        &self.default
    }
}

/// A [`Flag`] of any type, for lists of flags. See [`Client::check`](crate::Client::check).
///
/// ```
/// use configcat::{AnyFlag, Flag};
///
/// static NEW_UI: Flag<bool> = Flag::new("isNewUiEnabled", false);
/// static TITLE: Flag<&str> = Flag::new("title", "Hello");
/// static ALL: [&(dyn AnyFlag + Sync); 2] = [&NEW_UI, &TITLE];
///
/// let keys: Vec<&str> = ALL.iter().map(|flag| flag.key()).collect();
/// assert_eq!(keys, ["isNewUiEnabled", "title"]);
/// ```
pub trait AnyFlag: sealed::Sealed {
    /// Returns the key.
    fn key(&self) -> &str;

    /// Returns the type that the code reads the flag as.
    fn setting_type(&self) -> SettingType;

    #[doc(hidden)]
    // Hidden: no caller needs it, and it may change in any version.
    fn flag_check(&self) -> FlagCheck;
}

impl<T> sealed::Sealed for Flag<T> {}

impl<T: FlagType> AnyFlag for Flag<T> {
    fn key(&self) -> &str {
        self.key
    }

    fn setting_type(&self) -> SettingType {
        T::TYPE
    }

    fn flag_check(&self) -> FlagCheck {
        FlagCheck { key: self.key, setting_type: T::TYPE, type_name: type_name::<T>(), fault_of: T::fault_of }
    }
}
