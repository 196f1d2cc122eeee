//! Contention: what two threads get done compared with one.

fn main() -> Result<(), configcat::cache::BoxError> {
    configcat_benches::threads::run()
}
