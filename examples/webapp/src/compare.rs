//! The page that compares the values of all flags for two users.

use configcat::{Config, trace::Trace};
use maud::{Markup, html};

use crate::{
    explain,
    query::{OTHER, Pairs, written},
    view::View,
    visitor::Visitor,
};

const PATH: &str = "/compare";

/// The values of one flag for both users.
struct Row {
    key: String,
    values: [Markup; 2],
    differs: bool,
}

impl View<'_> {
    pub(crate) fn compare(&self) -> Markup {
        let [first, second] = [&self.visitor, &self.other].map(|visitor| visitor.name(&self.fields));
        let mut rows = self.snapshot.config().map(|config| self.compared(config)).unwrap_or_default();
        // Stable, so that each part stays in the order of the config.
        rows.sort_by_key(|row| !row.differs);
        let differing = rows.iter().filter(|row| row.differs).count();
        self.layout(
            "Two users side by side",
            &html! {
                (self.back())
                h1.key { "Two users side by side" }
                (self.compare_form())
                div #compared data-live {
                    p.lead { (differing) " of " (rows.len()) " flags differ between " (first) " and " (second) "." }
                    @if rows.is_empty() { (self.no_config()) } @else { (table(&rows, &[first, second])) }
                }
            },
        )
    }

    fn compared(&self, config: &Config) -> Vec<Row> {
        let other = self.other.user(&self.fields);
        // One budget of work for each user.
        let mut evaluations = [self.user.as_ref(), other.as_ref()].map(|user| config.evaluate_all(user));
        let row = |key: &str| {
            let [first, second] = &mut evaluations;
            let [first, second] = [first.explain(key), second.explain(key)];
            let differs = first.result() != second.result();
            let values = [self.cell(&first, &self.visitor), self.cell(&second, &self.other)];
            Row { key: key.to_owned(), values, differs }
        };
        config.keys().map(row).collect()
    }

    /// Shows a value with its reason, and a link to its explanation.
    fn cell(&self, trace: &Trace, visitor: &Visitor) -> Markup {
        html! {
            a href=(self.flag_link(trace.key(), visitor)) {
                (explain::value(trace.result().ok()))
                span.hidden { " for " (visitor.name(&self.fields)) ", explained" }
            }
            p.hint { (explain::reason(trace)) }
        }
    }

    fn compare_form(&self) -> Markup {
        let first = |visitor: &Visitor| both(visitor, &self.other);
        let second = |visitor: &Visitor| both(&self.visitor, visitor);
        html! {
            form.two #user-form action=(PATH) {
                (self.side("First user", &self.visitor, "", first))
                (self.side("Second user", &self.other, OTHER, second))
                button { "Compare" }
                (self.datalists())
            }
        }
    }

    fn side(
        &self,
        label: &str,
        visitor: &Visitor,
        prefix: &str,
        query: impl Fn(&Visitor) -> String,
    ) -> Markup {
        html! {
            section aria-label=(label) {
                h2 { (label) ": " (visitor.name(&self.fields)) }
                (self.preset_links(PATH, &format!("Sample users: {label}"), visitor, query))
                details {
                    summary { "Change the attributes" span.hidden { ": " (label) } }
                    div.edit { (self.inputs(visitor, prefix)) }
                }
            }
        }
    }
}

/// Returns the query of the page for both users.
fn both(first: &Visitor, second: &Visitor) -> String {
    let named = second.0.iter().map(|(name, value)| (format!("{OTHER}{name}"), value.clone()));
    written(&first.0.iter().cloned().chain(named).collect::<Pairs>())
}

fn table(rows: &[Row], names: &[String; 2]) -> Markup {
    html! {
        table.compare {
            caption.hidden { "The values of all flags for both users, those that differ first" }
            thead { tr { th scope="col" { "Flag" } @for name in names { th scope="col" { (name) } } } }
            tbody {
                @for Row { key, values, differs } in rows {
                    tr class=[differs.then_some("differs")] {
                        th scope="row" { (key) @if *differs { " " span.mark.new { "differs" } } }
                        @for value in values { td { (value) } }
                    }
                }
            }
        }
    }
}
