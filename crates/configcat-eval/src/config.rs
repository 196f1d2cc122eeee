//! The compiled config and its evaluations.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{fmt, str::FromStr};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::{
    compile::{self, Document, Setting},
    describe::SettingDescription,
    error::ParseError,
    evaluate::Budget,
    hash::table_hash,
    model::Forms,
    served_value,
    slots::{Slot, Slots},
    value::{SettingType, Value},
};

/// A config, ready to be evaluated: parsed once, then read by any number of threads.
///
/// ```
/// use configcat_eval::{Config, User};
///
/// let config = Config::parse(r#"{"f": {"isNew": {"t": 0, "v": {"b": true}, "i": "a1"}}}"#)?;
/// let evaluation = config.evaluate("isNew", &User::new("42"))?;
/// assert_eq!(evaluation.value().as_bool(), Some(true));
/// assert_eq!(evaluation.variation_id(), Some("a1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Config {
    slots: Box<[Slot]>,
    /// Finds slots by the hash of their key.
    index: HashTable<u32>,
    hasher: RandomState,
    /// Where the prerequisite flags of the settings are, all in a row.
    links: Box<[Option<u32>]>,
}

impl Config {
    /// The most [work](crate#limits) that one evaluation may take, or one call of
    /// [`evaluate_all`](Self::evaluate_all), in bytes that are compared.
    pub const MAX_WORK: u64 = Budget::LIMIT.unsigned_abs();

    /// Reads a config JSON of version 6, 5 or 4; its shape tells which
    /// ([Documents](crate#documents)).
    ///
    /// Takes text or bytes, and keeps nothing of it borrowed. What is broken inside of a setting
    /// fails only when that setting is evaluated, with an error that names the place. Of settings
    /// with the same key the last counts.
    ///
    /// # Errors
    ///
    /// If the document is not UTF-8, not JSON, not an object, or no config; or has 4 GiB or more.
    /// See [`ParseError`].
    ///
    /// ```
    /// use configcat_eval::Config;
    ///
    /// let config = Config::parse(r#"{"isOld": {"v": true, "t": 0, "p": [], "r": []}}"#)?; // version 4
    /// assert_eq!(config.evaluate("isOld", None).unwrap().value().as_bool(), Some(true));
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    pub fn parse(json: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        compile::compile(json.as_ref(), Forms::Config).map(Self::new)
    }

    /// Reads the content of an override file: settings in the simple form `{"flags": {"key":
    /// value}}`, or a config JSON as [`parse`](Self::parse) reads it. The members of the document
    /// tell which of the two it is.
    ///
    /// In the simple form a value is a bool, a text or a number. A number that is written as an
    /// integer is read as int and as double alike
    /// ([`Evaluation::as_double`](crate::Evaluation::as_double)), also by prerequisite conditions;
    /// one that is written with a fraction, such as `2.0`, is a double. A value of another kind
    /// fails alone, when it is evaluated, with an error that names its place, such as
    /// `flags.isNew`.
    ///
    /// # Errors
    ///
    /// As those of [`parse`](Self::parse); if there is neither `flags` nor a config, with a hint
    /// what to write ([`ParseError::NoFlags`]); and if there is both `flags` and `f`, since then
    /// some settings would be ignored.
    ///
    /// ```
    /// use configcat_eval::Config;
    ///
    /// let config = Config::parse_overrides(r#"{"flags": {"isNew": true, "limit": 10, "bad": null}}"#)?;
    /// assert!(config.keys().eq(["isNew", "limit", "bad"]));
    /// assert_eq!(config.evaluate("limit", None).unwrap().as_double(), Some(10.0));
    /// assert_eq!(config.evaluate("bad", None).unwrap_err().to_string(), "flags.bad: setting value is missing");
    ///
    /// let error = Config::parse_overrides(r#"{"isLoud": true}"#).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     r#"neither "flags" nor a config JSON: settings belong into "flags", as {"flags": {"isLoud": true}}"#
    /// );
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    pub fn parse_overrides(json: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        compile::compile(json.as_ref(), Forms::Overrides).map(Self::new)
    }

    /// Returns a config of bare values: settings without rules, salt and variation ids.
    ///
    /// An integer is read as int and as double alike
    /// ([`Evaluation::as_double`](crate::Evaluation::as_double)), also by prerequisite conditions.
    /// Of values with the same key the last counts.
    ///
    /// ```
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Config::from_values([("isNew", Value::from(true)), ("title", "Hello".into())]);
    /// assert_eq!(config.evaluate("title", None).unwrap().value().as_text(), Some("Hello"));
    /// ```
    pub fn from_values<K: Into<Arc<str>>>(values: impl IntoIterator<Item = (K, Value)>) -> Self {
        let document = Arc::new(Document::default());
        let bare = |(key, value): (K, Value)| (Setting::bare(key.into(), value), document.clone());
        Self::of(values.into_iter().map(bare))
    }

    /// Returns the settings of both configs; where both have a key, the setting of `over` counts.
    ///
    /// Each setting keeps the salt and the segments of its own config; prerequisite flags are
    /// looked up in the merged one. Both configs stay as they are, and the settings are shared, not
    /// copied.
    ///
    /// ```
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Config::parse(
    ///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}}, "limit": {"t": 2, "v": {"i": 10}}}}"#,
    /// )?;
    /// let overrides = Config::from_values([("isNew", Value::from(true))]);
    /// let merged = config.merge(&overrides);
    /// assert_eq!(merged.evaluate("isNew", None).unwrap().value().as_bool(), Some(true));
    /// assert_eq!(merged.evaluate("limit", None).unwrap().value().as_int(), Some(10));
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    #[must_use]
    pub fn merge(&self, over: &Self) -> Self {
        // The settings of `over` come last, and the last of equal keys counts.
        let slots = self.slots.iter().chain(&over.slots);
        Self::of(slots.map(|slot| (slot.setting.clone(), slot.document.clone())))
    }

    fn of(settings: impl Iterator<Item = (Setting, Arc<Document>)>) -> Self {
        let mut slots = Slots::default();
        // The caller's iterator may claim any length, so at most 65,536 settings are reserved for.
        slots.reserve(settings.size_hint().0.min(1 << 16));
        settings.for_each(|(setting, document)| slots.insert(setting, document));
        Self::new(slots)
    }

    /// Looks up the prerequisite flags of all settings.
    fn new(slots: Slots) -> Self {
        let Slots { slots, index, hasher } = slots;
        let mut config = Self { slots: slots.into(), index, hasher, links: Box::default() };
        let mut links = Vec::new();
        for position in 0..config.slots.len() {
            // There are fewer of them than bytes in the documents.
            let first_link = u32::try_from(links.len()).unwrap_or(u32::MAX);
            if let Some(slot) = config.slots.get(position) {
                links.extend(slot.setting.links().map(|key| config.slot(key).map(|slot| slot.index)));
            }
            if let Some(slot) = config.slots.get_mut(position) {
                slot.first_link = first_link;
            }
        }
        // Looked up once here: evaluation follows a prerequisite flag without hashing its key.
        config.links = links.into();
        config
    }

    // A setting is found and, if it is constant, evaluated in the caller: a call would cost 30
    // instructions. Only the first slot whose tag of the hash is equal is compared here. A search
    // in a loop would have to save all its variables before each comparison, which is a call.
    #[inline(always)]
    pub(crate) fn slot(&self, key: &str) -> Option<&Slot> {
        let hash = table_hash(&self.hasher, key.as_bytes());
        let first = self.slots.get(*self.index.iter_hash(hash).next()? as usize)?;
        if *first.setting.key == *key { Some(first) } else { self.slot_after_another(hash, key) }
    }

    /// Finds a setting that is not the first one with its tag of the hash: one look-up of several
    /// dozens, since the tag has seven bits.
    #[cold]
    #[inline(never)]
    fn slot_after_another(&self, hash: u64, key: &str) -> Option<&Slot> {
        let mut slots = self.index.iter_hash(hash).filter_map(|&known| self.slots.get(known as usize));
        slots.find(|slot| *slot.setting.key == *key)
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Returns the prerequisite flag of link number `link` of the setting in `slot`.
    pub(crate) fn link(&self, slot: &Slot, link: u32) -> Option<&Slot> {
        let link = slot.first_link.checked_add(link)?;
        self.slots.get((*self.links.get(link as usize)?)? as usize)
    }

    /// Returns the positions of the prerequisite flags of a setting; `None` for a missing one.
    pub(crate) fn links(&self, slot: &Slot) -> &[Option<u32>] {
        let next = self.slots.get(slot.index as usize + 1);
        let end = next.map_or(self.links.len(), |next| next.first_link as usize);
        self.links.get(slot.first_link as usize..end).unwrap_or_default()
    }

    /// Returns the rules, options and default of a setting as data, to be shown to people; `None`
    /// if there is no such setting. See [`SettingDescription`] for an example.
    #[must_use]
    pub fn describe(&self, key: &str) -> Option<SettingDescription> {
        self.setting(key).map(|setting| setting.describe())
    }

    /// Returns the keys of all settings, in the order of the config JSON; also of those with
    /// faults.
    ///
    /// ```
    /// use configcat_eval::Config;
    ///
    /// let config = Config::parse(r#"{"f": {"isNew": {"t": 0, "v": {"b": true}}, "bad": 5}}"#)?;
    /// assert!(config.keys().eq(["isNew", "bad"]));
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| &*slot.setting.key)
    }

    /// Returns the type of a setting; `None` if there is no such setting or its type is unknown.
    #[must_use]
    pub fn setting_type(&self, key: &str) -> Option<SettingType> {
        self.setting(key)?.setting_type()
    }

    /// Returns the key of the setting that a variation id belongs to, and the value that it stands
    /// for; `None` if no setting serves a variation of that id.
    ///
    /// ```
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Config::parse(r#"{"f": {"isNew": {"t": 0, "v": {"b": true}, "i": "a1"}}}"#)?;
    /// assert_eq!(config.key_and_value("a1"), Some(("isNew", &Value::Bool(true))));
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    #[must_use]
    pub fn key_and_value(&self, variation_id: &str) -> Option<(&str, &Value)> {
        self.slots.iter().find_map(|slot| {
            let mut served = served_value::of_setting(slot);
            let wanted = served.find(|served| served.variation_id() == Some(variation_id))?;
            Some((&*slot.setting.key, wanted.value()))
        })
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Config {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(values: I) -> Self {
        Self::from_values(values)
    }
}

impl FromStr for Config {
    type Err = ParseError;

    fn from_str(json: &str) -> Result<Self, ParseError> {
        Self::parse(json)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("settings", &self.slots.len()).finish_non_exhaustive()
    }
}
