//! The values of all flags for two users, side by side.

use configcat_eval::{Config, Trace, User};
use maud::{Markup, html};

use crate::{
    explain,
    query::{Links, OTHER, Pairs, encoded, written},
    rows::{Rows, left_out},
    visitor::Visitor,
};

/// A user of the comparison.
pub struct Side<'a> {
    /// The name to show.
    pub name: &'a str,
    /// The User Object.
    pub user: Option<&'a User>,
    /// The links to the explanations for this user.
    pub links: Links<'a>,
}

/// The rows of the flags whose values differ, and of the other ones.
#[derive(Default)]
struct Compared {
    differing: Rows,
    same: Rows,
}

/// Shows the values of all flags, those that differ first. The hint says where those are that there
/// is no room for.
#[must_use]
pub fn comparison(config: &Config, sides: &[Side<'_>; 2], hint: &str) -> Markup {
    let Compared { differing, same } = compared(config, sides);
    let [first, second] = sides;
    html! {
        p.lead {
            (differing.count()) " of " (differing.count() + same.count()) " flags differ between "
            strong { (first.name) } " and " strong { (second.name) } "."
        }
        (table(&[&differing, &same], sides))
        (left_out(differing.left_out() + same.left_out(), hint))
    }
}

fn compared(config: &Config, sides: &[Side<'_>; 2]) -> Compared {
    // One budget of work for each user.
    let [mut first, mut second] = sides.each_ref().map(|side| config.evaluate_all(side.user));
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

/// Returns the query of the page for both users.
#[must_use]
pub fn both(first: &Visitor, second: &Visitor) -> String {
    let named = second.0.iter().map(|(name, value)| (format!("{OTHER}{name}"), value.clone()));
    written(&first.0.iter().cloned().chain(named).collect::<Pairs>())
}

fn table(parts: &[&Rows], sides: &[Side<'_>]) -> Markup {
    html! {
        table.compare {
            caption.hidden { "The values of all flags for both users, those that differ first" }
            thead { tr { th scope="col" { "Flag" } @for side in sides { th scope="col" { (side.name) } } } }
            tbody { @for rows in parts { @for row in rows.shown() { (row) } } }
        }
    }
}

/// Shows the values of a flag with their reasons, and links to their explanations.
fn row(key: &str, traces: &[Trace], sides: &[Side<'_>], differs: bool) -> Markup {
    html! {
        tr class=[differs.then_some("differs")] {
            th scope="row" { (key) @if differs { " " span.mark.new { "differs" } } }
            @for (index, (trace, side)) in traces.iter().zip(sides).enumerate() {
                td {
                    a #{ "value-" (index) "-" (encoded(key)) } href=(side.links.flag(key)) {
                        (explain::value(trace.result().ok()))
                        span.hidden { " for " (side.name) ", explained" }
                    }
                    p.hint { (explain::reason(trace)) }
                }
            }
        }
    }
}
