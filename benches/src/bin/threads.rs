//! Contention: the throughput of two threads relative to one.

fn main() -> Result<(), configcat::cache::BoxError> {
    configcat_benches::threads::run()
}
