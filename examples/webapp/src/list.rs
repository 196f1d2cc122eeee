//! The list of flags.

use configcat::trace::Trace;
use flag_html::list::{self, List, filter_inputs};
use maud::{Markup, html};

use crate::view::View;

/// The place of the flags that a page has no room for.
pub(crate) const ALL: &str = "/flags.json has all of them.";

impl View<'_> {
    /// Evaluates the flags that the filter lets through.
    pub(crate) fn each_flag(&self, see: impl FnMut(&str, &Trace)) {
        if let Some(config) = self.snapshot.config() {
            list::each_flag(config, self.user.as_ref(), &self.filter, see);
        }
    }

    pub(crate) fn flags_section(&self) -> Markup {
        let config = self.snapshot.config();
        let new = |config| {
            List::new(config, self.user.as_ref(), &self.filter, self.links(), |key| self.change_mark(key))
        };
        let list = config.map(|config| new(config)).unwrap_or_default();
        html! {
            section #flags aria-labelledby="flags-title" {
                h2 #flags-title { "Flags" }
                (filter_inputs(&self.filter))
                (list.count())
                div #list data-live {
                    @if config.is_none() { (self.no_config()) }
                    (list.flags(ALL))
                    p.muted { a #json href={ "/flags.json" (self.query) } { "These values as JSON" } }
                }
            }
        }
    }

    pub(crate) fn no_config(&self) -> Markup {
        html! {
            @match self.app.fetch_error() {
                Some(error) => {
                    p.warning #fetch-error { strong { "There are no flags, since the fetch failed: " } (error) }
                    p { "The next attempt follows by itself. This page shows the flags as soon as they arrive." }
                }
                None => p { "There is no config yet. This page shows the flags as soon as the config arrives." },
            }
        }
    }
}
