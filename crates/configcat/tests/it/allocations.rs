//! Allocations of each evaluating method: silent, with a hook, and with the evaluation log on, for
//! a logger that drops its records.
//!
//! The columns are a hit, a missing key, a setting of another type, and a warning. The counts are
//! exact, so that a change shows in both directions. Details have a key and a variation id of their
//! own, and share the user and the matched rule.
//!
//! Each test has a process of its own, because the level of the log is global.

use std::hint::black_box;

use allocation_counter::measure;
use configcat::{AnyFlag, Client, Flag, User};
use log::{LevelFilter, Metadata};

use crate::support::{in_its_own_process, on_document};

/// A flag with a matching rule, one of another type than the methods ask for, and one whose rule
/// asks for an attribute that the user does not have.
const CONFIG: &str = r#"{"p": {"s": "salt"}, "f": {
    "found": {"t": 0, "v": {"b": false}, "i": "v0", "r": [
        {"c": [{"u": {"a": "Email", "c": 32, "l": ["@b.c"]}}], "s": {"v": {"b": true}, "i": "v1"}}]},
    "number": {"t": 2, "v": {"i": 7}, "i": "v2"},
    "warned": {"t": 0, "v": {"b": true}, "i": "v3", "r": [
        {"c": [{"u": {"a": "Country", "c": 0, "l": ["HU"]}}], "s": {"v": {"b": false}, "i": "v4"}}]}}}"#;

/// Keys of the cases, in the order of the columns.
const KEYS: [&str; 4] = ["found", "missing", "number", "warned"];

static FLAGS: [Flag<bool>; 4] = [
    Flag::new(KEYS[0], false),
    Flag::new(KEYS[1], false),
    Flag::new(KEYS[2], false),
    Flag::new(KEYS[3], false),
];

struct Dropped;

impl log::Log for Dropped {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}

/// Method that evaluates the setting of that number in [`KEYS`].
type Method = (&'static str, fn(&Client, usize, &User));

const METHODS: [Method; 8] = [
    ("get_value", |client, key, user| _ = black_box(client.get_value(KEYS[key], false, user))),
    ("get", |client, key, user| _ = black_box(client.get(&FLAGS[key], user))),
    ("get_parsed", |client, key, user| _ = black_box(client.get_parsed(KEYS[key], false, user))),
    ("get_value_details", |client, key, user| {
        _ = black_box(client.get_value_details(KEYS[key], false, user));
    }),
    ("explain", |client, key, user| _ = black_box(client.explain(KEYS[key], user))),
    ("snapshot().get_value", |client, key, user| {
        _ = black_box(client.snapshot().get_value(KEYS[key], false, user));
    }),
    ("snapshot().get", |client, key, user| _ = black_box(client.snapshot().get(&FLAGS[key], user))),
    ("snapshot().get_value_details", |client, key, user| {
        _ = black_box(client.snapshot().get_value_details(KEYS[key], false, user));
    }),
];

/// Methods that have the same result for each key.
const OTHERS: [Method; 6] = [
    ("get_all_keys", |client, _, _| _ = black_box(client.get_all_keys())),
    ("get_all_values", |client, _, user| _ = black_box(client.get_all_values(user))),
    ("get_all_value_details", |client, _, user| _ = black_box(client.get_all_value_details(user))),
    ("get_key_and_value", |client, _, _| _ = black_box(client.get_key_and_value("v1"))),
    ("snapshot", |client, _, _| _ = black_box((client.snapshot().config(), client.snapshot().fetch_time()))),
    ("check", |client, _, _| _ = black_box(client.check(&[&FLAGS[0] as &dyn AnyFlag]))),
];

/// Returns the allocations of a method for one setting. The first call reports a failure or a
/// warning, which is logged once, and fills the lists of the thread.
fn count(method: Method, client: &Client, key: usize, user: &User) -> u64 {
    let call = || (method.1)(client, key, user);
    call();
    measure(call).count_total
}

/// Returns a line for each method, with the allocations of each case.
fn table(client: &Client, user: &User) -> String {
    let keyed = METHODS.map(|method| {
        let counts = [0, 1, 2, 3].map(|key| format!(" {:>4}", count(method, client, key, user)));
        format!("{:<30}{}\n", method.0, counts.concat())
    });
    let others = OTHERS.map(|method| format!("{:<30} {:>4}\n", method.0, count(method, client, 0, user)));
    [keyed.concat(), others.concat()].concat()
}

fn client() -> (Client, User) {
    log::set_logger(&Dropped).unwrap();
    (on_document(CONFIG), User::new("u").email("a@b.c").custom("Plan", "pro"))
}

#[test]
fn silent_evaluations_allocate_only_what_they_return() {
    in_its_own_process("allocations::silent_evaluations_allocate_only_what_they_return", || {
        let (client, user) = client();
        assert_eq!(
            table(&client, &user),
            "\
get_value                         0    0    0    0
get                               0    0    0    0
get_parsed                        1    0    8    1
get_value_details                 2    3    6    2
explain                          11   17    4   31
snapshot().get_value              0    0    0    0
snapshot().get                    0    0    0    0
snapshot().get_value_details      2    3    6    2
get_all_keys                      4
get_all_values                    1
get_all_value_details             7
get_key_and_value                 1
snapshot                          0
check                             1
"
        );
    });
}

#[test]
fn evaluations_with_a_hook_allocate_the_details() {
    in_its_own_process("allocations::evaluations_with_a_hook_allocate_the_details", || {
        let (client, user) = client();
        client.hooks().on_flag_evaluated(|details| _ = black_box(details));
        assert_eq!(
            table(&client, &user),
            "\
get_value                         2    3    6    2
get                               2    3    6    2
get_parsed                        3    5   11    3
get_value_details                 2    3    6    2
explain                          11   17    4   31
snapshot().get_value              2    3    6    2
snapshot().get                    2    3    6    2
snapshot().get_value_details      2    3    6    2
get_all_keys                      4
get_all_values                    7
get_all_value_details             7
get_key_and_value                 1
snapshot                          0
check                             1
"
        );
    });
}

#[test]
fn the_evaluation_log_is_not_made_for_a_logger_that_drops_it() {
    in_its_own_process("allocations::the_evaluation_log_is_not_made_for_a_logger_that_drops_it", || {
        let (client, user) = client();
        log::set_max_level(LevelFilter::Info);
        assert_eq!(
            table(&client, &user),
            "\
get_value                         0    2    0   31
get                               0    2    0   31
get_parsed                        1    4    6   32
get_value_details                 2    3    6   33
explain                          11   17    4   31
snapshot().get_value              0    2    0   31
snapshot().get                    0    2    0   31
snapshot().get_value_details      2    3    6   33
get_all_keys                      4
get_all_values                   47
get_all_value_details            53
get_key_and_value                 1
snapshot                          0
check                             1
"
        );
    });
}
