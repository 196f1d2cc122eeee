//! The page that compares the values of all flags for two users.

use configcat::{Config, trace::Trace};
use maud::{Markup, html};

use crate::{
    explain,
    query::{OTHER, Pairs, encoded, flag_link, written},
    rows::{Rows, left_out},
    view::View,
    visitor::Visitor,
};

const PATH: &str = "/compare";

/// A user of the comparison, as all rows need it.
struct Side {
    name: String,
    query: String,
}

/// The rows of the flags whose values differ, and of the other ones.
#[derive(Default)]
struct Compared {
    differing: Rows,
    same: Rows,
}

impl View<'_> {
    pub(crate) fn compare(&self) -> Markup {
        let sides = [&self.visitor, &self.other]
            .map(|visitor| Side { name: visitor.name(&self.fields), query: self.query_of(visitor) });
        let Compared { differing, same } =
            self.snapshot.config().map(|config| self.compared(config, &sides)).unwrap_or_default();
        let count = differing.count() + same.count();
        let [first, second] = &sides;
        self.layout(
            "Two users side by side",
            &html! {
                (self.back())
                h1.key { "Two users side by side" }
                (self.compare_form())
                div #compared data-live {
                    @if self.snapshot.config().is_none() { (self.no_config()) } @else {
                        p.lead {
                            (differing.count()) " of " (count) " flags differ between " strong { (first.name) }
                            " and " strong { (second.name) } "."
                        }
                        (table(&[&differing, &same], &sides))
                        (left_out(differing.left_out() + same.left_out()))
                    }
                }
            },
        )
    }

    fn compared(&self, config: &Config, sides: &[Side; 2]) -> Compared {
        let other = self.other.user(&self.fields);
        // One budget of work for each user.
        let [mut first, mut second] =
            [self.user.as_ref(), other.as_ref()].map(|user| config.evaluate_all(user));
        let mut compared = Compared::default();
        for key in config.keys() {
            let traces = [first.explain(key), second.explain(key)];
            let [one, other] = &traces;
            let differs = one.result() != other.result();
            let rows = if differs { &mut compared.differing } else { &mut compared.same };
            rows.push(|| row(key, &traces, sides, differs));
        }
        compared
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

fn table(parts: &[&Rows], sides: &[Side]) -> Markup {
    html! {
        table.compare {
            caption.hidden { "The values of all flags for both users, those that differ first" }
            thead { tr { th scope="col" { "Flag" } @for side in sides { th scope="col" { (side.name) } } } }
            tbody { @for rows in parts { @for row in rows.shown() { (row) } } }
        }
    }
}

/// Shows the values of a flag with their reasons, and links to their explanations.
fn row(key: &str, traces: &[Trace], sides: &[Side], differs: bool) -> Markup {
    html! {
        tr class=[differs.then_some("differs")] {
            th scope="row" { (key) @if differs { " " span.mark.new { "differs" } } }
            @for (index, (trace, side)) in traces.iter().zip(sides).enumerate() {
                td {
                    a #{ "value-" (index) "-" (encoded(key)) } href=(flag_link(key, &side.query)) {
                        (explain::value(trace.result().ok()))
                        span.hidden { " for " (side.name) ", explained" }
                    }
                    p.hint { (explain::reason(trace)) }
                }
            }
        }
    }
}
