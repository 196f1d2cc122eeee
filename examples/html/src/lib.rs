//! The HTML of flags, rules and evaluations, for the web application and for the playground.
//!
//! Everything is made from a config and a user, without I/O. `maud` escapes all texts, so neither a
//! config nor a user can put markup into a page.

pub mod compare;
#[cfg(test)]
mod copied;
pub mod difference;
pub mod explain;
pub mod fields;
pub mod flag;
pub mod list;
mod needs;
mod obstacles;
pub mod query;
mod rows;
mod rules;
mod rust_code;
mod time;
pub mod user_inputs;
pub mod visitor;

/// The style of all pages.
pub const STYLE: &str = include_str!("../assets/style.css");
/// The icon of all pages.
pub const ICON: &str = include_str!("../assets/icon.svg");
/// The script of all pages. It shows a page again after a change, and copies texts.
pub const SCRIPT: &str = include_str!("../assets/page.js");
