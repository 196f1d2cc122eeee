//! Contention: this SDK, then the official SDK with the same work.

use configcat_benches::threads::{ALONE, print, run};
use configcat_benches::workloads;
use configcat_peers::official::Official;

fn main() -> Result<(), configcat::cache::BoxError> {
    run()?;
    for workload in workloads().iter().filter(|workload| ["W1", "W2"].contains(&workload.id.as_str())) {
        let official = Official::new(workload).ok_or("the official SDK is not ready")?;
        print(&format!("{}/official/quiet", workload.id), ALONE, &|| official.poll_once());
    }
    Ok(())
}
