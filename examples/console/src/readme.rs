//! The README of the repository; its programs are doc tests of this crate.
#![doc = include_str!("../../../README.md")]
