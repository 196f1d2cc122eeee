//! The file cache in every situation that its page lists.

use std::{
    fs::{self, File},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use configcat_cache::{ConfigCache, FileCache, FileCacheError};
use tempfile::TempDir;

use crate::{FILE, KEY, chain, names};

/// A cache over a folder of its own, and the path of the file of [`KEY`].
fn cache() -> (TempDir, FileCache, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (cache, file) = (FileCache::new(folder.path()), folder.path().join(FILE));
    (folder, cache, file)
}

fn read_error(cache: &FileCache) -> FileCacheError {
    *cache.read(KEY).unwrap_err().downcast().unwrap()
}

fn write_error(cache: &FileCache) -> FileCacheError {
    *cache.write(KEY, "new").unwrap_err().downcast().unwrap()
}

/// Asserts that the cache replaces the value, and leaves nothing else in the folder.
fn assert_replaces(cache: &FileCache) {
    cache.write(KEY, "new").unwrap();
    assert_eq!(cache.read(KEY).unwrap().as_deref(), Some("new"));
    assert_eq!(names(cache.folder()), [FILE]);
}

#[test]
fn the_value_is_the_content_of_a_file() {
    let (_folder, cache, file) = cache();
    cache.write(KEY, "1\na\n{\"é\":1}").unwrap();
    assert_eq!(fs::read(&file).unwrap(), "1\na\n{\"é\":1}".as_bytes());
    fs::write(&file, "2\nb\n{}").unwrap();
    assert_eq!(cache.read(KEY).unwrap().as_deref(), Some("2\nb\n{}"));
    assert_replaces(&cache);
}

#[test]
fn the_first_write_makes_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let cache = FileCache::new(folder.path().join("a/b"));
    assert_eq!(cache.read(KEY).unwrap(), None);
    assert!(names(folder.path()).is_empty());
    assert_replaces(&cache);
}

#[test]
fn a_vanished_folder_is_made_again() {
    let (folder, cache, _) = cache();
    cache.write(KEY, "old").unwrap();
    fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(cache.read(KEY).unwrap(), None);
    assert_replaces(&cache);
}

#[test]
fn keys_cannot_leave_the_folder() {
    let (folder, _, _) = cache();
    let cache = FileCache::new(folder.path().join("inner"));
    let long = "a".repeat(65);
    for key in [
        "",
        ".",
        "..",
        "../escape",
        "/tmp/escape",
        "a/b",
        "a\\b",
        "C:a",
        "a.tmp",
        "a b",
        "a\0",
        "a\n",
        "é",
        "KEY",
        "a*",
        &long,
    ] {
        let read = cache.read(key).unwrap_err();
        let write = cache.write(key, "value").unwrap_err();
        for error in [read, write] {
            assert!(matches!(error.downcast_ref(), Some(FileCacheError::InvalidKey)), "{key:?}: {error}");
        }
    }
    assert!(names(folder.path()).is_empty());

    for key in ["a", "0", "-", "_", "con", "staging_f83ba5d4-5b", &long[1..]] {
        cache.write(key, key).unwrap();
        assert_eq!(cache.read(key).unwrap().as_deref(), Some(key));
    }
}

#[test]
fn a_file_in_place_of_the_folder_is_an_error() {
    let (folder, _, _) = cache();
    let path = folder.path().join("file");
    fs::write(&path, "precious").unwrap();

    let cache = FileCache::new(&path);
    // Windows finds nothing there; others find that it is no folder.
    if cfg!(unix) {
        assert!(matches!(read_error(&cache), FileCacheError::Read { .. }));
    }
    assert!(matches!(write_error(&cache), FileCacheError::CreateFolder { path: at, .. } if at == path));
    let below = FileCache::new(path.join("deeper"));
    assert!(matches!(write_error(&below), FileCacheError::CreateFolder { .. }));
    assert_eq!(fs::read(&path).unwrap(), b"precious");

    fs::remove_file(&path).unwrap();
    assert_replaces(&cache);
}

#[test]
fn a_folder_in_place_of_the_file_is_an_error() {
    let (folder, cache, file) = cache();
    fs::create_dir(&file).unwrap();
    assert!(matches!(read_error(&cache), FileCacheError::NotAFile { path } if path == file));
    assert!(matches!(write_error(&cache), FileCacheError::Replace { path, .. } if path == file));
    assert_eq!(names(folder.path()), [FILE]);

    fs::remove_dir(&file).unwrap();
    assert_replaces(&cache);
}

#[test]
fn foreign_text_is_read_as_it_is() {
    let (_folder, cache, file) = cache();
    for text in ["", "rubbish", "1686756435844\netag"] {
        fs::write(&file, text).unwrap();
        assert_eq!(cache.read(KEY).unwrap().as_deref(), Some(text));
    }
    assert_replaces(&cache);
}

#[test]
fn a_value_that_is_not_utf8_is_an_error() {
    let (_folder, cache, file) = cache();
    fs::write(&file, b"1\na\n{}\xff").unwrap();
    let error = read_error(&cache);
    assert!(matches!(error, FileCacheError::NotUtf8 { source, .. } if source.valid_up_to() == 6));
    assert_replaces(&cache);
}

#[test]
fn a_value_over_the_limit_is_an_error() {
    let (_folder, cache, file) = cache();
    // Sparse files, which take no room.
    File::create(&file).unwrap().set_len(FileCache::MAX_BYTES).unwrap();
    let length = cache.read(KEY).unwrap().unwrap().len();
    assert_eq!(u64::try_from(length).unwrap(), FileCache::MAX_BYTES);
    File::create(&file).unwrap().set_len(FileCache::MAX_BYTES + 1).unwrap();
    assert!(matches!(read_error(&cache), FileCacheError::TooLarge { path } if path == file));
    assert_replaces(&cache);

    let error = cache.write(KEY, &"x".repeat(length + 1)).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(FileCacheError::TooLarge { .. })));
    assert_eq!(cache.read(KEY).unwrap().as_deref(), Some("new"));
}

#[test]
fn only_old_leftovers_are_removed() {
    let (folder, _, _) = cache();
    let make = |name: &str, age: u64| {
        let file = File::create(folder.path().join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    };
    make("configcat-key.0123456789abcdef.tmp", 7200);
    make(&format!("{FILE}.0000000000000000.tmp"), 310);
    let kept = [
        ("configcat-key", 7200),
        ("configcat-key.fedcba9876543210.tmp", 240),
        ("configcat-key.tmp.txt", 7200),
        ("other.tmp", 7200),
    ];
    kept.iter().for_each(|(name, age)| make(name, *age));
    fs::create_dir(folder.path().join("configcat-z.tmp")).unwrap();

    FileCache::new(folder.path()).write(KEY, "new").unwrap();
    let mut expected = kept.map(|(name, _)| name).to_vec();
    expected.extend([FILE, "configcat-z.tmp"]);
    expected.sort_unstable();
    assert_eq!(names(folder.path()), expected);
}

#[test]
fn errors_show_place_and_cause() {
    let (folder, cache, file) = cache();
    fs::create_dir(&file).unwrap();
    let error = cache.write(KEY, "new").unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot replace the cache file {}", folder.path().join(FILE).display())
    );
    assert!(error.source().unwrap().is::<std::io::Error>());
}

#[test]
fn errors_show_each_cause_once() {
    let (_folder, cache, file) = cache();
    fs::create_dir(&file).unwrap();
    let replace = cache.write(KEY, "new").unwrap_err();
    fs::remove_dir(&file).unwrap();
    fs::write(&file, b"\xff").unwrap();
    let not_utf8 = cache.read(KEY).unwrap_err();
    let below = FileCache::new(file);
    let create = below.write(KEY, "new").unwrap_err();
    let mut errors = vec![replace, not_utf8, create];
    // Windows finds nothing there; others find that it is no folder.
    errors.extend(below.read(KEY).err());
    for error in errors {
        let texts = chain(&*error);
        assert_eq!(texts.len(), 2, "what failed, and why: {texts:?}");
        assert!(!texts[0].contains(&texts[1]), "{texts:?}");
    }
}

#[cfg(unix)]
mod unix {
    use std::{
        io::Write,
        os::unix::fs::{PermissionsExt, symlink},
        path::Path,
        process::Command,
    };

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn only_the_owner_has_access() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a/b");
        let cache = FileCache::new(&folder);
        cache.write(KEY, "old").unwrap();
        assert_eq!(mode(&outer.path().join("a")), 0o700);
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join(FILE)), 0o600);

        fs::set_permissions(folder.join(FILE), PermissionsExt::from_mode(0o666)).unwrap();
        assert_replaces(&cache);
        assert_eq!(mode(&folder.join(FILE)), 0o600);
    }

    #[test]
    fn a_link_is_read_through_and_replaced() {
        let (_folder, cache, file) = cache();
        let elsewhere = tempfile::tempdir().unwrap();
        let target = elsewhere.path().join("target");
        symlink(&target, &file).unwrap();
        assert_eq!(cache.read(KEY).unwrap(), None);
        assert_replaces(&cache);
        assert!(!target.exists());

        fs::remove_file(&file).unwrap();
        fs::write(&target, "precious").unwrap();
        symlink(&target, &file).unwrap();
        assert_eq!(cache.read(KEY).unwrap().as_deref(), Some("precious"));
        assert_replaces(&cache);
        assert_eq!(fs::read(&target).unwrap(), b"precious");
    }

    #[test]
    fn a_link_to_itself_is_an_error() {
        let (_folder, cache, file) = cache();
        symlink(&file, &file).unwrap();
        assert!(matches!(read_error(&cache), FileCacheError::Read { path, .. } if path == file));
        assert_replaces(&cache);
    }

    #[test]
    fn a_link_to_nothing_in_place_of_the_folder_is_an_error() {
        let (folder, _, _) = cache();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        symlink(&target, &link).unwrap();
        let cache = FileCache::new(&link);
        assert_eq!(cache.read(KEY).unwrap(), None);
        assert!(matches!(write_error(&cache), FileCacheError::CreateFolder { path, .. } if path == link));
        assert!(!target.exists());

        fs::create_dir(&target).unwrap();
        assert_replaces(&cache);
    }

    #[test]
    fn a_huge_file_is_not_read() {
        let (_folder, cache, file) = cache();
        // A sparse file of 1 TiB: even to make room for it would fail.
        File::create(&file).unwrap().set_len(1 << 40).unwrap();
        assert!(matches!(read_error(&cache), FileCacheError::TooLarge { .. }));
        assert_replaces(&cache);
    }

    #[test]
    fn a_pipe_or_a_device_is_not_opened() {
        let (_folder, cache, file) = cache();
        assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
        assert!(matches!(read_error(&cache), FileCacheError::NotAFile { .. }));
        assert_replaces(&cache);

        fs::remove_file(&file).unwrap();
        symlink("/dev/zero", &file).unwrap();
        assert!(matches!(read_error(&cache), FileCacheError::NotAFile { .. }));
        assert_replaces(&cache);
    }

    /// The system says that these are files, of no length; they are as long as they are when they
    /// are read.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_without_a_length_is_read_to_its_end() {
        let (_folder, cache, file) = cache();
        symlink("/proc/self/maps", &file).unwrap();
        assert!(cache.read(KEY).unwrap().unwrap().len() > 100);
        assert_replaces(&cache);
    }

    /// A file that grows as fast as it is read ends at the limit.
    #[test]
    fn a_file_that_grows_without_end_is_an_error() {
        let (_folder, cache, file) = cache();
        let mut growing = File::create(&file).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(move || (0..100).try_for_each(|_| growing.write_all(&[b'x'; 1 << 20])));
            while !writer.is_finished() {
                // Each read takes what is there by then, and never more than a value may have.
                if let Ok(Some(text)) = cache.read(KEY) {
                    assert!(u64::try_from(text.len()).unwrap() <= FileCache::MAX_BYTES);
                }
            }
            writer.join().unwrap().unwrap();
        });
        assert!(matches!(read_error(&cache), FileCacheError::TooLarge { .. }));
        assert_replaces(&cache);
    }

    /// `/proc` takes no new files, not even from root, which ignores the mode of a folder.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_that_takes_no_files_is_an_error() {
        let cache = FileCache::new("/proc");
        assert_eq!(cache.read(KEY).unwrap(), None);
        assert!(matches!(write_error(&cache), FileCacheError::Write { .. }));
        let below = FileCache::new("/proc/folder");
        assert!(matches!(write_error(&below), FileCacheError::CreateFolder { .. }));
    }
}
