//! Log events of the SDK: all ids, levels and texts (section 5 of the specification).

use std::{
    error::Error,
    fmt, io,
    mem::{Discriminant, discriminant},
    sync::Arc,
    time::Duration,
};

use configcat_eval::{Config, ErrorKind, EvaluationError, SettingType, Value, Warning};
use configcat_fetch::{FetchError, SdkKey};
use log::Level;

use crate::error::BuildError;

/// Largest record in bytes, except for the evaluation log. A config may have any number of keys,
/// and event 1001 lists them. The limit is that of a UDP datagram, in which syslog sends a record.
const MAX_LENGTH: usize = 64 * 1024 - "[1001] ".len() - '…'.len_utf8();

/// Largest number of keys that event 6002 names: a publication of the dashboard changes a few
/// flags, and a record with more names is not read.
const MAX_CHANGED_KEYS: usize = 10;

/// Number of keys that event 1001 lists. The sentence before the list names the closest key, so the
/// list is for a look at the config; 100 keys of 20 characters take 2.4 KB.
const MAX_LISTED_KEYS: usize = 100;

/// Sentence of the events for which a default is returned.
const DEFAULT: &str = "Returning the `default` parameter that you specified in your application";
/// End of the text of event 2002 for a flag that keeps its last valid value.
const LAST_VALID: &str =
    "Returning the value of the last config in which all values of the setting could be read.";
// The text of ConfigCat's other SDKs, like most texts below: people search for it, and log rules
// match it.
const OUT_OF_SYNC: &str = "The `data_governance` option specified at the client initialization is not in sync with \
    the preferences on the ConfigCat Dashboard. Read more: https://configcat.com/docs/advanced/data-governance/";
const FORKED: &str = "The process was forked. The client's thread stayed in the parent process,";

/// Cause of an event: the key, the text of a parse error, the kind of an evaluation error, and the
/// type of a default.
type Cause<'a> = (&'a str, &'a str, Option<Discriminant<ErrorKind>>, Option<Discriminant<SettingType>>);

/// Log event. Each variant has its id as documentation.
pub(crate) enum Event<'a> {
    /// 1000
    ConfigMissing { key: &'a str, default: &'a Value, reason: &'a dyn fmt::Display },
    /// 1000
    ConfigMissingForAll { returned: &'static str, reason: &'a dyn fmt::Display },
    /// 1001
    KeyMissing { key: &'a str, default: &'a Value, config: Option<&'a Config> },
    /// 1002
    EvaluationFailed { key: &'a str, default: Option<&'a Value>, error: &'a EvaluationError },
    /// 1100 to 1107
    FetchFailed(FetchError),
    /// 1200
    PollPanicked { message: String },
    /// 2002
    TypeMismatch { key: &'a str, default: &'a Value, setting: SettingType },
    /// 2002
    Misfit {
        key: &'a str,
        /// The default if it is returned; `None` if the last valid value is.
        default: Option<&'a Value>,
        value: &'a Value,
        wanted: &'static str,
        cause: &'a str,
        /// `true` if the value is an override of a request.
        is_overridden: bool,
    },
    /// 2011
    VariationMissing { variation_id: &'a str },
    /// 2012
    FlagProblem(Arc<dyn Error + Send + Sync>),
    /// 2200
    CacheReadFailed { cause: String },
    /// 2201
    CacheWriteFailed { cause: String },
    /// 1301
    NotBuilt(Arc<BuildError>),
    /// 1302
    OverridesFailed { cause: String },
    /// 1003
    HookPanicked { hook: &'static str, message: String },
    /// 3001, 3003, 3004, 3005
    Evaluation(&'a Warning),
    /// 3000
    SecondClient { sdk_key: &'a SdkKey },
    /// 3002
    DataGovernanceOutOfSync,
    /// 3200
    Offline,
    /// 3201
    Closed { method: &'static str },
    /// 3202
    LocalOnly { method: &'static str },
    /// 3204, with the empty key for all overrides of a request
    OverrideRefused { key: &'a str, reason: &'a str },
    /// 3203
    Forked { failure: Option<io::Error> },
    /// 4200
    NotReady { after: Duration },
    /// 4201
    WaitedForConfig { waited: Duration },
    /// 5000
    Evaluated(&'a dyn fmt::Display),
    /// 5200
    Switched { offline: bool },
    /// 6000
    Fetched { settings: usize, bytes: usize, took: Duration },
    /// 6001
    Unchanged { took: Duration },
    /// 6002
    ConfigChanged { old: Arc<Config>, new: Arc<Config> },
    /// 6003
    NextPoll { wait: Duration },
    /// 6004
    CacheUsed { settings: usize, age: Duration },
}

impl Event<'_> {
    /// Returns the id, by which log rules recognize the event.
    pub(crate) fn id(&self) -> u16 {
        match self {
            Self::ConfigMissing { .. } | Self::ConfigMissingForAll { .. } => 1000,
            Self::KeyMissing { .. } => 1001,
            Self::EvaluationFailed { .. } => 1002,
            Self::NotBuilt(_) => 1301,
            Self::OverridesFailed { .. } => 1302,
            Self::HookPanicked { .. } => 1003,
            Self::FetchFailed(error) => error.kind().event_id(),
            Self::PollPanicked { .. } => 1200,
            Self::TypeMismatch { .. } | Self::Misfit { .. } => 2002,
            Self::VariationMissing { .. } => 2011,
            Self::FlagProblem(_) => 2012,
            Self::CacheReadFailed { .. } => 2200,
            Self::CacheWriteFailed { .. } => 2201,
            Self::Evaluation(warning) => warning.id(),
            Self::SecondClient { .. } => 3000,
            Self::DataGovernanceOutOfSync => 3002,
            Self::Offline => 3200,
            Self::Closed { .. } => 3201,
            Self::LocalOnly { .. } => 3202,
            Self::Forked { .. } => 3203,
            Self::OverrideRefused { .. } => 3204,
            Self::NotReady { .. } => 4200,
            Self::WaitedForConfig { .. } => 4201,
            Self::Evaluated(_) => 5000,
            Self::Switched { .. } => 5200,
            Self::Fetched { .. } => 6000,
            Self::Unchanged { .. } => 6001,
            Self::ConfigChanged { .. } => 6002,
            Self::NextPoll { .. } => 6003,
            Self::CacheUsed { .. } => 6004,
        }
    }

    /// Returns the level of the record.
    pub(crate) fn level(&self) -> Level {
        match self.id() {
            // The thousands of an id give its level (section 5 of the specification).
            ..3000 => Level::Error,
            3000..5000 => Level::Warn,
            5000..6000 => Level::Info,
            _ => Level::Debug,
        }
    }

    /// Returns the cause, which differs among the events of one id. One record is written for each
    /// cause until the config changes.
    pub(crate) fn cause(&self) -> Cause<'_> {
        match self {
            Self::ConfigMissing { key, .. } | Self::KeyMissing { key, .. } => (key, "", None, None),
            Self::ConfigMissingForAll { returned, .. } => (returned, "", None, None),
            Self::EvaluationFailed { key, error, .. } => (key, "", Some(discriminant(error.kind())), None),
            Self::TypeMismatch { key, default, .. } => {
                (key, "", None, Some(discriminant(&default.setting_type())))
            }
            // A request may bring another text each time, so its cause would be a new one too.
            Self::Misfit { key, is_overridden: true, .. } => (key, "", None, None),
            Self::Misfit { key, cause, .. } | Self::OverrideRefused { key, reason: cause } => {
                (key, cause, None, None)
            }
            Self::VariationMissing { variation_id } => (variation_id, "", None, None),
            _ => ("", "", None, None),
        }
    }

    /// Returns the error behind the event, for the error hook.
    pub(crate) fn error(&self) -> Option<Arc<dyn Error + Send + Sync>> {
        match self {
            Self::FetchFailed(error) => Some(Arc::new(error.clone())),
            Self::EvaluationFailed { error, .. } => Some(Arc::new((*error).clone())),
            Self::FlagProblem(problem) => Some(problem.clone()),
            Self::NotBuilt(error) => Some(error.clone()),
            _ => None,
        }
    }
}

/// Writes the text. Evaluations and warnings have the text that all SDKs agree on; every other text
/// is kept in one line, because it quotes keys, values, servers and caches.
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // An evaluation log has several lines, and the evaluator limits and escapes it.
            Self::Evaluated(_) | Self::Evaluation(_) => self.write(f),
            _ => self.write(&mut OneLine::new(f)),
        }
    }
}

/// Writer that escapes control characters, and ends the text where it gets too long.
pub(crate) struct OneLine<'a, 'f> {
    out: &'a mut fmt::Formatter<'f>,
    /// Number of bytes that may follow, without the ellipsis; `None` after the ellipsis.
    left: Option<usize>,
}

impl<'a, 'f> OneLine<'a, 'f> {
    pub(crate) fn new(out: &'a mut fmt::Formatter<'f>) -> Self {
        Self { out, left: Some(MAX_LENGTH) }
    }
}

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Most texts are plain ASCII: a list of keys is not to be looked at character by character.
        let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if let Some(left) = self.left.and_then(|left| left.checked_sub(text.len())).filter(|_| is_plain) {
            self.left = Some(left);
            return self.out.write_str(text);
        }
        // Without the escapes, a key with a line feed could forge a record of its own.
        for c in text.chars() {
            let Some(left) = self.left else { break };
            let length = if c.is_control() { c.escape_default().len() } else { c.len_utf8() };
            // Whole characters only: half an escape or half a code point would be misread.
            self.left = left.checked_sub(length);
            if self.left.is_none() {
                return self.out.write_char('…');
            }
            if c.is_control() { write!(self.out, "{}", c.escape_default()) } else { self.out.write_char(c) }?;
        }
        Ok(())
    }
}

impl Event<'_> {
    /// Writes the text as it is, without escapes and without a limit.
    fn write(&self, f: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::ConfigMissing { key, default, reason } => write!(
                f,
                "Config JSON is not present when evaluating setting '{key}'. {DEFAULT}: '{default}'. \
                 Reason: {reason}."
            ),
            Self::ConfigMissingForAll { returned, reason } => {
                write!(f, "Config JSON is not present. Returning {returned}. Reason: {reason}.")
            }
            Self::KeyMissing { key, default, config } => write_missing_key(f, key, default, *config),
            Self::EvaluationFailed { key, default, error } => {
                write!(f, "Error occurred while evaluating setting '{key}': {error}.")?;
                default.iter().try_for_each(|default| write!(f, " {DEFAULT}: '{default}'."))
            }
            // `{:#}` adds the causes: without them a TLS failure cannot be diagnosed.
            Self::FetchFailed(error) => write!(f, "Failed to fetch config JSON: {error:#}"),
            Self::PollPanicked { message } => write!(f, "Error occurred during auto polling: {message}"),
            Self::TypeMismatch { key, default, setting } => write_type_mismatch(f, key, default, *setting),
            Self::Misfit { key, default, value, wanted, cause, is_overridden: _ } => {
                write!(f, "The value of a setting must fit the type of the specified default value. ")?;
                write!(f, "The value '{value}' of setting '{key}' cannot be read as {wanted}: {cause}. ")?;
                match default {
                    Some(default) => write!(f, "{DEFAULT}: '{default}'."),
                    None => f.write_str(LAST_VALID),
                }
            }
            Self::VariationMissing { variation_id } => {
                write!(f, "Could not find the setting for the specified variation ID: '{variation_id}'.")
            }
            Self::FlagProblem(problem) => write!(f, "A flag of the code does not fit the config: {problem}."),
            Self::CacheReadFailed { cause } => write!(f, "Error occurred while reading the cache: {cause}"),
            Self::CacheWriteFailed { cause } => write!(f, "Error occurred while writing the cache: {cause}"),
            Self::NotBuilt(error) => write!(
                f,
                "Error occurred while building the client: {error}. The client is closed: it returns the values of \
                 flag overrides if they could be loaded, otherwise the `default` parameters."
            ),
            Self::OverridesFailed { cause } => {
                write!(
                    f,
                    "Error occurred while loading the flag overrides, the last valid ones are kept: {cause}"
                )
            }
            Self::HookPanicked { hook, message } => {
                write!(f, "Error occurred in a callback for `{hook}`: {message}")
            }
            // The text that all ConfigCat SDKs agree on, to the byte (section 3.3 of the
            // specification).
            Self::Evaluated(log) => write!(f, "{log}"),
            Self::Evaluation(warning) => write!(f, "{warning}"),
            Self::SecondClient { sdk_key } => write!(
                f,
                "There is another open client for the SDK key '{sdk_key}', and each of them fetches and keeps the \
                 config. Build one client for each SDK key and clone it."
            ),
            Self::DataGovernanceOutOfSync => f.write_str(OUT_OF_SYNC),
            Self::Offline => f.write_str("Client is in offline mode, it cannot initiate HTTP calls."),
            Self::Closed { method } => {
                write!(f, "The client is already closed, thus `{method}()` has no effect.")
            }
            Self::LocalOnly { method } => write!(
                f,
                "Client is configured to use the local-only override behavior, thus `{method}()` has no effect."
            ),
            Self::Forked { failure: None } => write!(f, "{FORKED} so it was started again in this one."),
            Self::Forked { failure: Some(cause) } => {
                write!(f, "{FORKED} and it could not be started again in this one: {cause}")
            }
            Self::OverrideRefused { key, reason } => write_refusal(f, key, reason),
            Self::NotReady { after } => write!(
                f,
                "The client was not ready within {after:?}. It continues with cached or overridden \
                 flags, or with the defaults."
            ),
            Self::WaitedForConfig { waited } => write!(
                f,
                "An evaluation waited {} ms for the first config. To wait before the first evaluation, call \
                 `client.ready().await` in async code, or `client.wait_for_ready(timeout)`. This is logged once.",
                waited.as_millis()
            ),
            Self::Switched { offline } => {
                write!(f, "Switched to {} mode.", if *offline { "OFFLINE" } else { "ONLINE" })
            }
            Self::Fetched { settings, bytes, took } => write!(
                f,
                "Fetched config JSON. Settings: {settings}, bytes: {bytes}, milliseconds: {}.",
                took.as_millis()
            ),
            Self::Unchanged { took } => {
                write!(f, "The config JSON is unchanged. Milliseconds: {}.", took.as_millis())
            }
            Self::ConfigChanged { old, new } => write_changes(f, old, new),
            Self::NextPoll { wait } => write!(f, "The next poll is in {:.1} s.", wait.as_secs_f64()),
            Self::CacheUsed { settings, age } => {
                write!(
                    f,
                    "Using the config JSON of the cache. Settings: {settings}, age: {:.1} s.",
                    age.as_secs_f64()
                )
            }
        }
    }
}

/// Writes event 1001, which names the key that is most like the missing one, and lists the first
/// keys of the config: a misspelled key is then seen at once.
fn write_missing_key(
    f: &mut impl fmt::Write,
    key: &str,
    default: &Value,
    config: Option<&Config>,
) -> fmt::Result {
    write!(f, "Failed to evaluate setting '{key}' (the key was not found in config JSON).")?;
    if let Some(similar) = config.and_then(|config| config.similar_key(key)) {
        write!(f, " Did you mean '{similar}'?")?;
    }
    write!(f, " {DEFAULT}: '{default}'. Available keys: [")?;
    let mut keys = config.iter().flat_map(|config| config.keys());
    for (index, key) in keys.by_ref().take(MAX_LISTED_KEYS).enumerate() {
        write!(f, "{}'{key}'", if index > 0 { ", " } else { "" })?;
    }
    match keys.count() {
        0 => {}
        more => write!(f, ", … and {more} more")?,
    }
    f.write_str("]. This is logged once for each key.")
}

/// Writes event 2002, which names both types.
fn write_type_mismatch(
    f: &mut impl fmt::Write,
    key: &str,
    default: &Value,
    setting: SettingType,
) -> fmt::Result {
    write!(
        f,
        "The type of a setting must match the type of the specified default value. Setting '{key}' is of type \
         {setting}, but the default value's type is {default_type}. Please use a default value which corresponds to \
         the setting type. {DEFAULT}: '{default}'. \
         Learn more: https://configcat.com/docs/sdk-reference/rust/#setting-type-mapping",
        default_type = default.setting_type()
    )
}

/// Writes event 3204, for the override of a setting or for all overrides of a request.
fn write_refusal(f: &mut impl fmt::Write, key: &str, reason: &str) -> fmt::Result {
    if key.is_empty() {
        write!(f, "The overrides of a request were refused, and no setting has another value: {reason}.")
    } else {
        write!(f, "The override of setting '{key}' for a request was refused: {reason}.")
    }
}

/// Writes event 6002. The configs are compared here, so only if a logger wants the record.
fn write_changes(f: &mut impl fmt::Write, old: &Config, new: &Config) -> fmt::Result {
    let changes: Vec<_> = new.changes(old).collect();
    if changes.is_empty() {
        return f.write_str("The config JSON has changed, and no setting in it.");
    }
    f.write_str("The config JSON has changed, in the settings ")?;
    for (index, change) in changes.iter().take(MAX_CHANGED_KEYS).enumerate() {
        write!(f, "{}'{}'", if index > 0 { ", " } else { "" }, change.key)?;
    }
    match changes.len().saturating_sub(MAX_CHANGED_KEYS) {
        0 => f.write_str("."),
        more => write!(f, " and {more} more."),
    }
}
