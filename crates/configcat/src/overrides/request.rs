//! Overrides of one request: values for some flags, from code or from a text of the request.

use std::{
    collections::{HashMap, hash_map::Entry},
    error::Error,
    fmt,
    str::FromStr,
    sync::Arc,
};

use configcat_eval::{Config, Setting, SettingType, Value};

/// Longest text in bytes. Signed and in base64 it stays below 4 KiB, which a cookie may have (RFC
/// 6265, 6.1).
const MAX_BYTES: usize = 2048;

/// Largest number of flags of a text: far more than a person tries out at once, and few enough that
/// a request pays some microseconds for them.
const MAX_COUNT: usize = 64;

/// Longest key of a text in bytes: the dashboard allows 255 characters.
const MAX_KEY: usize = 255;

/// Values for some flags, for one request. See
/// [`Snapshot::with_overrides`](crate::Snapshot::with_overrides) and [One
/// request](crate::docs::requests).
///
/// A text has the form `isNewUi=true;limit=10`: keys with values, separated by semicolons. White
/// space around a key or a value and empty parts are ignored, and of values with the same key the
/// last counts. Each value is read as the type of its flag, so `title=10` is a text for a text
/// flag. For a key that the config does not have, `true` and `false` are bools, numbers are
/// numbers, and anything else is a text.
///
/// ```
/// use configcat::request::Overrides;
///
/// let from_text: Overrides = "isNewUi=true; limit=10".parse()?;
/// let from_code = Overrides::new([("isNewUi", true.into()), ("limit", 10.into())]);
/// assert_eq!(from_text.len(), from_code.len());
/// assert_eq!("isNewUi".parse::<Overrides>().unwrap_err().to_string(), "part 1 of the overrides is not of the form key=value");
/// # Ok::<(), configcat::request::OverridesError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides(Arc<[(Arc<str>, Given)]>);

/// Value of an override.
#[derive(Debug, Clone, PartialEq)]
enum Given {
    Value(Value),
    /// Text that is read as the type of the setting.
    Text(Arc<str>),
}

/// Error of a text that [`Overrides`] cannot be read from. Its text does not quote the other one.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverridesError {
    /// The text has more than 2 KiB.
    TooLong,
    /// The text has more than 64 flags.
    TooMany,
    /// A part has no `=`, or no key before it.
    NoKey {
        /// Number of the part, from 1.
        part: usize,
    },
    /// A key has more than 255 bytes.
    KeyTooLong {
        /// Number of the part, from 1.
        part: usize,
    },
    /// A key or a value has a control character, such as a line feed.
    ControlCharacter {
        /// Number of the part, from 1.
        part: usize,
    },
}

impl Overrides {
    /// Returns overrides with these keys and values. Of values with the same key the last counts.
    #[must_use]
    pub fn new<K: Into<Arc<str>>>(values: impl IntoIterator<Item = (K, Value)>) -> Self {
        values.into_iter().collect()
    }

    /// Reads overrides from a text such as `isNewUi=true;limit=10`.
    ///
    /// # Errors
    ///
    /// A part is not of the form `key=value` or has a control character, or the text exceeds a
    /// limit: 2 KiB, 64 flags, keys of 255 bytes.
    pub fn parse(text: &str) -> Result<Self, OverridesError> {
        if text.len() > MAX_BYTES {
            return Err(OverridesError::TooLong);
        }
        let mut values = Vec::new();
        for (part, pair) in (1..).zip(text.split(';')).filter(|(_, pair)| !pair.trim().is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or_default();
            let key = key.trim();
            if key.is_empty() {
                // The two forms are one mistake for a person: there is no value for a key.
                return Err(OverridesError::NoKey { part });
            }
            // The evaluation log quotes keys and values as they are, so the sender of a request
            // could forge lines of the log.
            if pair.trim().contains(char::is_control) {
                return Err(OverridesError::ControlCharacter { part });
            }
            if key.len() > MAX_KEY {
                return Err(OverridesError::KeyTooLong { part });
            }
            if values.len() == MAX_COUNT {
                return Err(OverridesError::TooMany);
            }
            values.push((key.into(), Given::Text(value.trim().into())));
        }
        Ok(Self::of(values))
    }

    /// Returns overrides with the last value of each key, at the place of the first one.
    // Also if the last one is refused later: its flag then keeps its value, and not an earlier
    // override of the same request.
    fn of(values: impl IntoIterator<Item = (Arc<str>, Given)>) -> Self {
        let (mut last, mut places) = (Vec::new(), HashMap::new());
        for value in values {
            match places.entry(value.0.clone()) {
                Entry::Vacant(place) => {
                    place.insert(last.len());
                    last.push(value);
                }
                Entry::Occupied(place) => {
                    if let Some(known) = last.get_mut(*place.get()) {
                        *known = value;
                    }
                }
            }
        }
        Self(last.into())
    }

    /// Returns the number of flags.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the keys, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| &**key)
    }

    /// Lays the values over a config, except those of another type than their setting, which are
    /// passed to `refuse` with the type of the setting.
    pub(crate) fn over(&self, config: &Arc<Config>, refuse: impl Fn(&str, SettingType)) -> Config {
        config.overlay(self.0.iter().filter_map(|(key, given)| {
            // Of the flag below other overrides, whose values may have lost its type: a whole
            // number of overrides is read as a decimal too.
            let setting = config.without_overlay().setting(key).or_else(|| config.setting(key));
            let value = given.read(setting);
            if let (None, Some(expected)) = (&value, setting.and_then(|setting| setting.setting_type())) {
                refuse(key, expected);
            }
            Some((key.clone(), value?))
        }))
    }
}

impl Given {
    /// Returns the value as one of the type of the setting; `None` if it is of another type.
    fn read(&self, setting: Option<Setting<'_>>) -> Option<Value> {
        // A broken setting has no type, and is replaced by a value of any type, as in a merge.
        let setting = setting.filter(|setting| setting.setting_type().is_some());
        let is = |kind| setting.is_none_or(|setting| setting.is_readable_as(kind));
        let text = match self {
            // A whole number in code may be meant for a double, as in overrides of a client.
            Self::Value(value @ Value::Int(_)) if is(SettingType::Double) => return Some(value.clone()),
            Self::Value(value) => return is(value.setting_type()).then(|| value.clone()),
            Self::Text(text) => text,
        };
        // The first type that fits both the setting and the text.
        let bool = || text.parse().ok().filter(|_| is(SettingType::Bool)).map(Value::Bool);
        let int = || text.parse().ok().filter(|_| is(SettingType::Int)).map(Value::Int);
        let double = || text.parse().ok().filter(|value: &f64| is(SettingType::Double) && value.is_finite());
        let any = || is(SettingType::Text).then(|| Value::Text(text.clone()));
        bool().or_else(int).or_else(|| double().map(Value::Double)).or_else(any)
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Overrides {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(values: I) -> Self {
        Self::of(values.into_iter().map(|(key, value)| (key.into(), Given::Value(value))))
    }
}

impl FromStr for Overrides {
    type Err = OverridesError;

    fn from_str(text: &str) -> Result<Self, OverridesError> {
        Self::parse(text)
    }
}

impl fmt::Display for OverridesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the overrides have more than {MAX_BYTES} bytes"),
            Self::TooMany => write!(f, "the overrides have more than {MAX_COUNT} flags"),
            Self::NoKey { part } => write!(f, "part {part} of the overrides is not of the form key=value"),
            Self::KeyTooLong { part } => {
                write!(f, "the key in part {part} of the overrides has more than {MAX_KEY} bytes")
            }
            Self::ControlCharacter { part } => {
                write!(f, "part {part} of the overrides has a control character")
            }
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for OverridesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for OverridesError {}
