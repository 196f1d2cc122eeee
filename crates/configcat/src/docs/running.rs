//! Running a client: async code, fleets, containers, lambdas, forks, sleep, and platforms.
//!
//! # In async code
//!
//! The client needs no runtime: it works the same in plain `main`, on any thread, and inside tokio
//! or any other executor. In automatic polling it has one thread of the operating system. An
//! executor needs to know which calls may block:
//!
//! | call | blocks |
//! |---|---|
//! | `build()` | automatic polling: never; other modes: for one read of the cache; always for loading overrides |
//! | evaluations, `snapshot()`, `check()`, `explain()` | auto: until ready, so for the max init wait after `build()` at most, then never; lazy: for a fetch; manual: never |
//! | evaluations on a [`Snapshot`] | never |
//! | `try_snapshot()`, `ready_state()` | never |
//! | `force_refresh()` | for the cache and a fetch |
//! | `ready().await` | never; the task waits for the max init wait after `build()` at most |
//! | `wait_for_ready()` | for its timeout at most |
//! | `close()`, dropping the last clone | for 100 ms at most, and only if a refresh or a reload is under way |
//! | all other calls | never |
//!
//! A ready client never blocks because the current config is behind a pointer that is replaced as a
//! whole. An evaluation loads the pointer and computes: it waits for no lock of a refresh, no cache
//! and no I/O. So with automatic polling await [`ready`](Client::ready) once, and then evaluate
//! anywhere. The future needs no runtime:
//!
//! ```
//! use configcat::{Client, User};
//! use tokio::task::spawn_blocking;
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//! #   .offline(true)
//!     .build()?;
//!
//! client.ready().await; // at most the max init wait, 5 s
//!
//! // From now on: no `await`, in any task.
//! let is_new = client.get_value("isNewUiEnabled", false, &User::new("42"));
//!
//! // HTTP belongs on a thread that may block.
//! let refreshing = client.clone();
//! let refreshed = spawn_blocking(move || refreshing.force_refresh()).await?;
//! # assert!(refreshed.is_err() && !is_new);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! If you wait with [`wait_for_ready`](Client::wait_for_ready) in `spawn_blocking` instead, wait
//! for the max init wait, 5 s by default: after a shorter wait, the first evaluation may wait for
//! the rest. Or set the [max init wait](crate::polling_mode::AutoPoll::max_init_wait) to zero, and
//! use defaults until the first config is there. In lazy loading any evaluation may fetch, so use
//! automatic or manual polling in async code. Where it must be lazy loading, evaluate on a
//! [`try_snapshot`](crate::Client::try_snapshot); if it returns `None`, take a `snapshot` in
//! `spawn_blocking`. `configcat-openfeature`, the provider for OpenFeature, does all of this by
//! itself.
//!
//! # In a fleet
//!
//! Thousands of processes that start together must not all fetch at once, and not at once after an
//! outage either:
//!
//! | after | the next poll is |
//! |---|---|
//! | the start | at once, if the cache has nothing up to date; never delayed |
//! | a success | when the config is an interval old, plus the jitter: up to a tenth of the interval, drawn once for each process |
//! | finding a config that another process fetched | the same, with a jitter in the upper half: the process that has fetched goes first again |
//! | the n-th failure in a row | after the interval times 2ⁿ, 5 min at most, minus up to half of that, drawn for each process and each failure; polling never stops for good |
//! | a failure with `Retry-After` | after that time if it is longer, 1 h at most, plus up to half of the backoff |
//! | going online | at once |
//!
//! - 100,000 processes that start within one second soon make an even number of requests a second,
//!   also after an outage of half an hour: `docs/fleet.md` of the repository has the simulation.
//! - All callers that wait for a fetch share its failure: they do not try again one after the
//!   other.
//! - With a [shared cache](super::caching) a process whose entry is younger than the interval does
//!   not fetch. A fleet of any size makes about one request in each interval, if a fetch takes less
//!   than a twentieth of the interval.
//! - The clients of one process have the same jitter, and each of them polls: build one client.
//!
//! # In a container
//!
//! A *readiness* probe depends on your application. With good defaults a process need not wait for
//! flags; otherwise [`wait_for_ready`](Client::wait_for_ready) returns the state of the config
//! data. A *liveness* probe should fail only if
//! [`health().worker_alive`](crate::Health::worker_alive) is `Some(false)`. Do not restart a
//! process because fetches fail: the old process has its last config, and a new one may have no
//! config. A [`FileCache`](crate::FileCache) on a volume lets a new process start with that config.
//!
//! # In a lambda
//!
//! Between invocations AWS Lambda and similar services freeze the process and its threads.
//! Automatic polling stops during that time: it polls [within a second after the
//! thaw](#after-a-sleep), and a short invocation may end before that, with flags as old as the
//! freeze was long. So let the invocation fetch:
//!
//! ```
//! use std::time::Duration;
//! use configcat::{Client, PollingMode};
//!
//! // Outside of the handler, once for each instance.
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .polling_mode(PollingMode::lazy().cache_ttl(Duration::from_secs(60)))
//!     .request_timeout(Duration::from_millis(800))
//! #   .offline(true)
//!     .build()?;
//!
//! // In the handler: fetches if the config is older than a minute, by the time of day.
//! let flags = client.snapshot();
//! # assert!(!flags.get_value("isNewUiEnabled", false, None));
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! - *Lazy* loading suits most functions. A freeze counts as time, so the first evaluation after it
//!   fetches an expired config. The request timeout limits that time; after a failure the
//!   evaluation uses the last config.
//! - *Manual* polling fetches only in [`force_refresh`](Client::force_refresh): call it while the
//!   instance starts, and again when [`fetch_time`](Snapshot::fetch_time) is too old.
//! - A [`ConfigCache`](crate::ConfigCache) that all instances share saves most of them the fetch.
//!
//! # After a fork
//!
//! A client may be built before a fork and used after it, in the parent and in any number of
//! children: a server that loads everything and then forks its workers needs no extra code. Threads
//! do not survive `fork`, so the first use of the client in a child starts its threads again, and
//! logs event 3203 once. Each call of a method of [`Client`] is a use, also an evaluation; a call
//! on a [`Snapshot`] is not.
//!
//! | in the child | |
//! |---|---|
//! | config, default user, hooks, overrides, online or offline, closed or not | as they were at the fork |
//! | automatic polling, overrides that reload | on threads of its own, with a jitter of its own |
//! | connections | its own; those of the parent are not used, even when the client is dropped |
//! | a refresh of another thread of the parent | no thread waits for it: a refresh starts anew |
//! | a client that was not ready | becomes ready by a fetch of its own; evaluations wait for the rest of the max init wait |
//! | a child that does not use the client | has no thread, and does no HTTP |
//!
//! The check for a fork takes less than a nanosecond of each evaluation, and some four in a child.
//! It uses `pthread_atfork`, so the fork must be made by `fork` of the C library, as almost all
//! forks are. A direct system call `clone` is not noticed, and after `vfork` another program runs.
//! Starting another program (`std::process::Command`) is not a fork in this sense. Windows has no
//! fork.
//!
//! Your own code must survive a fork by itself. If a logger, a cache, a clock or an override source
//! has a lock, and another thread holds it at the moment of the fork, it stays locked in the child.
//! A [`MemoryCache`](crate::MemoryCache) that several clients share has such a lock.
//! [`FileCache`](crate::FileCache) has no such lock, and the connections of
//! [`RedisCache`](super::caching#redis) belong to one process. The safest time for a fork is while
//! no other thread works.
//!
//! # After a sleep
//!
//! After a machine was suspended, or the process or its virtual machine was frozen, automatic
//! polling notices it by the time of day within a second. It polls at once if the interval, or the
//! backoff after a failure, has passed in the meantime. A poll that was interrupted is repeated at
//! once. Connections that were idle for more than three minutes are not used again. Lazy loading
//! uses the time of day in any case, and a sleep ends its backoff after failures. Until the poll
//! has ended, evaluations use the last config.
//!
//! A clock that is set forward looks like a sleep, and causes one poll. A clock that is set back
//! stops nothing: polls use the monotonic clock too.
//!
//! # Platforms
//!
//! *Tried* means that all tests run there. *Read* means that the code has no known obstacle, and
//! that no test has run there yet.
//!
//! | platform | state | differences |
//! |---|---|---|
//! | Linux, x86-64, glibc | tried | |
//! | Linux, other processors or musl | read | `configcat` needs atomics of 64 bits |
//! | macOS | read | `native-tls` uses Secure Transport |
//! | Windows | read | there is no fork. A [`FileCache`](crate::FileCache) has the access rights of its folder, not `0600`. `native-tls` uses SChannel |
//! | WebAssembly, without threads and sockets | `configcat-eval` only, read | it is `no_std` with `alloc` |
//!
//! The crates need Rust 1.85. With the feature `rustls` they need a C compiler for `ring`, and with
//! `native-tls` on Linux the headers of OpenSSL.

#[cfg(doc)]
use crate::{Client, Snapshot};
