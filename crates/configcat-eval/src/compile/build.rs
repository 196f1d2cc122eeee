//! Settings and segments from the model.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{
    Condition, Document, InvalidThen, Kind, Options, PercentageOption, Rule, Segment, Served, Setting,
    Targeting, Then, UserCondition,
};
use crate::{
    ParseError, SettingType,
    error::{Checked, ErrorKind, Fault, checked},
    model::{self, Field, Text},
    texts::{TextId, Texts},
    user::AttributeName,
};

/// Reads and compiles a document: its settings, in its order, and what they refer to.
pub(crate) fn compile(json: &[u8]) -> Result<(Vec<Setting>, Document), ParseError> {
    let model::Document { salt, segments, settings: Compiler { settings, mut names } } =
        model::read::<Compiler>(json)?;
    let compile = |(index, segment): (usize, Field<model::Segment<'_>>)| {
        let segment = segment.required("segment").map_err(|fault| fault.at("s", index).rooted())?;
        Ok(Segment::new(segment, &mut names))
    };
    let segments = segments.into_iter().enumerate().map(compile).collect();
    names.texts.shrink();
    Ok((settings, Document { texts: names.texts, salt: salt.map(Box::from), segments }))
}

/// Compiles the settings of a document one by one.
#[derive(Default)]
struct Compiler {
    settings: Vec<Setting>,
    names: Names,
}

/// The texts of a document, of which names of attributes are kept once.
#[derive(Default)]
pub(super) struct Names {
    pub(super) texts: Texts,
    attributes: HashMap<Box<str>, TextId, RandomState>,
}

impl Names {
    pub(super) fn attribute(&mut self, name: &str) -> AttributeName<TextId> {
        match AttributeName::of(name) {
            AttributeName::Identifier => AttributeName::Identifier,
            AttributeName::Email => AttributeName::Email,
            AttributeName::Country => AttributeName::Country,
            AttributeName::Custom(name) => {
                if let Some(id) = self.attributes.get(name) {
                    return AttributeName::Custom(*id);
                }
                let id = self.texts.add(name);
                self.attributes.insert(name.into(), id);
                AttributeName::Custom(id)
            }
        }
    }
}

impl<'de> model::Settings<'de> for Compiler {
    fn add(&mut self, key: Text<'de>, setting: Field<Box<model::Setting<'de>>>) {
        self.settings.push(Setting::new(key.into(), setting, &mut self.names));
    }
}

impl Segment {
    fn new(segment: model::Segment<'_>, names: &mut Names) -> Self {
        let conditions = list(segment.conditions, "condition", |condition| {
            UserCondition::new(condition, names).map(Condition::User)
        });
        Self {
            name: segment.name.valid().map(Box::from).unwrap_or_default(),
            conditions: conditions.map(Option::unwrap_or_default),
        }
    }
}

impl Setting {
    fn new(key: Arc<str>, setting: Field<Box<model::Setting<'_>>>, names: &mut Names) -> Self {
        let setting = match setting.required("setting") {
            Ok(setting) => *setting,
            Err(fault) => return Self::broken(key, fault),
        };
        let setting_type = setting_type(setting.kind);
        let served = served(setting.value, setting.variation_id, &setting_type, &mut names.texts);
        let mut links = 0;
        let rules = list(setting.rules, "targeting rule", |rule| {
            Ok(Rule::new(rule, &setting_type, names, &mut links))
        });
        let options = options(setting.options, &setting_type, &mut names.texts);
        let attribute = setting.attribute.checked();
        let targeting = Targeting {
            kind_fault: setting_type.as_ref().err().cloned(),
            rules: rules.map(Option::unwrap_or_default),
            options: options.map(Option::unwrap_or_default),
            attribute: attribute
                .map(|name| name.map_or(AttributeName::Identifier, |name| names.attribute(&name))),
        };
        Self {
            key,
            kind: setting_type.ok().map(|setting_type| Kind { setting_type, inferred: false }),
            default: served.value,
            variation_id: served.variation_id,
            targeting: (!targeting.is_empty()).then(|| Arc::new(targeting)),
        }
    }

    #[cold]
    fn broken(key: Arc<str>, fault: Box<Fault>) -> Self {
        let targeting = Targeting {
            kind_fault: Some(fault.clone()),
            rules: Ok(Box::default()),
            options: Ok(Box::default()),
            attribute: Ok(AttributeName::Identifier),
        };
        let targeting = Some(Arc::new(targeting));
        Self { key, kind: None, default: Err(fault), variation_id: None, targeting }
    }
}

impl Targeting {
    fn is_empty(&self) -> bool {
        let has_rules = self.rules.as_ref().map_or(true, |rules| !rules.is_empty());
        let has_options = self.options.as_ref().map_or(true, |options| !options.is_empty());
        self.kind_fault.is_none() && !has_rules && !has_options
    }
}

impl Rule {
    /// Compiles a rule; `links` counts the prerequisite flags of its setting.
    fn new(
        rule: model::Rule<'_>,
        setting_type: &Checked<SettingType>,
        names: &mut Names,
        links: &mut u32,
    ) -> Self {
        let conditions =
            list(rule.conditions, "condition", |condition| Condition::new(condition, names, links));
        let texts = &mut names.texts;
        let options = options(rule.options, setting_type, texts);
        let mut serve = |item: model::Served<'_>| served(item.value, item.variation_id, setting_type, texts);
        let invalid = |shown, fault| Then::Invalid(Box::new(InvalidThen { shown, fault }));
        let then = match (rule.served.checked(), options) {
            (Ok(Some(served)), Ok(None)) => Then::Served(serve(served)),
            (Ok(None), Ok(Some(options))) if !options.is_empty() => Then::Options(options),
            (Err(fault), _) => invalid(None, fault.within("s")),
            (_, Err(fault)) => invalid(None, fault.within("p")),
            (Ok(served), _) => invalid(
                served.and_then(|served| serve(served).value.ok()),
                Fault::new(ErrorKind::InvalidThenPart),
            ),
        };
        Self { conditions: conditions.map(Option::unwrap_or_default), then }
    }
}

/// Compiles the items of a list, up to the first one with a fault: evaluation gets no further.
fn list<T, U>(
    list: Field<Vec<Field<T>>>,
    what: &'static str,
    mut compile: impl FnMut(T) -> Checked<U>,
) -> Checked<Option<Box<[Checked<U>]>>> {
    let Some(list) = list.checked()? else { return Ok(None) };
    let mut compiled = Vec::with_capacity(list.len());
    for item in list {
        compiled.push(item.required(what).and_then(&mut compile));
        if compiled.last().is_some_and(Result::is_err) {
            break;
        }
    }
    Ok(Some(compiled.into()))
}

fn options(
    options: Field<Vec<Field<model::PercentageOption<'_>>>>,
    setting_type: &Checked<SettingType>,
    texts: &mut Texts,
) -> Checked<Option<Options>> {
    list(options, "percentage option", |option| {
        let percentage = option.percentage.member("p", "percentage")?;
        let percentage = match u32::try_from(percentage) {
            Ok(percentage) => percentage,
            Err(_) if percentage < 0 => return Err(Fault::new(ErrorKind::NegativePercentage(percentage))),
            Err(_) => u32::MAX,
        };
        let Served { value, variation_id } = served(option.value, option.variation_id, setting_type, texts);
        Ok(PercentageOption { percentage, value, variation_id })
    })
}

fn setting_type(code: Field<i64>) -> Checked<SettingType> {
    match code.member("t", "setting type")? {
        0 => Ok(SettingType::Bool),
        1 => Ok(SettingType::Text),
        2 => Ok(SettingType::Int),
        3 => Ok(SettingType::Double),
        unknown => Err(Fault::new(ErrorKind::UnknownSettingType(unknown)).within("t")),
    }
}

fn served(
    value: Field<model::Value<'_>>,
    variation_id: Field<Text<'_>>,
    setting_type: &Checked<SettingType>,
    texts: &mut Texts,
) -> Served {
    let typed = |value: model::Value<'_>| {
        let setting_type = *checked(setting_type)?;
        value.of_type(setting_type).map_err(|fault| fault.within("v"))
    };
    Served {
        value: value.member("v", "setting value").and_then(typed),
        variation_id: variation_id.valid().map(|id| texts.add(&id)),
    }
}
