//! ConfigCat's rule evaluator alone.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod attribute;
mod comparator;
mod compile;
mod config;
mod display;
mod error;
mod evaluate;
mod hash;
mod json;
mod model;
mod number;
mod observe;
mod text;
mod time;
mod trace;
mod trace_text;
mod user;
mod value;

pub use self::{
    attribute::AttributeValue,
    config::{Config, Evaluation},
    error::{ErrorKind, EvaluationError, ParseError},
    time::DateTime,
    trace::{
        ConditionTrace, NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, RuleTrace, SelectedOption,
        SettingTrace, Trace, Warning,
    },
    user::User,
    value::{SettingType, Value},
};
