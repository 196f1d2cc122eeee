//! Limits that all caches share.

use std::time::Duration;

/// Longest value in bytes that a cache reads or writes: 80 MiB.
// Above the 64 MiB of the largest config that an SDK accepts, with room for time and ETag, so that
// no config that was fetched is refused here. Without a limit, a wrong file or a hostile server
// would decide how much memory is taken.
pub(crate) const MAX_BYTES: u64 = 80 * 1024 * 1024;

/// Time limit for a call.
// A client waits for its cache just as long. A call that took longer would be reported as late,
// without the error that says why.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(2);
