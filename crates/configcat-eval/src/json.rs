//! Texts and lists as JSON, for the evaluation log and for lists that are compared as text.

use alloc::string::String;
use core::fmt::{self, Write};

pub(crate) struct JsonText<'a>(pub &'a str);

impl fmt::Display for JsonText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self.0).map_err(|_| fmt::Error)?)
    }
}

pub(crate) struct JsonList<'a>(pub &'a [String]);

impl fmt::Display for JsonList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            JsonText(item).fmt(f)?;
        }
        f.write_char(']')
    }
}
