//! Growth: the time of an evaluation by the size of the document and of the user.

use configcat::cache::BoxError;
use configcat_benches::{Ours, criterion, curves};

fn main() -> Result<(), BoxError> {
    let mut criterion = criterion();
    for curve in curves() {
        let mut group = criterion.benchmark_group(format!("growth {}", curve.name));
        for (size, workload) in curve.points {
            let ours = Ours::new(&workload)?;
            ours.value()?;
            ours.client_only(&mut group, &size.to_string());
        }
        group.finish();
    }
    Ok(())
}
