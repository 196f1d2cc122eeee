//! What the benchmarks run: documents, users, and the floor to compare with.

mod floor;
mod workloads;

pub use self::{
    floor::Floor,
    workloads::{Workload, hashed, user, workloads},
};
