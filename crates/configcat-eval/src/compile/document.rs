//! Documents from the model: settings and segments, each compiled as soon as it is read.

use alloc::{boxed::Box, sync::Arc};

use super::{
    Condition, Document, Segment, Segments, Setting, UserCondition, lists::read_items,
    shared_parts::SharedParts,
};
use crate::{
    error::{Checked, ErrorKind, Fault, ParseError},
    model::{self, CowStr, Cursor, Field, Forms, Place, Scalar, SettingsForm},
    slots::{Slot, Slots},
};

/// Reads and compiles a document: its settings, in its order, and what they refer to.
pub(crate) fn compile(json: &[u8], forms: Forms) -> Result<Slots, ParseError> {
    let json = model::decode(json)?;
    let mut compiler = Compiler::new(json);
    let model::DocumentInfo { salt, is_legacy } = model::read(json, forms, &mut compiler)?;
    let Compiler { mut slots, mut shared, segments, place, .. } = compiler;
    if shared.strings.is_full() {
        return Err(ParseError::TooLarge);
    }
    shared.strings.shrink();
    let fault = salt.as_ref().map(|salt| Fault::if_too_long("salt", salt)).transpose();
    let salt = fault.map(|_| salt.map(Box::from)).map_err(|fault| fault.within("s").within("p").rooted());
    let document = Arc::new(Document {
        strings: shared.strings,
        salt,
        segments: segments.shrunk(),
        is_legacy,
        settings_member: if place == Place::Flags { "flags" } else { "f" },
    });
    for slot in &mut slots.slots {
        // Only now all strings are known, and the document is complete.
        slot.document = document.clone();
    }
    Ok(slots)
}

/// Compiles the settings of a document one by one.
struct Compiler<'de> {
    json: &'de str,
    place: Place,
    /// The object that the settings are in; `None` before they begin.
    settings: Option<Cursor<'de>>,
    slots: Slots,
    shared: SharedParts,
    segments: Segments,
    /// Stands for the document until that is complete.
    unfinished: Arc<Document>,
}

impl<'de> Compiler<'de> {
    fn new(json: &'de str) -> Self {
        Self {
            json,
            place: Place::default(),
            settings: None,
            slots: Slots::default(),
            shared: SharedParts::default(),
            segments: Segments::default(),
            unfinished: Arc::default(),
        }
    }

    /// Makes room for another setting.
    ///
    /// While that takes little memory beside the document, the room doubles. Where a document has
    /// very many very small settings, they are counted first: so the room is exact, and is not
    /// copied while the old one is still there.
    fn make_room(&mut self) {
        let slots = &mut self.slots;
        let (count, size) = (slots.slots.len(), size_of::<Slot>() + size_of::<u64>());
        if count == slots.slots.capacity() && 3 * size * count > self.json.len() {
            let in_all = self.settings.map_or(0, model::count_members);
            slots.reserve(in_all.saturating_sub(count));
        }
    }

    fn add(&mut self, setting: Setting) {
        self.make_room();
        self.slots.insert(setting, self.unfinished.clone());
    }
}

impl<'de> model::Sink<'de> for Compiler<'de> {
    fn restart(&mut self) {
        *self = Self::new(self.json);
    }

    fn begin_settings(&mut self, place: Place, settings: Cursor<'de>) {
        (self.slots, self.place, self.settings) = (Slots::default(), place, Some(settings));
    }

    fn setting(&mut self, key: CowStr<'de>, setting: &mut Cursor<'de>, form: &mut SettingsForm) {
        let setting = Setting::read(&key, setting, form, &mut self.shared);
        self.add(setting);
    }

    fn legacy_setting(&mut self, key: CowStr<'de>, setting: Field<model::LegacyParts<'de>>) {
        let setting = Setting::legacy(key.into(), setting, &mut self.shared);
        self.add(setting);
    }

    fn value(&mut self, key: CowStr<'de>, value: Field<Scalar<'de>>) {
        let setting = Setting::simple(key.into(), value, &mut self.shared);
        self.add(setting);
    }

    fn begin_segments(&mut self) {
        self.segments = Segments::default();
    }

    fn segment(&mut self, segment: Field<model::RawSegment<'de>>) {
        let segment = segment.required("segment");
        let segment = segment.and_then(|segment| Segment::new(segment, &mut self.shared));
        let segment = self.shared.keep(segment);
        self.segments.add(segment);
    }
}

impl Segment {
    fn new(segment: model::RawSegment<'_>, shared: &mut SharedParts) -> Checked<Self> {
        let name = segment.name.valid().unwrap_or_default();
        Fault::if_too_long("segment name", &name).map_err(|fault| fault.within("n"))?;
        // Evaluation gets no further than to a missing name.
        let conditions = if name.is_empty() { Field::Absent } else { segment.conditions };
        let conditions = conditions.list(|list| {
            read_items(list, |condition| {
                let condition = UserCondition::read(condition, shared).required("condition");
                shared.keep(condition.and_then(|condition| condition.map(Condition::User)))
            })
        });
        let conditions = shared.keep(conditions.checked());
        Ok(Self { name: name.into(), conditions: conditions.map(Option::unwrap_or_default) })
    }
}

impl Segments {
    fn add(&mut self, segment: Checked<Segment>) {
        // A name that is too long has its own length, and takes enough of the document.
        let is_shared = match &segment {
            Ok(segment) => segment.name.is_empty(),
            Err(fault) => !matches!(fault.kind, ErrorKind::TooLong { .. }),
        };
        // Equal broken segments are stored once, so a document of them takes four bytes for each.
        let is_same = |place: &&u32| match (self.different.get(**place as usize), &segment) {
            (Some(Err(known)), Err(fault)) => known == fault,
            (Some(Ok(_)), Ok(_)) => true,
            _ => false,
        };
        let known = self.shared.iter().find(is_same).copied().filter(|_| is_shared);
        let place = known.unwrap_or_else(|| {
            // A document of less than 4 GiB has fewer segments than that.
            let place = u32::try_from(self.different.len()).unwrap_or(u32::MAX);
            self.different.push(segment);
            if is_shared {
                self.shared.push(place);
            }
            place
        });
        self.places.push(place);
    }

    fn shrunk(mut self) -> Self {
        self.places.shrink_to_fit();
        self.different.shrink_to_fit();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::compile;
    use crate::{error::ParseError, model::Forms};
    use alloc::{format, string::String};

    fn setting(text: &str, kinds: &str) -> String {
        let option = format!("{{\"p\":0,\"v\":{{\"b\":true}},\"i\":\"{text}\"}}");
        format!("{{\"f\":{{\"k\":{{\"t\":0,\"p\":[{option}]{kinds}}}}}}}")
    }

    // In tests there is room for 1 MiB of strings.
    #[test]
    fn strings_without_room_are_an_error() {
        let compile = |text: &str, kinds| compile(setting(text, kinds).as_bytes(), Forms::Config).err();
        let (fits, half) = ("x".repeat(1 << 20), "x".repeat((1 << 19) + 1));
        assert!(compile(&fits, "").is_none());
        assert!(compile(&half, "").is_none());
        for (text, kinds) in [(fits.clone() + "x", ""), (half, ",\"t\":1")] {
            assert!(matches!(compile(&text, kinds), Some(ParseError::TooLarge)), "{}", text.len());
        }
    }
}
