//! Errors as `?` in `main`, `unwrap` and `expect` print them.

use std::error::Error;

use configcat_cache::{
    BoxError, ConfigCache, Entry, EntryError, FileCache, FileCacheError,
    conformance::{Violation, check},
};

use crate::{KEY, chain};

struct Broken;

impl ConfigCache for Broken {
    fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
        Err("no connection".into())
    }

    fn write(&self, _: &str, _: &str) -> Result<(), BoxError> {
        Err("no connection".into())
    }
}

#[track_caller]
fn assert_prints_causes(error: &(dyn Error + 'static)) {
    assert_eq!(format!("{error:?}"), chain(error).join(": "));
    assert_eq!(format!("{error:?}"), format!("{error:#}"));
}

#[test]
fn errors_print_their_message_and_causes() {
    let entry: EntryError = Entry::parse("").unwrap_err();
    let violation: Violation = check(|| Broken).unwrap_err();
    // A file in the place of the folder.
    let folder = tempfile::NamedTempFile::new().unwrap();
    let file = FileCache::new(folder.path()).write(KEY, "value").unwrap_err();
    let file: &FileCacheError = file.downcast_ref().unwrap();
    assert_prints_causes(&entry);
    assert_prints_causes(&violation);
    assert_prints_causes(file);
    assert!(format!("{violation:?}").ends_with(" failed: no connection"), "{violation:?}");
}

#[cfg(feature = "redis")]
#[test]
fn errors_of_redis_print_their_message_and_causes() {
    use configcat_cache::{RedisCache, RedisCacheError};

    assert_prints_causes(&RedisCache::new("").unwrap_err());
    // Nobody listens at that port.
    let error = RedisCache::new("redis://127.0.0.1:9").unwrap().read(KEY).unwrap_err();
    let error: &RedisCacheError = error.downcast_ref().unwrap();
    assert_prints_causes(error);
    assert!(format!("{error:?}").starts_with("cannot connect to Redis: "), "{error:?}");
}
