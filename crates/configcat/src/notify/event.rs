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

use super::event_text::{self as text, FORKED, OUT_OF_SYNC, OVERRIDES_FAILED};
use crate::error::BuildError;

/// Largest record in bytes, except for the evaluation log. A config may have any number of keys,
/// and event 1001 lists them. The limit is that of a UDP datagram, in which syslog sends a record.
const MAX_LENGTH: usize = 64 * 1024 - "[1001] ".len() - '…'.len_utf8();

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
            Self::ConfigMissing { key, default, reason } => text::config_missing(f, key, default, reason),
            Self::ConfigMissingForAll { returned, reason } => {
                write!(f, "Config JSON is not present. Returning {returned}. Reason: {reason}.")
            }
            Self::KeyMissing { key, default, config } => text::missing_key(f, key, default, *config),
            Self::EvaluationFailed { key, default, error } => {
                text::evaluation_failed(f, key, *default, error)
            }
            // `{:#}` adds the causes: without them a TLS failure cannot be diagnosed.
            Self::FetchFailed(error) => write!(f, "Failed to fetch config JSON: {error:#}"),
            Self::PollPanicked { message } => write!(f, "Error occurred during auto polling: {message}"),
            Self::TypeMismatch { key, default, setting } => text::type_mismatch(f, key, default, *setting),
            Self::Misfit { key, default, value, wanted, cause, .. } => {
                text::misfit(f, key, *default, value, (wanted, cause))
            }
            Self::VariationMissing { variation_id } => {
                write!(f, "Could not find the setting for the specified variation ID: '{variation_id}'.")
            }
            Self::FlagProblem(problem) => write!(f, "A flag of the code does not fit the config: {problem}."),
            Self::CacheReadFailed { cause } => write!(f, "Error occurred while reading the cache: {cause}"),
            Self::CacheWriteFailed { cause } => write!(f, "Error occurred while writing the cache: {cause}"),
            Self::NotBuilt(error) => text::not_built(f, error),
            Self::OverridesFailed { cause } => write!(f, "{OVERRIDES_FAILED}: {cause}"),
            Self::HookPanicked { hook, message } => {
                write!(f, "Error occurred in a callback for `{hook}`: {message}")
            }
            // The text that all ConfigCat SDKs agree on, to the byte (section 3.3 of the
            // specification).
            Self::Evaluated(log) => write!(f, "{log}"),
            Self::Evaluation(warning) => write!(f, "{warning}"),
            Self::SecondClient { sdk_key } => text::second_client(f, sdk_key),
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
            Self::OverrideRefused { key, reason } => text::refusal(f, key, reason),
            Self::NotReady { after } => text::not_ready(f, *after),
            Self::WaitedForConfig { waited } => text::waited_for_config(f, *waited),
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
            Self::ConfigChanged { old, new } => text::changes(f, old, new),
            Self::NextPoll { wait } => write!(f, "The next poll is in {:.1} s.", wait.as_secs_f64()),
            Self::CacheUsed { settings, age } => write!(
                f,
                "Using the config JSON of the cache. Settings: {settings}, age: {:.1} s.",
                age.as_secs_f64()
            ),
        }
    }
}
