//! Tests in processes of their own, and in forked children. Shared with `tests/tests/redis.rs`.

use std::{env, ffi::OsStr, fs::File, process::Command};
#[cfg(unix)]
use std::{
    io::{Write, stdout},
    panic::{AssertUnwindSafe, catch_unwind},
    process, thread,
    time::Duration,
};

#[cfg(unix)]
use fork::{Fork, fork, waitpid};

/// Runs a test, given by its path in this binary, in a process of its own, with global state of its
/// own.
#[track_caller]
pub(crate) fn in_its_own_process(test: &str, run: impl FnOnce()) {
    in_its_own_process_behind(&[], test, run);
}

/// Runs a test as [`alone`] does, started by a wrapper: a command to which the command of the test
/// is appended. Its standard input is the program, for a wrapper that loses the right to find the
/// program by its path.
#[track_caller]
pub(crate) fn in_its_own_process_behind(wrapper: &[&str], test: &str, run: impl FnOnce()) {
    const MARK: &str = "CONFIGCAT_TEST_IN_ITS_OWN_PROCESS";
    if env::var_os(MARK).is_some() {
        return run();
    }
    let program = env::current_exe().unwrap();
    let mut words: Vec<&OsStr> = wrapper.iter().map(AsRef::as_ref).collect();
    words.extend([program.as_os_str(), test.as_ref(), "--exact".as_ref()]);
    let (word, others) = words.split_first().unwrap();
    let mut command = Command::new(word);
    command.args(others).env(MARK, "1").stdin(File::open(&program).unwrap());
    let output = command.output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// Forks, and runs one closure in the child and the other in the parent.
#[cfg(unix)]
#[track_caller]
pub(crate) fn fork_and_run(child: impl FnOnce(), parent: impl FnOnce()) {
    let id = match fork().unwrap() {
        Fork::Parent(id) => id,
        Fork::Child => {
            thread::spawn(|| {
                thread::sleep(Duration::from_secs(30));
                complain("the child hangs");
                process::exit(2);
            });
            // The harness and the values of the test belong to the parent.
            let failed = catch_unwind(AssertUnwindSafe(child)).inspect_err(|panic| {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                complain(text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("panicked"));
            });
            process::exit(i32::from(failed.is_err()));
        }
    };
    parent();
    assert_eq!(waitpid(id).unwrap(), 0, "the child failed");
}

/// The harness would keep the output, and the child has no harness.
#[cfg(unix)]
fn complain(text: &str) {
    let _ = writeln!(stdout(), "in the child: {text}");
}
