//! Values laid over a config, in time that grows with the values and not with the config.

use alloc::sync::Arc;

use foldhash::fast::RandomState;

use crate::{
    compile::{Document, Setting},
    config::{Config, Layer},
    hash::table_hash,
    slot_iter::SlotIter,
    slots::{self, Slot, Slots},
    value::Value,
};

impl Config {
    /// Returns the config with these values in place of the settings of the same keys, or beside
    /// them: as [`merge`](Self::merge) with [`Config::from_values`] does, also for prerequisite
    /// flags.
    ///
    /// It takes time for the values only, and not for the settings, which both configs share: for
    /// values of a single request. An evaluation on it takes some nanoseconds more than on a merged
    /// config.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Arc::new(Config::parse(
    ///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}}, "limit": {"t": 2, "v": {"i": 10}}}}"#,
    /// )?);
    /// let laid_over = config.overlay([("isNew", Value::from(true))]);
    /// assert_eq!(laid_over.evaluate("isNew", None).unwrap().value().as_bool(), Some(true));
    /// assert_eq!(laid_over.evaluate("limit", None).unwrap().value().as_int(), Some(10));
    /// assert!(laid_over.is_overlaid("isNew") && !laid_over.is_overlaid("limit"));
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    #[must_use]
    pub fn overlay<K: Into<Arc<str>>>(
        self: &Arc<Self>,
        values: impl IntoIterator<Item = (K, Value)>,
    ) -> Self {
        let (base, below) = match &self.layer {
            Some(layer) => (&layer.base, &*layer.over.slots),
            None => (self, &[][..]),
        };
        let mut over = Slots { hasher: base.hasher().clone(), ..Slots::default() };
        let values = values.into_iter();
        // At most a few: the caller's iterator may claim any length.
        over.reserve(below.len() + values.size_hint().1.unwrap_or_default().min(64));
        below.iter().for_each(|slot| over.insert(slot.setting.clone(), slot.document.clone()));
        let document = Arc::new(Document::default());
        for (key, value) in values {
            over.insert(Setting::bare(key.into(), value), document.clone());
        }
        // Both have fewer settings than 2^32, since the documents have less than 4 GiB.
        let mut next = u32::try_from(base.slots().len()).unwrap_or(u32::MAX);
        for slot in &mut over.slots {
            let replaced = base.slot(&slot.setting.key);
            slot.index = replaced.map_or(next, |replaced| replaced.index);
            next = next.saturating_add(u32::from(replaced.is_none()));
        }
        over.sort();
        Self::layered(Layer { base: base.clone(), over })
    }

    /// Returns the config below all values of [`overlay`](Self::overlay); this config, if it has
    /// no such values.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Arc::new(Config::from_values([("limit", Value::from(10))]));
    /// let laid_over = Arc::new(config.overlay([("limit", 20.into())])).overlay([("limit", 30.into())]);
    /// let below = laid_over.without_overlay();
    /// assert_eq!(below.evaluate("limit", None).unwrap().value().as_int(), Some(10));
    /// ```
    #[must_use]
    pub fn without_overlay(&self) -> &Self {
        self.layer.as_ref().map_or(self, |layer| &layer.base)
    }

    /// Returns whether the value of a setting is one of [`overlay`](Self::overlay).
    #[must_use]
    pub fn is_overlaid(&self, key: &str) -> bool {
        self.layer.as_ref().is_some_and(|layer| {
            let Slots { slots, index, hasher } = &layer.over;
            slots::find(slots, index, table_hash(hasher, key.as_bytes()), key).is_some()
        })
    }
}

impl Layer {
    pub(crate) fn hasher(&self) -> &RandomState {
        &self.over.hasher
    }

    /// Finds a setting by its key and the hash of it.
    #[cold]
    pub(crate) fn slot(&self, hash: u64, key: &str) -> Option<&Slot> {
        let Slots { slots, index, .. } = &self.over;
        slots::find(slots, index, hash, key).or_else(|| self.base.slot_of_hash(hash, key))
    }

    #[cold]
    pub(crate) fn slot_at(&self, index: usize) -> Option<&Slot> {
        match self.over.slots.binary_search_by_key(&index, |slot| slot.index as usize) {
            Ok(place) => self.over.slots.get(place),
            Err(_) => self.base.slot_at(index),
        }
    }

    pub(crate) fn slots(&self) -> SlotIter<'_> {
        SlotIter::layered(self.base.plain_slots(), &self.over.slots)
    }
}
