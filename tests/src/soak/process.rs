//! Memory and threads of the process, where the system has `/proc`.

use std::{fs, path::Path};

/// Returns the resident memory in bytes; `None` without `/proc`.
pub(super) fn resident() -> Option<u64> {
    const PAGE: u64 = 4096;
    let pages = fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse::<u64>().ok()?;
    Some(pages * PAGE)
}

/// Returns the number of threads of this name; `None` without `/proc`.
pub(super) fn threads_named(name: &str) -> Option<usize> {
    let tasks = fs::read_dir("/proc/self/task").ok()?.flatten();
    Some(tasks.filter(|task| name_of(&task.path()).is_some_and(|other| other.trim_end() == name)).count())
}

/// Returns the name of a thread; `None` if it has just ended.
fn name_of(task: &Path) -> Option<String> {
    fs::read_to_string(task.join("comm")).ok()
}
