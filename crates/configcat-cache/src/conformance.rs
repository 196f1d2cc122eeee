//! Check that a backend keeps the promises of a [`ConfigCache`].
//!
//! Call [`check`] in a test of your backend. The error names the first broken [`Promise`], and the
//! difference:
//!
//! ```
//! use configcat_cache::{BoxError, ConfigCache, MemoryCache, conformance};
//!
//! /// Cuts values, as a text column of fixed width may do.
//! struct Narrow(MemoryCache);
//!
//! impl ConfigCache for Narrow {
//!     fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
//!         self.0.read(key)
//!     }
//!
//!     fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
//!         self.0.write(key, &value.chars().take(65_535).collect::<String>())
//!     }
//! }
//!
//! let cache = Narrow(MemoryCache::new());
//! let violation = conformance::check(|| &cache).unwrap_err();
//! assert_eq!(violation.promise(), conformance::Promise::LargeValue);
//! assert_eq!(
//!     violation.to_string(),
//!     "a value of 1 MiB is read back byte for byte: \
//!      expected 1048590 bytes, found 69903 bytes that differ from byte 69903 on",
//! );
//! ```

use std::{
    error::Error,
    fmt,
    hash::{BuildHasher, RandomState},
    mem, panic, process,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crate::{BoxError, ConfigCache, causes::write_causes};

/// Checks every promise of [`ConfigCache`]; returns `Ok` if the backend keeps all of them.
///
/// `open` returns an instance, and is called twice. Both instances must be **over one store**, such
/// as two connections to one database or two [`FileCache`](crate::FileCache)s of one folder. For a
/// backend whose store is the instance, return references to one: `|| &cache`.
///
/// The store may hold other values: the check uses keys of its own, new ones in each run. It writes
/// about 14 MB, mostly over one value, and leaves 1.2 MB there, so give it a store for tests. Up to
/// six threads call the two instances at once, even if both are the same.
///
/// The check makes some 120 writes, and reads until the last one has ended. It has no time limit: a
/// backend that hangs, against the advice of [`ConfigCache`](ConfigCache#time), hangs the check
/// too.
///
/// # Errors
///
/// The first [`Violation`], in the order of the variants of [`Promise`].
///
/// # Panics
///
/// If the backend panics, with its panic, or if the system gives no more threads.
///
/// # Examples
///
/// ```
/// use configcat_cache::{FileCache, MemoryCache, conformance};
///
/// let cache = MemoryCache::new();
/// conformance::check(|| &cache)?;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// conformance::check(|| FileCache::new(folder))?;
/// # Ok::<(), conformance::Violation>(())
/// ```
pub fn check<C: ConfigCache>(open: impl Fn() -> C) -> Result<(), Violation> {
    let (one, other) = (open(), open());
    // A random number in the keys, since a database still holds the values of earlier runs, and a
    // promise such as `MissingKey` needs a key that was never written.
    let store = Store { one: &one, other: &other, run: RandomState::new().hash_one(process::id()) };
    for (promise, check) in CHECKS {
        check(&store).map_err(|finding| Violation { promise, finding })?;
    }
    Ok(())
}

/// Promise of a [`ConfigCache`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Promise {
    /// A key that was never written reads as `Ok(None)`.
    MissingKey,
    /// A value is read back byte for byte, whatever its characters: line breaks, spaces at its
    /// ends, any Unicode except U+0000.
    RoundTrip,
    /// A write replaces the value of its key, be the new one shorter or longer.
    Overwrite,
    /// A write touches no other key, even if the keys differ in one character.
    SeparateKeys,
    /// All instances over one store see what any of them wrote, even if they have read an older
    /// value, or found no value.
    SharedStore,
    /// A value of 1 MiB is read back byte for byte.
    LargeValue,
    /// While several threads write, readers get one of the written values, whole.
    WholeValues,
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingKey => "a key that was never written reads as no value",
            Self::RoundTrip => "a value of any characters is read back byte for byte",
            Self::Overwrite => "a write replaces the value of its key",
            Self::SeparateKeys => "a write touches no other key",
            Self::SharedStore => "all instances over one store see what any of them wrote",
            Self::LargeValue => "a value of 1 MiB is read back byte for byte",
            Self::WholeValues => "readers get whole values while others write",
        })
    }
}

/// Error of [`check`]: a broken [`Promise`] and the difference. If the backend returned an error,
/// that error is the [`source`](Error::source), and `{:#}` and `{:?}` print it too.
pub struct Violation {
    promise: Promise,
    finding: Finding,
}

impl Violation {
    /// Returns the promise that is broken.
    #[must_use]
    pub fn promise(&self) -> Promise {
        self.promise
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.promise)?;
        match &self.finding {
            Finding::ReadFailed(_) => f.write_str("reading failed"),
            Finding::WriteFailed(_) => f.write_str("writing failed"),
            Finding::Unexpected { found: bytes } => write!(f, "expected no value, found {bytes} bytes"),
            Finding::Lost { expected } => write!(f, "expected {expected} bytes, found no value"),
            Finding::Differs { expected, found, equal } => {
                write!(f, "expected {expected} bytes, found {found} bytes that differ from byte {equal} on")
            }
            Finding::Torn { found: None } => f.write_str("found no value where there had been one"),
            Finding::Torn { found: Some(bytes) } => write!(f, "found {bytes} bytes that no thread wrote"),
        }?;
        write_causes(self, f)
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for Violation {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.finding {
            Finding::ReadFailed(error) | Finding::WriteFailed(error) => Some(&**error),
            _ => None,
        }
    }
}

/// Difference between the promise and the behaviour of the backend.
// Numbers are lengths in bytes: the values are too long to show.
#[derive(Debug)]
enum Finding {
    ReadFailed(BoxError),
    WriteFailed(BoxError),
    Unexpected { found: usize },
    Lost { expected: usize },
    Differs { expected: usize, found: usize, equal: usize },
    Torn { found: Option<usize> },
}

/// Two instances over the store under test.
struct Store<'a> {
    one: &'a dyn ConfigCache,
    other: &'a dyn ConfigCache,
    /// Number that distinguishes the keys of this run from those of all others.
    run: u64,
}

impl Store<'_> {
    /// Returns a key that looks like a real one. Keys with different ends differ only in the first
    /// or the last digit.
    fn key(&self, check: Promise, first: char, last: char) -> String {
        format!("{first}{:022x}{:016x}{last}", check as u8, self.run)
    }
}

type Check = fn(&Store<'_>) -> Result<(), Finding>;

// The simple promises come first: a backend that loses values breaks most of the later ones too,
// and only the first broken promise is reported.
const CHECKS: [(Promise, Check); 7] = [
    (Promise::MissingKey, missing_key),
    (Promise::RoundTrip, round_trip),
    (Promise::Overwrite, overwrite),
    (Promise::SeparateKeys, separate_keys),
    (Promise::SharedStore, shared_store),
    (Promise::LargeValue, large_value),
    (Promise::WholeValues, whole_values),
];

fn missing_key(store: &Store<'_>) -> Result<(), Finding> {
    expect(store.one, &store.key(Promise::MissingKey, '0', '0'), None)
}

fn round_trip(store: &Store<'_>) -> Result<(), Finding> {
    let values = [
        "1686756435844\nW/\"12-3\"\n{\"f\":{}}",
        "1686756435844\n\n{}",
        "1686756435844\na\n{\r\n\t\"f\": {}\r}\n\n",
        " \n1\na\n{} \t ",
        "1\na\n{\"quoted\":\"\\\"\\\\ ' `$0 %s {} \u{1}\u{7f}\"}",
        "\u{feff}1\na\n{\"text\":\"é e\u{301} ß İ 日本 \u{2028} \u{fffd} \u{10ffff} 🎉\"}",
    ];
    for (value, last) in values.into_iter().zip('0'..) {
        // Each value has its own key, since replacing a value is another promise.
        let key = store.key(Promise::RoundTrip, '0', last);
        write(store.one, &key, value)?;
        expect(store.one, &key, Some(value))?;
    }
    Ok(())
}

fn overwrite(store: &Store<'_>) -> Result<(), Finding> {
    let key = store.key(Promise::Overwrite, '0', '0');
    for value in ["1\na\n{\"f\":{}}", "2\nb\n{}", "3\nc\n{\"f\":{\"key\":{}}}", "3\nc\n{\"f\":{\"key\":{}}}"]
    {
        write(store.one, &key, value)?;
        expect(store.one, &key, Some(value))?;
    }
    Ok(())
}

fn separate_keys(store: &Store<'_>) -> Result<(), Finding> {
    let keys = [('0', '0'), ('0', 'f'), ('f', '0')]
        .map(|(first, last)| store.key(Promise::SeparateKeys, first, last));
    for key in &keys {
        expect(store.one, key, None)?;
        write(store.one, key, key)?;
    }
    keys.iter().try_for_each(|key| expect(store.one, key, Some(key)))
}

fn shared_store(store: &Store<'_>) -> Result<(), Finding> {
    let key = store.key(Promise::SharedStore, '0', '0');
    // An instance must not remember the absence of a value either.
    expect(store.other, &key, None)?;
    for (writer, reader, value) in [
        (store.one, store.other, "1\na\n{}"),
        (store.other, store.one, "2\nb\n{}"),
        (store.one, store.other, "3\nc\n{}"),
    ] {
        write(writer, &key, value)?;
        expect(reader, &key, Some(value))?;
    }
    Ok(())
}

fn large_value(store: &Store<'_>) -> Result<(), Finding> {
    let key = store.key(Promise::LargeValue, '0', '0');
    // 16 bytes of 15 characters each, so that a limit in characters differs from one in bytes.
    let value = format!("1686756435844\n{}", "\n\"0123456789é\",".repeat(1 << 16));
    write(store.one, &key, &value)?;
    expect(store.one, &key, Some(&value))
}

fn whole_values(store: &Store<'_>) -> Result<(), Finding> {
    const ROUNDS: usize = 24;
    let key = store.key(Promise::WholeValues, '0', '0');
    // 128 KiB of one letter: longer than a page or a packet, so a torn value shows two letters.
    let values = ['a', 'b', 'c', 'd'].map(|letter| format!("1\n\n{}", letter.to_string().repeat(1 << 17)));
    write(store.one, &key, &values[0])?;

    let is_over = AtomicBool::new(false);
    let read_until_over = |cache: &dyn ConfigCache| {
        loop {
            // Loaded before the read, so that one read follows the last write.
            let is_last = is_over.load(Ordering::Acquire);
            let found = cache.read(&key).map_err(Finding::ReadFailed)?;
            if !found.as_ref().is_some_and(|found| values.contains(found)) {
                return Err(Finding::Torn { found: found.map(|found| found.len()) });
            }
            if is_last {
                return Ok(());
            }
        }
    };
    let write_rounds =
        |cache: &dyn ConfigCache, value: &str| (0..ROUNDS).try_for_each(|_| write(cache, &key, value));

    let (read_until_over, write_rounds) = (&read_until_over, &write_rounds);
    thread::scope(|scope| {
        let readers = [store.one, store.other].map(|cache| scope.spawn(move || read_until_over(cache)));
        let caches = [store.one, store.other].into_iter().cycle();
        let writers: Vec<_> = values
            .iter()
            .zip(caches)
            .map(|(value, cache)| scope.spawn(move || write_rounds(cache, value)))
            .collect();
        let written: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        // Set before a panic is resumed: the scope waits for the readers, which would never end.
        is_over.store(true, Ordering::Release);
        let read = readers.map(thread::ScopedJoinHandle::join);
        first_outcome(written.into_iter().chain(read))
    })
}

/// Resumes the first panic, or else returns the first finding.
fn first_outcome(outcomes: impl Iterator<Item = thread::Result<Result<(), Finding>>>) -> Result<(), Finding> {
    let mut result = Ok(());
    let mut panic = None;
    for outcome in outcomes {
        match outcome {
            Ok(outcome) => result = result.and(outcome),
            Err(cause) if panic.is_none() => panic = Some(cause),
            // Dropping a cause may panic too, which during another panic would abort the process.
            Err(cause) => mem::forget(cause),
        }
    }
    if let Some(cause) = panic {
        panic::resume_unwind(cause);
    }
    result
}

fn write(cache: &dyn ConfigCache, key: &str, value: &str) -> Result<(), Finding> {
    cache.write(key, value).map_err(Finding::WriteFailed)
}

fn expect(cache: &dyn ConfigCache, key: &str, expected: Option<&str>) -> Result<(), Finding> {
    let found = cache.read(key).map_err(Finding::ReadFailed)?;
    match (expected, found.as_deref()) {
        (None, None) => Ok(()),
        (None, Some(found)) => Err(Finding::Unexpected { found: found.len() }),
        (Some(expected), None) => Err(Finding::Lost { expected: expected.len() }),
        (Some(expected), Some(found)) if expected == found => Ok(()),
        (Some(expected), Some(found)) => {
            let equal = expected.bytes().zip(found.bytes()).take_while(|(one, other)| one == other).count();
            Err(Finding::Differs { expected: expected.len(), found: found.len(), equal })
        }
    }
}
