//! The faults of caches.

use std::time::{Duration, SystemTime};

use configcat::cache::BoxError;

use super::super::{
    cell::{REQUEST_TIMEOUT, State},
    trial::{OLD, config, entry, hour_ago},
};
use crate::faulty_cache::{Act, Behaviour, Planted};

/// A fault of a cache.
#[derive(Clone)]
pub(in crate::faults) struct Fault {
    pub(super) name: &'static str,
    read: Act,
    write: Act,
    entry: PlantedEntry,
    /// The events that are logged.
    pub(super) events: &'static [u64],
}

/// An entry in the cache that the client has not written. Entries have times, so their text is made
/// when the fault begins.
#[derive(Clone, Copy)]
enum PlantedEntry {
    Nothing,
    Old,
    FutureOnce,
    Future,
    Rubbish(fn() -> Result<String, BoxError>),
}

fn future() -> Result<String, BoxError> {
    entry(&config(OLD), SystemTime::now() + Duration::from_secs(3600))
}

fn no_entry() -> Result<String, BoxError> {
    Ok("rubbish".to_owned())
}

fn no_json() -> Result<String, BoxError> {
    entry(r#"{"f":{"flag""#, SystemTime::now())
}

fn no_config() -> Result<String, BoxError> {
    entry(r#"{"error":"x"}"#, SystemTime::now())
}

impl Fault {
    /// Returns whether calls of the cache return late or not at all.
    pub(super) fn is_slow(&self) -> bool {
        let waits = |act: &Act| matches!(act, Act::Hang | Act::HangFor(_) | Act::After(_));
        waits(&self.read) || waits(&self.write)
    }

    /// Returns whether a call may end before the client gives it up, or after that: the machine
    /// decides.
    pub(super) fn is_late_at_times(&self) -> bool {
        matches!(self.read, Act::After(_)) && !self.events.is_empty()
    }

    /// Returns whether calls hang until the fault ends.
    pub(super) fn hangs(&self) -> bool {
        matches!(self.read, Act::Hang | Act::HangFor(_)) || matches!(self.write, Act::Hang)
    }

    /// Returns whether the fault ends although the trial does not end it.
    pub(super) fn ends_by_itself(&self) -> bool {
        matches!(self.read, Act::HangFor(_))
    }

    /// Returns whether a client that starts with the fault gets a config from the cache.
    pub(super) fn brings_old_config(&self) -> bool {
        matches!(self.entry, PlantedEntry::Old) || self.delays_fetch()
    }

    /// Returns whether the entry is dated in the future. The client takes such an entry for one of
    /// now, and fetches an interval later.
    pub(super) fn delays_fetch(&self) -> bool {
        matches!(self.entry, PlantedEntry::FutureOnce | PlantedEntry::Future)
    }

    /// Returns the behavior of the cache during the fault.
    pub(super) fn behavior(&self) -> Result<Behaviour, BoxError> {
        let planted = match self.entry {
            PlantedEntry::Nothing => Planted::Nothing,
            PlantedEntry::Old => Planted::Always(entry(&config(OLD), hour_ago())?),
            PlantedEntry::FutureOnce => Planted::Once(future()?),
            PlantedEntry::Future => Planted::Always(future()?),
            PlantedEntry::Rubbish(text) => Planted::Anew(text),
        };
        Ok(Behaviour { read: self.read.clone(), write: self.write.clone(), planted })
    }

    /// Returns the states of a client in which the fault has an effect. A client with an old entry
    /// in its cache is not cold.
    pub(super) fn states(&self) -> &'static [State] {
        let [_, not_cold @ ..] = &State::ALL;
        if self.brings_old_config() { not_cold } else { &State::ALL }
    }
}

/// Returns all faults, and the name `none` for comparison.
pub(in crate::faults) fn faults() -> Vec<Fault> {
    let fault = |name, events, read, write| Fault { name, read, write, entry: PlantedEntry::Nothing, events };
    let planted = |name, events, entry, write| Fault { entry, ..fault(name, events, Act::Work, write) };
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
        planted("is read-only, with an old entry", &[2201], PlantedEntry::Old, read_only()),
        planted("has an entry of the future", &[], PlantedEntry::FutureOnce, Act::Work),
        planted("is read-only, with an entry of the future", &[2201], PlantedEntry::Future, read_only()),
        planted("gives no entry", &[2200], PlantedEntry::Rubbish(no_entry), Act::Work),
        planted("gives an entry that is no JSON", &[2200], PlantedEntry::Rubbish(no_json), Act::Work),
        planted("gives an entry that is no config", &[2200], PlantedEntry::Rubbish(no_config), Act::Work),
    ]
}
