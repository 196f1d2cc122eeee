//! Running: in async code, in a fleet, in a container, in a lambda, after a fork, and after a
//! sleep.
//!
//! # In async code
//!
//! The client needs no runtime and knows none: it works the same in plain `main`, on any thread,
//! and inside tokio or any other executor. Its thread, in automatic polling, is one of the
//! system's. What counts for an executor is when a call may block:
//!
//! | call | may block |
//! |---|---|
//! | `build()` | in automatic polling no; in the others for one read of the cache; overrides are loaded |
//! | evaluations, `snapshot()`, `check()`, `explain()` | auto: until ready, that is for the max init wait after `build()` at most, then never; lazy: for a fetch; manual: never |
//! | evaluations on a [`Snapshot`] | never |
//! | `try_snapshot()`, `ready_state()` | never |
//! | `force_refresh()` | for the cache and a fetch |
//! | `wait_for_ready()` | for its time-out |
//! | `close()`, dropping the last clone | for 100 ms at most, and that only if a refresh is under way |
//! | all others | never |
//!
//! Why never after ready: the current config is behind a pointer that is swapped as a whole. An
//! evaluation loads it and computes; there is no lock to wait for, no cache and no I/O. So with
//! automatic polling wait once, off the executor's threads, and then evaluate anywhere:
//!
//! ```
//! use std::time::Duration;
//! use configcat::{Client, User};
//! use tokio::task::spawn_blocking;
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//! #   .offline(true)
//!     .build()?;
//!
//! let starting = client.clone();
//! let state = spawn_blocking(move || starting.wait_for_ready(Duration::from_secs(5))).await?;
//!
//! // From now on without `await`, in any task.
//! let is_new = client.get_value("isNewUiEnabled", false, &User::new("42"));
//!
//! // What does HTTP belongs on a thread that may block.
//! let refreshing = client.clone();
//! let refreshed = spawn_blocking(move || refreshing.force_refresh()).await?;
//! # assert!(refreshed.is_err() && !is_new);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Wait for as long as the max init wait, 5 s by default: with less, the first evaluation may wait
//! for the rest. Or set the [max init wait](crate::polling_mode::AutoPoll::max_init_wait) to zero,
//! and have defaults until the first config is there. In lazy loading any evaluation may fetch, so
//! evaluate on a [`try_snapshot`](crate::Client::try_snapshot), and where there is none take a
//! `snapshot` in `spawn_blocking`. `configcat-openfeature`, the provider for OpenFeature, does all
//! of this by itself.
//!
//! # In a fleet
//!
//! Thousands of processes that start together must not strike the CDN together, or come back all at
//! once after an outage:
//!
//! | after | the next poll is |
//! |---|---|
//! | the start | at once, if the cache has nothing up to date; never delayed |
//! | a success | when the config is an interval old, plus the jitter: up to a tenth of the interval, drawn once for each process |
//! | finding what another process fetched | the same, with a jitter in the upper half of that: who has fetched goes first again |
//! | the n-th failure in a row | after the interval times 2ⁿ, 5 min at most, less up to half of that, drawn for each process and each failure; polling never stops for good |
//! | a failure with `Retry-After` | after that time if it is longer, 1 h at most, plus up to half of the backoff |
//! | going online | at once |
//!
//! - So 100,000 processes that start in one second cost the CDN an even number of requests a second
//!   soon after, and also when it is back after half an hour; see the simulation, in
//!   `docs/fleet.md` of the repository.
//! - One failure is shared by all who waited for it: no queue of callers that each try again.
//! - With a [shared cache](super::caching) a process whose entry is fresher than the interval does
//!   not fetch. A fleet of any size, once it runs, costs about one request in each interval, if
//!   that takes less than a twentieth of it.
//! - Clients of one process have the same jitter, and each polls by itself: build one.
//!
//! # In a container
//!
//! *Ready to serve* is for you to define. With good defaults a process need not wait for flags at
//! all; otherwise [`wait_for_ready`](Client::wait_for_ready) tells what there is. *Alive* is
//! [`health().worker_alive`](crate::Health::worker_alive) not being `Some(false)`. Do not restart
//! because fetches fail: a new process would have less than the old one, which goes on with its
//! last config. A [`FileCache`](crate::FileCache) on a volume lets a new process start with that
//! config.
//!
//! # In a lambda
//!
//! Between invocations AWS Lambda and its like freeze the process, and its threads with it.
//! Automatic polling stands still then: [within a second of the thaw](#after-a-sleep) it polls, but
//! an invocation may be over by then, with flags as old as the freeze was long. So let the
//! invocation do the fetching:
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
//! // In the handler: fetches if the config is older than a minute, by the clock on the wall.
//! let flags = client.snapshot();
//! # assert!(!flags.get_value("isNewUiEnabled", false, None));
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! - *Lazy* is the choice for most. A freeze counts as time, so what has expired is fetched by the
//!   first evaluation that follows. The request time-out bounds what that costs; after a failure
//!   the flags of before are used.
//! - *Manual* fetches only where you say: [`force_refresh`](Client::force_refresh) while the
//!   instance starts, and again when [`fetch_time`](Snapshot::fetch_time) says that it is due.
//! - A cache that all instances share, through [`ConfigCache`](crate::ConfigCache), saves most of
//!   them the fetch.
//!
//! # After a fork
//!
//! A client may be built before a fork and used after it, in the parent and in any number of
//! children: a server that loads everything, and then forks its workers, needs nothing special.
//! Threads do not survive `fork`, so the first use of the client in a child starts its threads
//! again, and warns once (event 3203). Each call of a method of [`Client`] is a use, an evaluation
//! too; one on a [`Snapshot`] is not.
//!
//! | in the child | |
//! |---|---|
//! | config, default user, hooks, overrides, online or offline, closed or not | as they were at the fork |
//! | automatic polling, overrides that reload | by threads of its own, with a jitter of its own |
//! | connections | its own; those of the parent are left alone, even when the client is dropped |
//! | what other threads of the parent were waiting for | is not waited for: a refresh starts anew |
//! | a client that was not ready | gets ready by a fetch of its own; evaluations wait for the rest of the max init wait |
//! | a child that does not use the client | has no thread, and does no HTTP |
//!
//! This costs an evaluation less than a nanosecond, and in a child some four. The fork is noticed
//! by `pthread_atfork`, so it must be made by `fork` of the C library, as almost all are; a bare
//! system call `clone` goes unnoticed, and `vfork` is followed by another program. Starting another
//! program (`std::process::Command`) is no fork in this sense. On Windows there is none.
//!
//! What is not the client's own must survive a fork by itself. A logger, a cache, a clock or an
//! override source that has a lock, which another thread holds at the moment of the fork, has it
//! locked in the child for ever; that goes for [`MemoryCache`](crate::MemoryCache) too, if several
//! clients share it, but not for [`FileCache`](crate::FileCache), nor for
//! [`RedisCache`](super::caching#redis), whose connections are each process's own. Least can happen
//! if the parent forks while no other thread works.
//!
//! # After a sleep
//!
//! When a machine was suspended, or the process or its virtual machine was frozen, automatic
//! polling notices it by the time of day within a second of waking, and polls at once if the
//! interval, or the backoff after a failure, has passed meanwhile. A poll that was cut off is
//! repeated at once. Connections that were idle for more than three minutes are not used again.
//! Lazy loading goes by the time of day anyway, and its rest after failures ends with a sleep.
//! Until that poll has ended, flags are those of before.
//!
//! A clock that is set forth looks like a sleep, and costs one poll. One that is set back stops
//! nothing: polls come by the monotonic clock too.

#[cfg(doc)]
use crate::{Client, Snapshot};
