//! Target of any text as a cache entry, and of any bytes in the file of a cache.

use std::{cell::RefCell, fs};

use configcat_cache::{ConfigCache, Entry, FileCache, FileCacheError, cache_key};
use tempfile::TempDir;

thread_local! {
    /// The folder for all inputs, removed at the end of the thread. A new one for each input would
    /// be slow.
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// Checks the input as the content of a cache file.
pub fn cache_entry(input: &[u8]) {
    in_file(input);
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Entry::parse(text) {
        Ok(entry) => round_trip(&entry, text),
        Err(error) => assert!(error.to_string().contains("line ")),
    }
    // An entry that can be made from the same pieces must be readable.
    let mut pieces = text.splitn(3, '\n');
    let mut piece = || pieces.next().unwrap_or_default();
    let (time, etag, config_json) = (piece().len() as u64, piece(), piece());
    if let Ok(entry) = Entry::new(time, etag, config_json) {
        assert_eq!(Entry::parse(&entry.to_string()), Ok(entry));
    }
}

fn round_trip(entry: &Entry<'_>, text: &str) {
    let written = entry.to_string();
    assert_eq!(Entry::parse(&written), Ok(*entry));
    // Leading zeros of the time are not written again.
    let (_, rest) = text.split_once('\n').expect("an entry has lines");
    assert_eq!(written, format!("{}\n{rest}", entry.fetch_time_ms()));
    assert!(!entry.config_json().is_empty() && entry.etag() != Some(""));
    assert!(!format!("{entry:?}").contains('\n'));
}

/// Checks that a file with these bytes is read as text or refused.
fn in_file(input: &[u8]) {
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| tempfile::tempdir().expect("a folder"));
        let key = cache_key("a key");
        fs::write(folder.path().join(format!("configcat-{key}")), input).expect("a file");
        let cache = FileCache::new(folder.path());
        match (cache.read(&key), std::str::from_utf8(input)) {
            (Ok(Some(read)), Ok(text)) => assert_eq!(read, text),
            (Err(error), Err(_)) => {
                assert!(matches!(error.downcast_ref(), Some(FileCacheError::NotUtf8 { .. })), "{error}");
            }
            (read, text) => panic!("{read:?}, written as {text:?}"),
        }
        // A key must not lead out of the folder.
        if let Ok(key) = std::str::from_utf8(input) {
            let is_key = (1..=64).contains(&key.len())
                && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
            let read = cache.read(key);
            assert_eq!(read.is_ok(), is_key, "{key:?}: {read:?}");
        }
    });
}
