//! The faults of caches.

use std::time::{Duration, SystemTime};

use super::super::{
    REQUEST_TIMEOUT, State,
    trial::{BoxError, OLD, config, entry, hour_ago},
};

/// A fault of a cache.
#[derive(Clone)]
pub(in crate::faults) struct Fault {
    pub(super) name: &'static str,
    pub(super) read: Act,
    pub(super) write: Act,
    pub(super) planted: Planted,
    /// The events that are logged.
    pub(super) events: &'static [u64],
}

/// The effect on a call of the cache.
#[derive(Clone)]
pub(super) enum Act {
    Work,
    Fail(&'static str),
    Panic,
    /// Hangs until the fault ends.
    Hang,
    /// Hangs, and the fault ends by itself that long after the first call.
    HangFor(Duration),
    /// Works, and returns that late.
    After(Duration),
}

/// An entry that the client has not written.
#[derive(Clone, Copy)]
pub(super) enum Planted {
    Nothing,
    /// Is there when the fault begins, and can be replaced.
    Once(Text),
    /// Is there as long as the fault lasts.
    Always(Text),
    /// Is written anew before each read, by another program.
    Anew(Text),
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Text {
    OldEntry,
    FutureEntry,
    NoEntry,
    NoJson,
    NoConfig,
}

impl Text {
    pub(super) fn write(self) -> Result<String, BoxError> {
        let now = SystemTime::now();
        match self {
            Self::OldEntry => entry(&config(OLD), hour_ago()),
            Self::FutureEntry => entry(&config(OLD), now + Duration::from_secs(3600)),
            Self::NoEntry => Ok("rubbish".to_owned()),
            Self::NoJson => entry(r#"{"f":{"flag""#, now),
            Self::NoConfig => entry(r#"{"error":"x"}"#, now),
        }
    }
}

impl Fault {
    /// Whether calls wait.
    pub(super) fn is_slow(&self) -> bool {
        let waits = |act: &Act| matches!(act, Act::Hang | Act::HangFor(_) | Act::After(_));
        waits(&self.read) || waits(&self.write)
    }

    /// Whether calls may be late or not, depending on the moment.
    pub(super) fn is_late_at_times(&self) -> bool {
        matches!(self.read, Act::After(_)) && !self.events.is_empty()
    }

    /// Whether calls hang until the fault ends.
    pub(super) fn hangs(&self) -> bool {
        matches!(self.read, Act::Hang | Act::HangFor(_)) || matches!(self.write, Act::Hang)
    }

    /// Whether the fault ends although the trial does not end it.
    pub(super) fn ends_by_itself(&self) -> bool {
        matches!(self.read, Act::HangFor(_))
    }

    fn text(&self) -> Option<Text> {
        match self.planted {
            Planted::Nothing => None,
            Planted::Once(text) | Planted::Always(text) | Planted::Anew(text) => Some(text),
        }
    }

    /// Whether a client that starts with the fault gets a config from the cache.
    pub(super) fn brings_old_config(&self) -> bool {
        matches!(self.text(), Some(Text::OldEntry | Text::FutureEntry))
    }

    /// Whether a client that reads the entry takes it for one of now, and fetches an interval later.
    pub(super) fn delays_fetch(&self) -> bool {
        self.text() == Some(Text::FutureEntry)
    }

    /// The states of a client that the fault can meet.
    pub(super) fn states(&self) -> &'static [State] {
        let [_, not_cold @ ..] = &State::ALL;
        if self.brings_old_config() { not_cold } else { &State::ALL }
    }
}

/// All faults, and one without any effect to compare with.
pub(in crate::faults) fn faults() -> Vec<Fault> {
    let fault = |name, events, read, write| Fault { name, read, write, planted: Planted::Nothing, events };
    let planted = |name, events, planted, write| Fault { planted, ..fault(name, events, Act::Work, write) };
    let late = Act::After(REQUEST_TIMEOUT - REQUEST_TIMEOUT / 6);
    let slow = Act::After(REQUEST_TIMEOUT / 10);
    let fails = || Act::Fail("cannot be reached");
    let full = || Act::Fail("no space left");
    let read_only = || Act::Fail("read only");
    vec![
        fault("none", &[], Act::Work, Act::Work),
        fault("hangs when read", &[2200], Act::Hang, Act::Work),
        fault("hangs when written", &[2201], Act::Work, Act::Hang),
        fault("hangs for 0.5 s, then works", &[2200], Act::HangFor(Duration::from_millis(500)), Act::Work),
        fault("answers 0.25 s late", &[2200, 2201], late.clone(), late),
        fault("answers within 0.03 s", &[], slow.clone(), slow),
        fault("fails", &[2200, 2201], fails(), fails()),
        fault("panics", &[2200, 2201], Act::Panic, Act::Panic),
        fault("is full: only writes fail", &[2201], Act::Work, full()),
        planted("is read-only, with an old entry", &[2201], Planted::Always(Text::OldEntry), read_only()),
        planted("has an entry of the future", &[], Planted::Once(Text::FutureEntry), Act::Work),
        planted(
            "is read-only, with an entry of the future",
            &[2201],
            Planted::Always(Text::FutureEntry),
            read_only(),
        ),
        planted("gives no entry", &[2200], Planted::Anew(Text::NoEntry), Act::Work),
        planted("gives an entry that is no JSON", &[2200], Planted::Anew(Text::NoJson), Act::Work),
        planted("gives an entry that is no config", &[2200], Planted::Anew(Text::NoConfig), Act::Work),
    ]
}
