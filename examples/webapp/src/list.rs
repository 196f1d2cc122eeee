//! The list of flags, and its filter.

use configcat::{Config, trace::Trace};
use maud::{Markup, html};

use crate::{
    explain,
    query::{DIFFERS, FIND, encoded, flag_link},
    rows::{Rows, left_out},
    view::View,
};

impl View<'_> {
    /// Evaluates the flags that the filter lets through. Returns the number of all flags.
    pub(crate) fn each_flag(&self, mut see: impl FnMut(&str, &Trace)) -> usize {
        let Some(config) = self.snapshot.config() else { return 0 };
        // One budget of work for the whole page, however expensive the config is.
        let mut all = config.evaluate_all(self.user.as_ref());
        for key in config.keys().filter(|key| self.filter.is_key(key)) {
            let trace = all.explain(key);
            if !self.filter.differs || differs_from_default(config, &trace) {
                see(key, &trace);
            }
        }
        config.keys().count()
    }

    pub(crate) fn flags_section(&self) -> Markup {
        let mut rows = Rows::default();
        let query = self.query_of(&self.visitor);
        let count = self.each_flag(|key, trace| rows.push(|| self.row(key, trace, &query)));
        html! {
            section #flags aria-labelledby="flags-title" {
                h2 #flags-title { "Flags" }
                (self.filter_inputs())
                p #count.muted data-text role="status" {
                    @if rows.count() == count { (count) " flags" } @else { (rows.count()) " of " (count) " flags" }
                }
                div #list data-live {
                    @if self.snapshot.config().is_none() { (self.no_config()) }
                    ul.flags { @for row in rows.shown() { (row) } }
                    (left_out(rows.left_out()))
                    p.muted { a #json href={ "/flags.json?" (query) } { "These values as JSON" } }
                }
            }
        }
    }

    /// Shows the inputs of the filter, which belong to the form of the user: one button submits
    /// both.
    fn filter_inputs(&self) -> Markup {
        html! {
            div.filter role="search" aria-label="Flags" {
                div.field {
                    label for="find" { "Key contains" }
                    input #find type="search" name=(FIND) value=(self.filter.find) form="user-form"
                        autocomplete="off" spellcheck="false";
                }
                label.check {
                    input #differs type="checkbox" name=(DIFFERS) checked[self.filter.differs] form="user-form";
                    " Only what differs from the default"
                }
                button #filter form="user-form" { "Filter" }
            }
        }
    }

    fn row(&self, key: &str, trace: &Trace, query: &str) -> Markup {
        let id = encoded(key).to_string();
        html! {
            li.flag #{ "flag-" (id) } {
                h3 {
                    a #{ "link-" (id) } href=(flag_link(key, query)) { (key) }
                    (self.change_mark(key))
                    (warning_mark(trace))
                }
                p.gets {
                    (explain::value(trace.result().ok())) " "
                    @if let Some(id) = trace.variation_id() {
                        span.variation { span.hidden { "variation " } (id) }
                    }
                }
                details #{ "why-" (id) } {
                    summary #{ "summary-" (id) } {
                        (explain::reason(trace)) span.hidden { ": why " (key) }
                    }
                    (explain::tree(trace.evaluation()))
                    (explain::warnings(trace))
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

fn warning_mark(trace: &Trace) -> Markup {
    let count = trace.warnings().len().saturating_add(trace.warnings_left_out());
    html! {
        @match count {
            0 => {}
            1 => { " " span.mark.warn { "1 warning" } }
            _ => { " " span.mark.warn { (count) " warnings" } }
        }
    }
}

/// Returns whether the value is another than that for all other users. A flag without a value
/// differs.
fn differs_from_default(config: &Config, trace: &Trace) -> bool {
    let default = config.describe(trace.key()).and_then(|setting| setting.default.value);
    trace.result().ok() != default.as_ref() || default.is_none()
}
