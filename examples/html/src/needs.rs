//! The needs of a user for another value of a flag: the rules and options that serve that value,
//! with their conditions in words.

use std::collections::HashMap;

use configcat_eval::{
    ConditionDescription, OptionDescription, OptionsTrace, RuleDescription, RuleTrace, ServedDescription,
    SettingDescription, ThenDescription, Trace, Value,
};
use maud::{Markup, html};

use crate::{
    explain::{self, mark, matched_rule, more},
    query::Links,
    rules::sentence,
    visitor::Visitor,
};

/// The most values, ways to one value, and conditions of one way that are shown: together some
/// screens. A hostile config has thousands of each, which multiply. The rules above have them all.
const MAX_VALUES: usize = 20;
const MAX_WAYS: usize = 10;
const MAX_CONDITIONS: usize = 20;

/// A way to a value.
struct Way<'a> {
    /// The targeting rule with its index; `None` if no rule may match.
    rule: Option<(usize, &'a RuleDescription)>,
    /// The buckets of the percentage option; `None` without options.
    buckets: Option<Buckets>,
}

/// The buckets of a percentage option, from the first one to the one after the last.
struct Buckets {
    start: i64,
    end: i64,
}

/// The values that the flag can have, each with its ways, in the order of the rules.
type Ways<'a> = Vec<(&'a Value, Vec<Way<'a>>)>;

/// Shows the ways to each other value. Shows nothing if the flag has only one value.
pub(crate) fn needs(
    setting: &SettingDescription,
    trace: &Trace,
    visitor: &Visitor,
    links: Links<'_>,
) -> Markup {
    let mut ways = ways(setting);
    ways.retain(|(value, _)| trace.result().ok() != Some(*value));
    let shown = Shown { setting, trace, visitor, links };
    html! {
        @if !ways.is_empty() {
            h2 { "For another value" }
            ul.needs {
                @for (value, ways) in ways.iter().take(MAX_VALUES) {
                    li {
                        p.sentence { span.word { "For" } " " (explain::value(Some(value))) }
                        ul { @for way in ways.iter().take(MAX_WAYS) { li { (shown.way(way)) } } }
                        (more(ways.len(), MAX_WAYS, "ways"))
                    }
                }
            }
            (more(ways.len(), MAX_VALUES, "values"))
        }
    }
}

fn ways(setting: &SettingDescription) -> Ways<'_> {
    let mut all = Vec::new();
    for (index, rule) in setting.rules.iter().enumerate() {
        let rule_at = Some((index, rule));
        match &rule.then {
            ThenDescription::Served(served) => all.push((served, Way { rule: rule_at, buckets: None })),
            ThenDescription::Options(options) => all.extend(of_options(options, rule_at)),
            _ => {}
        }
    }
    all.extend(of_options(&setting.options, None));
    all.push((&setting.default, Way { rule: None, buckets: None }));

    // By a map, since a config may have as many values as it has options.
    let (mut ways, mut places) = (Ways::new(), HashMap::new());
    for (served, way) in all {
        // A malformed value is served to no user.
        let Some(value) = &served.value else { continue };
        let place = *places.entry((value.setting_type(), value.to_string())).or_insert(ways.len());
        match ways.get_mut(place) {
            Some((_, ways)) => ways.push(way),
            None => ways.push((value, Vec::from([way]))),
        }
    }
    ways
}

fn of_options<'a>(
    options: &'a [OptionDescription],
    rule: Option<(usize, &'a RuleDescription)>,
) -> impl Iterator<Item = (&'a ServedDescription, Way<'a>)> {
    let mut end = 0_i64;
    let ways = options.iter().map(move |option| {
        let start = end;
        end = end.saturating_add(option.percentage);
        (option, Buckets { start, end })
    });
    let ways = ways.filter(|(_, buckets)| buckets.start < buckets.end);
    ways.map(move |(option, buckets)| (&option.served, Way { rule, buckets: Some(buckets) }))
}

/// The data that all ways are shown with.
struct Shown<'a> {
    setting: &'a SettingDescription,
    trace: &'a Trace,
    visitor: &'a Visitor,
    links: Links<'a>,
}

impl Shown<'_> {
    fn way(&self, way: &Way<'_>) -> Markup {
        let evaluation = self.trace.evaluation();
        let before = matched_rule(evaluation).map(|(index, _)| index);
        let before = before.filter(|index| way.rule.is_none_or(|(own, _)| *index < own));
        html! {
            p {
                @match way.rule {
                    Some((index, _)) => { strong { "Rule " (index + 1) } @if index > 0 { ", if no rule before it matches" } }
                    None => strong { "If no rule matches" },
                }
                @if let Some(index) = before { " " span.mark.no { "rule " (index + 1) " matches" } }
            }
            @if let Some((index, rule)) = way.rule {
                (self.conditions(&rule.conditions, evaluation.rules.get(index)))
            }
            @match (&way.buckets, way.rule) {
                (Some(buckets), rule) => (self.bucket(buckets, rule.map(|(index, _)| index))),
                // The options serve all users that have their attribute.
                (None, None) if !self.setting.options.is_empty() => {
                    p { "and the user has no " strong { (self.options_attribute()) } }
                }
                (None, _) => {}
            }
        }
    }

    fn conditions(&self, conditions: &[ConditionDescription], trace: Option<&RuleTrace>) -> Markup {
        html! {
            @for (index, condition) in conditions.iter().take(MAX_CONDITIONS).enumerate() {
                @let step = trace.and_then(|trace| trace.conditions.get(index));
                p {
                    (sentence(condition, self.links)) " "
                    @match step {
                        Some(step) => (mark(step.outcome.as_ref(), ["met", "not met"])),
                        None => span.mark.unreached { "not evaluated" },
                    }
                    @if let ConditionDescription::User { attribute, .. } = condition { (self.attribute(attribute)) }
                }
            }
            (more(conditions.len(), MAX_CONDITIONS, "conditions"))
        }
    }

    /// Shows the value that the user has now.
    fn attribute(&self, name: &str) -> Markup {
        let value = self.visitor.get(name);
        html! {
            span.hint {
                @if value.trim().is_empty() { " this user has none" } @else { " this user has “" (value) "”" }
            }
        }
    }

    /// Shows the buckets of an option, and the one of the user as far as it is known.
    fn bucket(&self, buckets: &Buckets, rule: Option<usize>) -> Markup {
        let evaluation = self.trace.evaluation();
        let options = match rule {
            Some(index) => evaluation.rules.get(index).and_then(|rule| rule.options.as_ref()),
            None => evaluation.options.as_ref(),
        };
        html! {
            p {
                "depends on the bucket of " strong { (self.options_attribute()) } ": "
                @if buckets.start + 1 == buckets.end { (buckets.start) } @else { (buckets.start) " to " (buckets.end - 1) }
                @match options {
                    Some(OptionsTrace::Hashed { bucket, .. }) => {
                        " " span.mark.no { "the bucket of this user is " (bucket) }
                    }
                    Some(OptionsTrace::Skipped(obstacle)) => { " " span.mark.unknown { (obstacle.to_string()) } }
                    _ => { " " span.mark.unreached { "not evaluated" } }
                }
            }
        }
    }

    fn options_attribute(&self) -> &str {
        self.setting.options_attribute.as_deref().unwrap_or("an invalid attribute")
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CONDITIONS, MAX_VALUES, needs, ways};
    use crate::{query::Links, visitor::Visitor};
    use configcat_eval::{Config, User};

    fn shown(config: &Config, key: &str, user: Option<&User>) -> String {
        let setting = config.describe(key).unwrap();
        let visitor = Visitor(Vec::from([("Country".to_owned(), "HU".to_owned())]));
        let page = needs(&setting, &config.explain(key, user), &visitor, Links::default()).into_string();
        // The text alone.
        let mut texts = page.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim());
        let texts: Vec<_> = texts.by_ref().filter(|text| !text.is_empty()).collect();
        texts.join(" ")
    }

    #[test]
    fn each_other_value_has_its_ways() {
        let config = Config::parse(
            r#"{"f": {"layout": {"t": 1, "v": {"s": "old"}, "r": [
                {"c": [{"u": {"a": "Country", "c": 28, "s": "HU"}}], "s": {"v": {"s": "new"}}},
                {"c": [{"u": {"a": "Country", "c": 28, "s": "DE"}}, {"u": {"a": "Plan", "c": 16, "l": ["00"]}}],
                 "p": [{"p": 30, "v": {"s": "a"}}, {"p": 0, "v": {"s": "never"}}, {"p": 70, "v": {"s": "old"}}]}]}}}"#,
        )
        .unwrap();
        let of = |user: &User| shown(&config, "layout", Some(user));
        assert_eq!(
            of(&User::new("1").country("HU")),
            "For another value For a Rule 2 , if no rule before it matches rule 1 matches \
             Country equals DE not evaluated this user has “HU” \
             Plan is one of a confidential value not evaluated this user has none \
             depends on the bucket of Identifier : 0 to 29 not evaluated \
             For old Rule 2 , if no rule before it matches rule 1 matches \
             Country equals DE not evaluated this user has “HU” \
             Plan is one of a confidential value not evaluated this user has none \
             depends on the bucket of Identifier : 30 to 99 not evaluated \
             If no rule matches rule 1 matches"
        );
        assert!(of(&User::new("1").country("FR")).starts_with(
            "For another value For new Rule 1 Country equals HU not met this user has “HU” \
             For a Rule 2 , if no rule before it matches Country equals DE not met"
        ));
    }

    #[test]
    fn a_way_by_percentage_shows_the_bucket_of_the_user() {
        let config = Config::parse(
            r#"{"f": {"half": {"t": 0, "v": {"b": false}, "p": [{"p": 50, "v": {"b": true}}, {"p": 50, "v": {"b": false}}]},
                      "same": {"t": 0, "v": {"b": false}}}}"#,
        )
        .unwrap();
        let user = User::new("1");
        let text = shown(&config, "half", Some(&user));
        assert!(text.contains("depends on the bucket of Identifier :"), "{text}");
        assert!(text.contains("the bucket of this user is"), "{text}");
        let text = shown(&config, "half", None);
        assert!(text.contains("cannot evaluate, User Object is missing"), "{text}");
        assert_eq!(shown(&config, "same", None), "", "there is no other value");
    }

    #[test]
    fn a_large_config_makes_no_large_page() {
        let conditions = vec![r#"{"u": {"a": "Country", "c": 28, "s": "HU"}}"#; 300].join(",");
        let option = |number: usize| format!(r#"{{"p": 1, "v": {{"i": {number}}}}}"#);
        let options = (0..100).map(option).collect::<Vec<_>>().join(",");
        let rules = vec![format!(r#"{{"c": [{conditions}], "p": [{options}]}}"#); 20].join(",");
        let config =
            Config::parse(format!(r#"{{"f": {{"big": {{"t": 2, "v": {{"i": -1}}, "r": [{rules}]}}}}}}"#))
                .unwrap();
        let setting = config.describe("big").unwrap();
        assert_eq!(ways(&setting).len(), 101);
        let text = shown(&config, "big", None);
        assert!(text.contains("and 80 more values") && text.contains("and 10 more ways"), "{text}");
        assert_eq!(text.matches("Country equals").count(), MAX_VALUES * 10 * MAX_CONDITIONS);
    }
}
