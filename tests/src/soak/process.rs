//! What the process takes, where the system tells it.

use std::{fs, path::Path};

/// The memory that is resident, in bytes; `None` where there is no `/proc`.
pub(super) fn resident() -> Option<u64> {
    const PAGE: u64 = 4096;
    let pages = fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse::<u64>().ok()?;
    Some(pages * PAGE)
}

/// How many threads of that name there are; `None` where there is no `/proc`.
pub(super) fn threads_named(name: &str) -> Option<usize> {
    let tasks = fs::read_dir("/proc/self/task").ok()?.flatten();
    Some(tasks.filter(|task| name_of(&task.path()).is_some_and(|other| other.trim_end() == name)).count())
}

/// `None` if the thread has just ended.
fn name_of(task: &Path) -> Option<String> {
    fs::read_to_string(task.join("comm")).ok()
}
