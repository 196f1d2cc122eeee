//! Pairs of configs, an old one and an edited one, with users that their conditions ask for.

use std::{collections::HashMap, sync::LazyLock};

use configcat_eval::{AttributeValue, User};
use serde_json::Value as Json;

use crate::{
    choices::{Choices, TEXTS},
    documents::{self, CONTEXTS, SALT},
    edits::edit,
    naive::conditions::salted,
    users,
};

/// A config JSON, an edited one, and users to evaluate both for.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The config JSON before the edits, of any version.
    pub old: Json,
    /// The config JSON after the edits.
    pub new: Json,
    /// Users whose attributes are like the comparison values of both, and others.
    pub users: Vec<User>,
}

/// The bytes that decide on edits and users. They are the first ones of an input, so that they are
/// there in a short input too.
const EDITING: usize = 128;

/// The bytes of an input of [`Pair::random`]: more than most documents need.
const RANDOM: usize = 4096;

impl Pair {
    /// Returns the two documents of the input if it begins with a brace, else a pair that is made
    /// by the decisions in the input. `None` if the documents are no JSON.
    #[must_use]
    pub fn new(input: &[u8]) -> Option<Self> {
        if input.first() == Some(&b'{') {
            let mut documents = serde_json::Deserializer::from_slice(input).into_iter::<Json>();
            let (old, new) = (documents.next()?.ok()?, documents.next()?.ok()?);
            let choices = &mut Choices::new(&[]);
            let like = (0..4).map(|first| user_like(choices, [&old, &new], first));
            let users = like.chain(users::some_users()).collect();
            return Some(Self { old, new, users });
        }
        let (editing, making) = input.split_at(input.len().min(EDITING));
        let (mut editing, mut making) = (Choices::new(editing), Choices::new(making));
        let old = documents::document(&mut making);
        let mut new = old.clone();
        for _ in 0..=editing.below(3) {
            edit(&mut editing, &mut making, &mut new);
        }
        let like = (0..4).map(|_| {
            let first = editing.index(1 << 16);
            user_like(&mut editing, [&old, &new], first)
        });
        let users = like.chain((0..2).map(|_| users::user(&mut making))).collect();
        Some(Self { old, new, users })
    }

    /// Returns the pair with that number: the same one in each run.
    #[must_use]
    pub fn random(number: u64) -> Self {
        // SplitMix64, seeded by the number. A brace at the start would be a document.
        let mut state = number.wrapping_mul(0x2545_F491_4F6C_DD1D);
        let mut next = || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (mixed ^ (mixed >> 31)).to_le_bytes()
        };
        let mut input: Vec<u8> = (0..RANDOM / 8).flat_map(|_| next()).collect();
        input[0] = input[0].min(b'z');
        Self::new(&input).expect("decisions always make a pair")
    }
}

/// Returns a user whose attributes have comparison values of some conditions of the documents.
fn user_like(choices: &mut Choices<'_>, documents: [&Json; 2], first: usize) -> User {
    let mut conditions = Vec::new();
    documents.iter().for_each(|document| find_conditions(document, &mut conditions));
    let mut user = User::new("u");
    // Neighbours in the documents are often conditions of the same rule.
    let start = first % conditions.len().max(1);
    for condition in conditions.iter().cycle().skip(start).take(conditions.len().min(4)) {
        if let (Some(name), Some(value)) = (condition["a"].as_str(), like(choices, condition)) {
            user = users::with(user, name, value);
        }
    }
    user
}

/// Adds the objects that have an attribute name and a comparator: user conditions, and rules of
/// versions 4 and 5.
fn find_conditions<'d>(json: &'d Json, found: &mut Vec<&'d Json>) {
    match json {
        Json::Object(members) => {
            if members.contains_key("a") && members.contains_key("c") && !members.contains_key("v") {
                found.push(json);
            }
            if members.contains_key("a") && members.get("c").is_some_and(Json::is_string) {
                found.push(json);
            }
            members.values().for_each(|member| find_conditions(member, found));
        }
        Json::Array(items) => items.iter().for_each(|item| find_conditions(item, found)),
        _ => {}
    }
}

/// Returns an attribute that is like a comparison value of the condition.
fn like(choices: &mut Choices<'_>, condition: &Json) -> Option<AttributeValue> {
    let plain = |text: &str| PLAIN.get(text).map_or(text, |plain| plain).to_owned();
    let items = condition["l"].as_array().filter(|items| !items.is_empty());
    match (choices.below(4), items, condition["d"].as_f64()) {
        (0 | 1, Some(items), _) => Some(plain(items[choices.index(items.len())].as_str()?).into()),
        (2, _, Some(number)) => Some(number.into()),
        _ => {
            let text = condition["s"].as_str().or(condition["c"].as_str()).or(condition["l"][0].as_str())?;
            let items: Vec<&str> = text.split(',').collect();
            Some(plain(items[choices.below(items.len().min(256))].trim()).into())
        }
    }
}

/// For each hash that a document is made of, a text that matches it.
static PLAIN: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let mut plain = HashMap::new();
    for (text, context) in TEXTS.iter().flat_map(|text| CONTEXTS.map(|context| (text, context))) {
        plain.insert(salted(text.as_bytes(), SALT, context), (*text).to_owned());
        for end in 0..text.len() {
            let slice = &text.as_bytes()[..end];
            plain.insert(format!("{end}_{}", salted(slice, SALT, context)), (*text).to_owned());
        }
    }
    plain
});
