//! Threads and memory of 1,000 clients in one process, in each polling mode.

use std::{fs, mem, time::Duration};

use configcat::{Client, MapOverrides, OverrideBehavior, PollingMode};

use crate::support::in_its_own_process;

const COUNT: usize = 1000;

/// Memory of a client without its config and its connection, in bytes: twice what was measured in
/// automatic polling, since allocators and kernels differ. A stack of two megabytes counts only as
/// far as it is touched, which is twice as far without optimization.
const MAX_MEMORY: usize = if cfg!(debug_assertions) { 96 } else { 48 } * 1024;

/// Returns the number of threads of clients.
fn threads() -> usize {
    let names = fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path().join("comm"));
    names.filter(|name| fs::read_to_string(name).unwrap().trim() == "configcat").count()
}

/// Returns the resident memory of the process in bytes.
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    1024 * kibibytes.unwrap().parse::<usize>().unwrap()
}

/// Returns a client with an SDK key of its own.
fn client(number: usize, mode: PollingMode) -> Client {
    let key = format!("configcat-sdk-1/TEST_KEY-0123456789012/{number:022}");
    Client::builder(&key).polling_mode(mode).offline(true).build().unwrap()
}

fn local(_: usize) -> Client {
    let flags = MapOverrides::new([("isNew", true.into())]);
    Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build().unwrap()
}

/// Builds the client of a number.
type Build<'a> = &'a dyn Fn(usize) -> Client;

#[test]
fn a_thousand_clients_take_little_memory_and_a_thread_each_in_auto_polling_alone() {
    let test = "many_clients::a_thousand_clients_take_little_memory_and_a_thread_each_in_auto_polling_alone";
    in_its_own_process(test, || {
        let auto = || PollingMode::auto().max_init_wait(Duration::ZERO).into();
        let build: [(&str, usize, Build<'_>); 4] = [
            ("local only", 0, &local),
            ("manual", 0, &|number| client(number, PollingMode::manual())),
            ("lazy", 0, &|number| client(number, PollingMode::lazy().into())),
            ("auto", COUNT, &|number| client(number, auto())),
        ];
        let mut all = Vec::new();
        for (mode, threads_expected, build) in build {
            let before = memory();
            all.push((0..COUNT).map(build).collect::<Vec<_>>());
            let each = (memory() - before) / COUNT;
            println!("{mode}: {each} bytes a client");
            assert_eq!(threads(), threads_expected, "{mode}");
            assert!(each < MAX_MEMORY, "{mode}: {each} bytes a client");
        }
        // Each drop looks at the thousand threads, which takes half a minute without optimization.
        // The process ends here.
        mem::forget(all);
    });
}
