//! The list of flags for one user, and its filter.

use configcat_eval::{Config, Trace, User};
use maud::{Markup, html};

use crate::{
    explain,
    query::{DIFFERS, FIND, Filter, Links, encoded},
    rows::{Rows, left_out},
};

/// The flags that the filter lets through, and the number of all flags.
#[derive(Default)]
pub struct List {
    rows: Rows,
    count: usize,
}

/// Evaluates the flags that the filter lets through. Returns the number of all flags.
pub fn each_flag(
    config: &Config,
    user: Option<&User>,
    filter: &Filter,
    mut see: impl FnMut(&str, &Trace),
) -> usize {
    // One budget of work for the whole page, however expensive the config is.
    let mut all = config.evaluate_all(user);
    for key in config.keys().filter(|key| filter.is_key(key)) {
        let trace = all.explain(key);
        if !filter.differs || differs_from_default(config, &trace) {
            see(key, &trace);
        }
    }
    config.keys().count()
}

impl List {
    /// Evaluates the flags. The mark is shown beside the key of a flag.
    pub fn new(
        config: &Config,
        user: Option<&User>,
        filter: &Filter,
        links: Links<'_>,
        mark: impl Fn(&str) -> Markup,
    ) -> Self {
        let mut rows = Rows::default();
        let see = |key: &str, trace: &Trace| rows.push(|| row(key, trace, links, &mark(key)));
        let count = each_flag(config, user, filter, see);
        Self { rows, count }
    }

    /// Shows the number of flags.
    #[must_use]
    pub fn count(&self) -> Markup {
        html! {
            p #count.muted data-text role="status" {
                @if self.rows.count() == self.count { (self.count) " flags" }
                @else { (self.rows.count()) " of " (self.count) " flags" }
            }
        }
    }

    /// Shows the flags. The hint says where those are that there is no room for.
    #[must_use]
    pub fn flags(&self, hint: &str) -> Markup {
        html! {
            ul.flags { @for row in self.rows.shown() { (row) } }
            (left_out(self.rows.left_out(), hint))
        }
    }
}

/// Shows the inputs of the filter, which belong to the form of the user: one button submits both.
#[must_use]
pub fn filter_inputs(filter: &Filter) -> Markup {
    html! {
        div.filter role="search" aria-label="Flags" {
            div.field {
                label for="find" { "Key contains" }
                input #find type="search" name=(FIND) value=(filter.find) form="user-form"
                    autocomplete="off" spellcheck="false";
            }
            label.check {
                input #differs type="checkbox" name=(DIFFERS) checked[filter.differs] form="user-form";
                " Only what differs from the default"
            }
            button #filter form="user-form" { "Filter" }
        }
    }
}

fn row(key: &str, trace: &Trace, links: Links<'_>, mark: &Markup) -> Markup {
    let id = encoded(key).to_string();
    html! {
        li.flag #{ "flag-" (id) } {
            h3 {
                a #{ "link-" (id) } href=(links.flag(key)) { (key) }
                (mark)
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
