//! What the benchmarks run: documents, users, and the floor to compare with.

#![allow(clippy::indexing_slicing, reason = "of JSON values, where it gives null")]

mod floor;
mod workloads;

pub use self::{
    floor::Floor,
    workloads::{Workload, hashed, user, workloads},
};
