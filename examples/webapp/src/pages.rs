//! The page of all flags, and that for an unknown key.

use configcat::Flag;
use flag_html::difference;
use maud::{Markup, html};

use crate::{changes::Entry, health, view::View};

// The flags that the application itself uses.
static GREETING: Flag<&str> = Flag::new("greeting", "Hello!");
static IS_SALE_RUNNING: Flag<bool> = Flag::new("isSaleRunning", false);
static DISCOUNT: Flag<f64> = Flag::new("discount", 0.0);

impl View<'_> {
    /// Shows all flags.
    pub(crate) fn index(&self) -> Markup {
        let greeting = self.snapshot.get(&GREETING, self.user.as_ref());
        self.layout(
            "Flags",
            &html! {
                div #hero data-live {
                    h1 { (greeting) }
                    @if self.snapshot.get(&IS_SALE_RUNNING, self.user.as_ref()) {
                        @let discount = self.snapshot.get(&DISCOUNT, self.user.as_ref());
                        p.sale { "The sale is on: " (format!("{:.0}", discount * 100.0)) " % off for you." }
                    }
                }
                div.columns {
                    (self.user_form("/", "Show the flags"))
                    (self.flags_section())
                    (self.log())
                }
            },
        )
    }

    pub(crate) fn no_flag(&self, key: &str) -> Markup {
        // Without a config, the flag may exist, and this page shows it soon.
        let title = if self.snapshot.config().is_some() { "No such flag" } else { key };
        self.layout(
            title,
            &html! {
                h1 { (title) }
                // The parts of the page that a removed flag has had.
                div #result data-live {
                    @match self.snapshot.config() {
                        Some(config) => {
                            p.lead { "The config has no flag with the key " code { (key) } "." }
                            @if let Some(similar) = config.similar_key(key) {
                                p #similar { "Did you mean " a href=(self.links().flag(similar)) { (similar) } "?" }
                            }
                        }
                        None => (self.no_config()),
                    }
                }
                div #flag data-live {}
                (self.back())
            },
        )
    }

    fn log(&self) -> Markup {
        html! {
            section #log.log data-live aria-labelledby="log-title" {
                h2 #log-title { "Changes" }
                ol {
                    @for Entry { time, changes } in self.app.changes.latest() {
                        li {
                            time { (health::clock(time)) }
                            (difference::list(&changes))
                        }
                    }
                }
            }
        }
    }
}
