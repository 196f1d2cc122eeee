//! Promises, limits, and questions that people ask.
//!
//! # What you can rely on
//!
//! - **Nothing panics.** No method does, whatever the config, the network or the user's attributes are. A panic in
//!   your cache, callback or override source is caught, logged, and stops nothing.
//! - **Evaluation always gives a value.** There is no error to handle: where there is no value, it is your default, and
//!   [details](super::evaluating#get_value_details) say why.
//! - **Evaluation never waits once the client is ready**, in automatic polling; in manual polling it never does. It
//!   takes no lock (but for a key that is missing), reads no cache and does no I/O. [What may block](super::running#in-async-code) is in a table.
//! - **The SDK key is never printed**: not in logs at any level, not in errors, not by `Debug`. Neither are passwords
//!   of proxies. One way is left: the HTTP client below dumps what it receives to the `log` crate at trace level, so a
//!   server that quotes the key in the body of a 200 has it shown there, and so has one that disguises it in a header,
//!   perhaps at debug level. Keep the targets `ureq` and `ureq_proto` below debug.
//! - **A failure costs no flags.** The last good config stays until there is a better one, and polling never stops for
//!   good.
//! - **Forks and sleeps end nothing.** A [forked child](super::running#after-a-fork) polls by itself from its first use of
//!   the client on, and a [machine that wakes](super::running#after-a-sleep) polls at once.
//! - **One bad flag fails alone**, when it is evaluated, with an error that says where in the config JSON it is broken.
//! - **Values are those of all ConfigCat SDKs**, for the same config and user, percentages included; so is the
//!   evaluation log, to the byte.
//! - **Users stay in the process.** Nothing about them is sent anywhere.
//! - **No `unsafe` code** in the crates of this SDK, and no async runtime below it.
//!
//! Single flight, publishing and closing are tested in thousands of orders of their threads' steps, and in all orders where
//! there are few.
//!
//! Not caught are panics in a [`Clock`](crate::Clock) of yours that happen on your own thread, and any panic in a program
//! that is built with `panic = "abort"`.
//!
//! # Limits
//!
//! On all that comes from outside, and on what the client takes of the process:
//!
//! | what | limit | beyond it |
//! |---|---|---|
//! | config JSON from the CDN, decompressed | 64 MiB | event 1105, nothing changes |
//! | config JSON from a cache | 64 MiB | event 2200, nothing changes |
//! | entry in a [`FileCache`](crate::FileCache) | 80 MiB | event 2200 or 2201, without reading or writing it |
//! | entry in a [`RedisCache`](super::caching#redis) | 80 MiB | event 2200 or 2201, with no more than that read |
//! | a call of a `RedisCache` | 2 s to connect to an address, and 2 s in which nothing comes | event 2200 or 2201 |
//! | override file | 64 MiB | an error from `build()`, later event 1302 |
//! | depth of JSON | none: what is skipped takes no stack | |
//! | memory for a config, while it is read and afterwards | 20 times its size, and 8 KiB | none takes more |
//! | salt, name of a segment, key of a setting | 4 KiB | event 1002 where an evaluation needs it, the default |
//! | head of a response | 64 KiB, 128 headers | event 1103 |
//! | ETag | 1,024 characters of printable ASCII | it is not kept, so the config comes as a whole each time |
//! | `CF-RAY` in an error | 64 printable characters | it is cut |
//! | `Retry-After` | 1 h | counts as 1 h |
//! | requests in one fetch, where data governance redirects | 3, and none from `https` to `http` | event 1104 or 1107, the last config is used |
//! | HTTP redirects | 5, of up to 6 KiB, and none from `https` to `http` | event 1101 |
//! | base URL, set or from a config | 2,048 bytes | an error from `build()`; in a config it is ignored |
//! | SDK key | 1,024 bytes | an error from `build()` |
//! | a fetch, from the name lookup to the last byte | the [request time-out](super::options#http-time-outs), 30 s | event 1102 |
//! | prerequisite flags and segments | 200 levels; 200,000 rules and conditions in one evaluation | event 1002, the default |
//! | log record and error message, but for the evaluation log and its warnings | one line of 64 KiB | control characters are escaped, the rest is cut |
//! | what TLS and HTTP say in an error | 500 characters | it is cut |
//! | missing keys that event 1001 remembers | 1,000 | they are forgotten, and logged once more |
//! | poll interval, cache TTL | at least 1 s | an error from `build()` |
//! | backoff | 5 min | stays there |
//! | threads | one in automatic polling, one for overrides that reload, one until a `client ready` hook is called; two more while names are looked up | a fetch fails at once |
//!
//! A real config takes one to two times its size in memory. Who may do what to a client, and what is promised against
//! that, is in [SECURITY.md][security].
//!
//! [security]: https://github.com/configcat/rust-sync-sdk/blob/main/SECURITY.md
//!
//! # Questions
//!
//! **I get the default. Why?** Look at the log, or at `error` of
//! [`get_value_details`](crate::Client::get_value_details):
//!
//! | [kind](crate::EvaluationFailureKind) | do |
//! |---|---|
//! | `ConfigMissing` | look at [`health`](crate::Client::health): why does fetching fail? In manual polling call `force_refresh()` first |
//! | `KeyMissing` | compare the key; event 1001 lists those that there are. Is it the SDK key of the right config and environment? |
//! | `TypeMismatch` | give a default of the [type](super::evaluating#types) of the setting: `0.0`, not `0`, for a decimal number |
//! | `InvalidConfig` | the message says which place of the config JSON is broken |
//!
//! **I get a value that I did not expect.** Print [`explain`](crate::Client::explain): it shows each condition and what
//! came of it.
//!
//! **Does an evaluation call ConfigCat?** No. Only fetching the config does, and only with the SDK key.
//!
//! **How many requests is that?** In automatic polling one for each interval and process: 1,440 a day at 60 s. Most
//! come back without a body. A longer interval, or a shared cache, makes it less.
//!
//! **Do I need a client for each user?** No, one for each SDK key; the user is a parameter.
//!
//! **Is there something to import at once?** `use configcat::{Client, User};` is enough for most; all names are at the
//! top of the crate.
//!
//! **Do I have to close it?** No. Dropping the last clone does it, and the end of the process ends it too.
//!
//! **How do I tell my analytics?** Each value has a variation id: send it, with the key, from the hook
//! [`on_flag_evaluated`](crate::Hooks::on_flag_evaluated) or where you read the flag.
//!
//! **Can I evaluate a config without a client?** Yes, with [`Config`](crate::Config), or with the crate
//! `configcat-eval` alone, which has no HTTP and no threads.
