//! The page of one flag: its value for the user, the rules, and what another value needs.

use configcat::{describe::SettingDescription, trace::Trace};
use maud::{Markup, html};

use crate::{explain, needs, query::encoded, rules, rust_code, view::View};

impl View<'_> {
    /// Shows one flag. Returns `None` if the config does not have this key.
    pub(crate) fn flag(&self, key: &str) -> Option<Markup> {
        let config = self.snapshot.config()?;
        let setting = config.describe(key)?;
        let trace = config.explain(key, self.user.as_ref());
        Some(self.layout(
            key,
            &html! {
                (self.back())
                h1.key { (key) }
                div #result data-live { (self.result(&setting, &trace)) }
                div.columns {
                    (self.user_form(&format!("/flag/{}", encoded(key)), "Show the flag"))
                    div #flag data-live data-key=(key) { (self.explained(&setting, &trace)) }
                }
            },
        ))
    }

    /// Shows the value and its reason, before the form of the user, so that both are on the first
    /// screen of a phone.
    fn result(&self, setting: &SettingDescription, trace: &Trace) -> Markup {
        let setting_type = setting.setting_type.map(|kind| kind.to_string());
        html! {
            p.facts {
                (explain::value(trace.result().ok())) " for " strong { (self.visitor.name(&self.fields)) }
                span.variation {
                    (setting_type.as_deref().unwrap_or("unknown type"))
                    @if let Some(id) = trace.variation_id() { " · variation " (id) }
                }
                (self.change_mark(trace.key()))
            }
            p.lead { (explain::reason(trace)) }
            (explain::warnings(trace))
        }
    }

    fn explained(&self, setting: &SettingDescription, trace: &Trace) -> Markup {
        let query = self.query_of(&self.visitor);
        html! {
            h2 { "Rules" }
            (rules::rules(setting, trace, &query))
            (needs::needs(setting, trace, &self.visitor, &query))
            @if let Some(setting_type) = setting.setting_type {
                h2 { "In Rust" }
                div.code {
                    pre #code tabindex="0" role="region" aria-label="Rust code" {
                        (rust_code::code(trace.key(), setting_type, &self.visitor.attributes(&self.fields)))
                    }
                    button #copy data-copy="code" { "Copy" span.hidden { " the Rust code" } }
                }
            }
            h2 { "As the SDK logs it" }
            pre #evaluation-log tabindex="0" role="region" aria-label="Evaluation log" { (trace.to_string()) }
        }
    }
}
