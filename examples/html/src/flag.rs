//! One flag for a user: its value, the rules, and what another value needs.

use configcat_eval::{SettingDescription, Trace};
use maud::{Markup, html};

use crate::{explain, fields::Fields, needs, query::Links, rules, rust_code, visitor::Visitor};

/// Shows the value and its reason. The name is that of the user; the mark is shown beside the value.
#[must_use]
pub fn result(setting: &SettingDescription, trace: &Trace, name: &str, mark: &Markup) -> Markup {
    let setting_type = setting.setting_type.map(|kind| kind.to_string());
    html! {
        p.facts {
            (explain::value(trace.result().ok())) " for " strong { (name) }
            span.variation {
                (setting_type.as_deref().unwrap_or("unknown type"))
                @if let Some(id) = trace.variation_id() { " · variation " (id) }
            }
            (mark)
        }
        p.lead { (explain::reason(trace)) }
        (explain::warnings(trace))
    }
}

/// Shows the rules, the needs for another value, the evaluation as Rust code, and its log.
#[must_use]
pub fn explained(
    setting: &SettingDescription,
    trace: &Trace,
    visitor: &Visitor,
    fields: &Fields,
    links: Links<'_>,
) -> Markup {
    html! {
        h2 { "Rules" }
        (rules::rules(setting, trace, links))
        (needs::needs(setting, trace, visitor, links))
        @if let Some(setting_type) = setting.setting_type {
            h2 { "In Rust" }
            div.code {
                pre #code tabindex="0" role="region" aria-label="Rust code" {
                    (rust_code::code(trace.key(), setting_type, &visitor.attributes(fields)))
                }
                button #copy data-copy="code" { "Copy" span.hidden { " the Rust code" } }
            }
        }
        h2 { "As the SDK logs it" }
        pre #evaluation-log tabindex="0" role="region" aria-label="Evaluation log" { (trace.to_string()) }
    }
}
