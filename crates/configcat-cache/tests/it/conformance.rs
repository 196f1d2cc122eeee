//! The backends pass the conformance suite, and a backend that breaks a promise does not.

use std::{
    collections::HashMap,
    error::Error,
    mem,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Condvar, Mutex},
    thread::{self, ThreadId},
};

use configcat_cache::{
    BoxError, ConfigCache, FileCache, MemoryCache,
    conformance::{Promise, check},
};

#[test]
fn the_memory_cache_keeps_every_promise() {
    let cache = MemoryCache::new();
    check(|| &cache).unwrap();
}

#[test]
fn the_file_cache_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    check(|| FileCache::new(folder.path())).unwrap();
    // The store need not be empty, and one instance may be used by all threads.
    let cache = FileCache::new(folder.path());
    check(|| &cache).unwrap();
}

#[test]
fn pointers_are_caches() {
    let cache: Arc<dyn ConfigCache> = Arc::new(MemoryCache::new());
    check(|| Arc::clone(&cache)).unwrap();
    check(|| -> Box<dyn ConfigCache> { Box::new(Arc::clone(&cache)) }).unwrap();
    check(|| &*cache).unwrap();
}

type Read = fn(&MemoryCache, &str) -> Result<Option<String>, BoxError>;
type Write = fn(&MemoryCache, &str, &str) -> Result<(), BoxError>;

/// A memory cache with something wrong on the way in or out.
struct Faulty {
    store: MemoryCache,
    read: Read,
    write: Write,
}

impl ConfigCache for Faulty {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        (self.read)(&self.store, key)
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        (self.write)(&self.store, key, value)
    }
}

#[track_caller]
fn assert_broken(promise: Promise, finding: &str, read: Read, write: Write) {
    let cache = Faulty { store: MemoryCache::new(), read, write };
    let violation = check(|| &cache).unwrap_err();
    assert_eq!(violation.to_string(), format!("{promise}: {finding}"));
    assert_eq!(violation.promise(), promise);
    assert_eq!(violation.source().is_some(), finding.ends_with("failed"));
}

const GOOD_READ: Read = |store, key| store.read(key);
const GOOD_WRITE: Write = |store, key, value| store.write(key, value);

#[test]
fn a_missing_key_must_read_as_none() {
    let empty: Read = |store, key| Ok(Some(store.read(key)?.unwrap_or_default()));
    assert_broken(Promise::MissingKey, "expected no value, found 0 bytes", empty, GOOD_WRITE);

    let failing: Read = |store, key| Ok(Some(store.read(key)?.ok_or("no such key")?));
    assert_broken(Promise::MissingKey, "reading failed", failing, GOOD_WRITE);
}

#[test]
fn a_value_must_be_read_back_as_it_was() {
    let refusing: Write = |_, _, _| Err("read-only".into());
    assert_broken(Promise::RoundTrip, "writing failed", GOOD_READ, refusing);

    let forgetting: Write = |_, _, _| Ok(());
    assert_broken(Promise::RoundTrip, "expected 31 bytes, found no value", GOOD_READ, forgetting);

    let trimming: Write = |store, key, value| store.write(key, value.trim_end());
    let finding = "expected 31 bytes, found 29 bytes that differ from byte 29 on";
    assert_broken(Promise::RoundTrip, finding, GOOD_READ, trimming);

    let changing_line_breaks: Write = |store, key, value| store.write(key, &value.replace("\r\n", "\n"));
    let finding = "expected 31 bytes, found 30 bytes that differ from byte 17 on";
    assert_broken(Promise::RoundTrip, finding, GOOD_READ, changing_line_breaks);

    let ascii: Read =
        |store, key| Ok(store.read(key)?.map(|text| text.replace(|c: char| !c.is_ascii(), "?")));
    let finding = "expected 55 bytes, found 35 bytes that differ from byte 0 on";
    assert_broken(Promise::RoundTrip, finding, ascii, GOOD_WRITE);
}

#[test]
fn a_value_must_be_replaced() {
    let keeping_the_first: Write = |store, key, value| match store.read(key)? {
        Some(_) => Ok(()),
        None => store.write(key, value),
    };
    let finding = "expected 6 bytes, found 12 bytes that differ from byte 0 on";
    assert_broken(Promise::Overwrite, finding, GOOD_READ, keeping_the_first);

    let not_truncating: Write = |store, key, value| {
        let old = store.read(key)?.unwrap_or_default();
        store.write(key, &format!("{value}{}", old.get(value.len()..).unwrap_or_default()))
    };
    let finding = "expected 6 bytes, found 12 bytes that differ from byte 6 on";
    assert_broken(Promise::Overwrite, finding, GOOD_READ, not_truncating);
}

#[test]
fn keys_must_be_separate() {
    let finding = "expected no value, found 40 bytes";
    let without_last: (Read, Write) =
        (|store, key| store.read(&key[..39]), |store, key, value| store.write(&key[..39], value));
    assert_broken(Promise::SeparateKeys, finding, without_last.0, without_last.1);

    let without_first: (Read, Write) =
        (|store, key| store.read(&key[1..]), |store, key, value| store.write(&key[1..], value));
    assert_broken(Promise::SeparateKeys, finding, without_first.0, without_first.1);

    let room_for_one: (Read, Write) = (
        |store, key| Ok(store.read("slot")?.and_then(|text| text.strip_prefix(key).map(str::to_owned))),
        |store, key, value| store.write("slot", &format!("{key}{value}")),
    );
    let finding = "expected 40 bytes, found no value";
    assert_broken(Promise::SeparateKeys, finding, room_for_one.0, room_for_one.1);
}

#[test]
fn a_large_value_must_fit() {
    let cutting: Read = |store, key| Ok(store.read(key)?.map(|text| text.chars().take(65_535).collect()));
    let finding = "expected 1048590 bytes, found 69903 bytes that differ from byte 69903 on";
    assert_broken(Promise::LargeValue, finding, cutting, GOOD_WRITE);

    let refusing: Write = |store, key, value| match value.len() {
        0..=0x10_0000 => store.write(key, value),
        _ => Err("over 1 MiB".into()),
    };
    assert_broken(Promise::LargeValue, "writing failed", GOOD_READ, refusing);
}

/// Asks the store only for what it does not remember.
struct Hoarding<'a> {
    store: &'a MemoryCache,
    remembers: fn(&Option<String>) -> bool,
    seen: Mutex<HashMap<String, Option<String>>>,
}

impl ConfigCache for Hoarding<'_> {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        let mut seen = self.seen.lock().unwrap();
        if let Some(value) = seen.get(key).filter(|value| (self.remembers)(value)) {
            return Ok(value.clone());
        }
        let value = self.store.read(key)?;
        seen.insert(key.to_owned(), value.clone());
        Ok(value)
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        self.seen.lock().unwrap().insert(key.to_owned(), Some(value.to_owned()));
        self.store.write(key, value)
    }
}

#[test]
fn instances_must_share_the_store() {
    let violation = check(MemoryCache::new).unwrap_err();
    assert_eq!(violation.promise(), Promise::SharedStore);
    assert!(violation.to_string().ends_with("expected 6 bytes, found no value"), "{violation}");

    let store = MemoryCache::new();
    for (finding, remembers) in [
        ("found 6 bytes that differ from byte 0 on", Option::is_some as fn(&_) -> _),
        ("expected 6 bytes, found no value", Option::is_none),
    ] {
        let violation = check(|| Hoarding { store: &store, remembers, seen: Mutex::default() }).unwrap_err();
        assert_eq!(violation.promise(), Promise::SharedStore);
        assert!(violation.to_string().ends_with(finding), "{violation}");
    }
}

/// Cache that shows a torn value once: the first write of another thread waits until a reader has
/// seen it.
struct Tearing {
    store: MemoryCache,
    home: ThreadId,
    phase: Mutex<Phase>,
    changed: Condvar,
    torn: Read,
}

#[derive(PartialEq)]
enum Phase {
    Before,
    Torn,
    Seen,
}

impl Tearing {
    fn new(torn: Read) -> Self {
        let (phase, changed) = (Mutex::new(Phase::Before), Condvar::new());
        Self { store: MemoryCache::new(), home: thread::current().id(), phase, changed, torn }
    }
}

impl ConfigCache for Tearing {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        let mut phase = self.phase.lock().unwrap();
        if *phase == Phase::Torn {
            *phase = Phase::Seen;
            self.changed.notify_all();
            return (self.torn)(&self.store, key);
        }
        self.store.read(key)
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        let mut phase = self.phase.lock().unwrap();
        if *phase == Phase::Before && thread::current().id() != self.home {
            *phase = Phase::Torn;
            drop(self.changed.wait_while(phase, |phase| *phase == Phase::Torn).unwrap());
        }
        self.store.write(key, value)
    }
}

#[test]
fn readers_must_get_whole_values() {
    for (finding, torn) in [
        (
            "found 65537 bytes that no thread wrote",
            (|store, key| Ok(store.read(key)?.map(|text| text[..65_537].into()))) as Read,
        ),
        ("found 131075 bytes that no thread wrote", |store, key| {
            Ok(store.read(key)?.map(|text| text[..131_074].to_owned() + "z"))
        }),
        ("found no value where there had been one", |_, _| Ok(None)),
        ("reading failed", |_, _| Err("locked by a writer".into())),
    ] {
        let cache = Tearing::new(torn);
        let violation = check(|| &cache).unwrap_err();
        assert_eq!(violation.to_string(), format!("{}: {finding}", Promise::WholeValues));
    }
}

#[test]
fn an_error_in_another_thread_is_reported() {
    let here_only: Write = |store, key, value| match thread::current().name() {
        Some(_) => store.write(key, value),
        None => Err("no connection for this thread".into()),
    };
    assert_broken(Promise::WholeValues, "writing failed", GOOD_READ, here_only);
}

#[test]
fn a_panic_of_the_backend_ends_the_check() {
    let panicking: Write = |store, key, value| match thread::current().name() {
        Some(_) => store.write(key, value),
        None => panic::resume_unwind(Box::new("the backend's panic")),
    };
    let cache = Faulty { store: MemoryCache::new(), read: GOOD_READ, write: panicking };
    let cause = panic::catch_unwind(AssertUnwindSafe(|| check(|| &cache))).unwrap_err();
    assert_eq!(cause.downcast_ref(), Some(&"the backend's panic"));
}

/// The cause of a panic that panics itself when it is dropped.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        panic::resume_unwind(Box::new("the cause was dropped"));
    }
}

#[test]
fn several_panics_end_only_the_check() {
    let panicking: Write = |store, key, value| match thread::current().name() {
        Some(_) => store.write(key, value),
        None => panic::resume_unwind(Box::new(Grenade)),
    };
    let cache = Faulty { store: MemoryCache::new(), read: GOOD_READ, write: panicking };
    let cause = panic::catch_unwind(AssertUnwindSafe(|| check(|| &cache))).unwrap_err();
    assert!(cause.is::<Grenade>());
    mem::forget(cause);
}
