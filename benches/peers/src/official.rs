//! ConfigCat's official SDK: its client with local overrides, so that it reads no cache and no
//! clock.
//!
//! It takes the user by value, so each call includes a clone, as in an application.

use std::{
    hint::black_box,
    io::Write,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use configcat_benches::{Group, KEY, Workload, observed::DELETED};
use official::{Client, FileDataSource, OverrideBehavior, User};
use tokio::runtime::Runtime;

/// A client with a prepared user.
pub struct Official {
    client: Client,
    user: Option<User>,
    runtime: Runtime,
}

impl Official {
    /// Creates a client for a workload. It supports all workloads.
    pub fn new(workload: &Workload) -> Option<Self> {
        let mut file = tempfile::NamedTempFile::new().ok()?;
        file.write_all(workload.json().as_bytes()).ok()?;
        let source = FileDataSource::new(file.path().to_str()?).ok()?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().ok()?;
        let client = {
            let _inside = runtime.enter();
            let overrides = Box::new(source);
            Client::builder("local").overrides(overrides, OverrideBehavior::LocalOnly).build().ok()?
        };
        let user = workload.attributes.as_ref().map(|attributes| match attributes.as_slice() {
            [identifier, email, country, rest @ ..] => {
                let user = User::new(&identifier.1).email(&email.1).country(&country.1);
                rest.iter().fold(user, |user, (name, value)| user.custom(name, value.as_str()))
            }
            _ => User::new(""),
        });
        Some(Self { client, user, runtime })
    }

    /// Evaluates the setting of the workload once.
    pub fn get_once(&self) -> bool {
        self.runtime.block_on(self.client.get_value(KEY, false, self.user.clone()))
    }

    /// Evaluates without a runtime: with local overrides the call never waits.
    pub fn poll_once(&self) -> bool {
        let call = pin!(self.client.get_value(black_box(KEY), false, black_box(&self.user).clone()));
        match call.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => false,
        }
    }

    /// Measures one evaluation. The runtime is entered once for many calls, since a task of an
    /// application is already inside it.
    pub fn single(&self, group: &mut Group<'_>) {
        group.bench_function("official", |bencher| {
            bencher.iter_custom(|count| {
                self.many(count, async || {
                    black_box(
                        self.client.get_value(black_box(KEY), false, black_box(&self.user).clone()).await,
                    );
                })
            });
        });
    }

    /// Measures one evaluation in a group of [`observed`](configcat_benches::observed::observed),
    /// if this SDK can do the same.
    pub fn observed(&self, name: &str, group: &mut Group<'_>) {
        let key = if name.ends_with("missing") { DELETED } else { KEY };
        let user = || black_box(&self.user).clone();
        match name {
            "missing" | "info" => group.bench_function("official", |bencher| {
                bencher.iter_custom(|count| {
                    self.many(count, async || {
                        black_box(self.client.get_value(black_box(key), false, user()).await);
                    })
                });
            }),
            "details" | "details-missing" => group.bench_function("official", |bencher| {
                bencher.iter_custom(|count| {
                    self.many(count, async || {
                        black_box(self.client.get_value_details(black_box(key), false, user()).await);
                    })
                });
            }),
            // It has no snapshots, no traces as data, no hooks and no typed flags.
            _ => group,
        };
    }

    /// Measures the evaluation of all settings.
    pub fn all(&self, group: &mut Group<'_>) {
        group.bench_function("official", |bencher| {
            bencher.iter_custom(|count| {
                self.many(count, async || {
                    black_box(self.client.get_all_values(black_box(&self.user).clone()).await);
                })
            });
        });
    }

    fn many(&self, count: u64, run: impl AsyncFn()) -> Duration {
        self.runtime.block_on(async {
            let start = Instant::now();
            for _ in 0..count {
                run().await;
            }
            start.elapsed()
        })
    }
}
