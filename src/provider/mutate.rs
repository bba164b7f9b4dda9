//! Answers damaged in every way that chance finds: what a reader must survive, and must not take for
//! a success. And answers with any value in the place of one that only shows something.

use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

/// Damaged answers made in one test.
const ANSWERS: u64 = 20_000;

/// Shows `check` damaged copies of the `samples`, in which now and then one of the `words` stands in
/// place of another. The same ones each time: a failure names the seed that makes it again.
pub(super) fn damaged(samples: &[&[u8]], words: &[&str], mut check: impl FnMut(&[u8])) {
    for seed in 0..ANSWERS {
        let mut random = fastrand::Rng::with_seed(seed);
        let sample = samples[random.usize(..samples.len())];
        let mut bytes = sample.to_vec();
        // Damage to what the JSON says, damage to its bytes, or both.
        let how = random.u8(..4);
        if how < 3
            && let Ok(mut value) = serde_json::from_slice(sample)
        {
            for _ in 0..random.u8(1..5) {
                damage_value(&mut value, words, &mut random);
            }
            bytes = value.to_string().into_bytes();
        }
        if how >= 2 {
            for _ in 0..random.u8(1..4) {
                damage_bytes(&mut bytes, &mut random);
            }
        }
        // Tells which one it was, where `check` panics.
        let shown = Shown(seed, &bytes);
        check(&bytes);
        drop(shown);
    }
}

/// JSON of every type, and what no value can hold.
const ODD: [&str; 14] = [
    "null",
    "true",
    "0",
    "-1.5",
    "1e999",
    r#""""#,
    r#""a\u0000\n\u001b]0;x""#,
    "[]",
    r#"["a"]"#,
    "[[1],null,{}]",
    "{}",
    r#"{"a":[1]}"#,
    r#"{"name":1,"name":2}"#,
    r#"[{"status":"a","status":"b"}]"#,
];

/// Checks that a verdict on the `sample` stays whatever stands in the place of each of its values but
/// the `needed` ones, which are JSON pointers with a `*` for an index, and what these are in.
pub(super) fn stays<V: PartialEq + std::fmt::Debug>(
    sample: &[u8],
    needed: &[&str],
    verdict: impl Fn(&[u8]) -> V,
) {
    let whole: Value = serde_json::from_slice(sample).expect("a sample");
    let expected = verdict(sample);
    let mut pointers = Vec::new();
    collect_pointers(&whole, "", &mut pointers);
    let is_free = |pointer: &String| {
        let path: Vec<_> = pointer.split('/').collect();
        let is_needed = |needed: &&str| {
            let mut parts = needed.split('/');
            path.iter().all(|part| {
                let needed = parts.next();
                needed == Some(part) || needed == Some("*") && part.parse::<usize>().is_ok()
            })
        };
        !needed.iter().any(is_needed)
    };
    pointers.retain(is_free);
    assert!(!pointers.is_empty(), "nothing is only shown");
    for pointer in pointers {
        for odd in ODD {
            let mut answer = whole.clone();
            if let Some(value) = answer.pointer_mut(&pointer) {
                *value = json!("$ODD");
            }
            let body = answer.to_string().replace(r#""$ODD""#, odd);
            assert_eq!(verdict(body.as_bytes()), expected, "{pointer}: {body}");
        }
    }
}

/// The pointers to every value in `value`.
fn collect_pointers(value: &Value, pointer: &str, pointers: &mut Vec<String>) {
    pointers.push(pointer.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect_pointers(item, &format!("{pointer}/{index}"), pointers);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                collect_pointers(field, &format!("{pointer}/{key}"), pointers);
            }
        }
        _ => {}
    }
}

/// The answer at hand, shown where the test fails with it.
struct Shown<'a>(u64, &'a [u8]);

impl Drop for Shown<'_> {
    #[allow(clippy::print_stderr, reason = "a test tells where it failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}: {}", self.0, String::from_utf8_lossy(self.1));
        }
    }
}

fn damage_bytes(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    if bytes.is_empty() {
        return;
    }
    let at = random.usize(..bytes.len());
    let end = (at + random.usize(1..40)).min(bytes.len());
    match random.u8(..7) {
        0 => bytes[at] ^= 1 << random.u8(..8),
        1 => bytes[at] = random.u8(..),
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        5 => bytes.insert(
            at,
            *b"{}[]\",:\\\xff\0 0e-"
                .get(random.usize(..13))
                .unwrap_or(&b'{'),
        ),
        _ => bytes.extend_from_within(at..end),
    }
}

/// Every value in `value`, itself first.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at a place in that order.
fn at(value: &mut Value, place: usize) -> Option<&mut Value> {
    if place == 0 {
        return Some(value);
    }
    let mut before = 1;
    let inner: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => Vec::new(),
    };
    for inner in inner {
        let own = count(inner);
        if place < before + own {
            return at(inner, place - before);
        }
        before += own;
    }
    None
}

fn damage_value(value: &mut Value, words: &[&str], random: &mut fastrand::Rng) {
    let total = count(value);
    let other = at(value, random.usize(..total))
        .cloned()
        .unwrap_or_default();
    let Some(chosen) = at(value, random.usize(..total)) else {
        return;
    };
    match random.u8(..8) {
        0 => *chosen = any(words, random),
        1 => *chosen = other,
        2 => *chosen = json!([chosen]),
        3 => *chosen = json!({ "data": chosen }),
        // The fields by their places instead of their names: no answer at all.
        4 if chosen.is_object() => {
            let fields = std::mem::take(chosen);
            let fields = fields.as_object().into_iter().flat_map(Map::values);
            *chosen = fields.cloned().collect();
        }
        _ => match chosen {
            Value::Object(fields) => damage_fields(fields, other, words, random),
            Value::Array(items) => damage_items(items, other, random),
            Value::String(text) => damage_text(text, words, random),
            Value::Number(number) => *chosen = json!(number.to_string()),
            Value::Bool(flag) => *chosen = json!(!*flag),
            Value::Null => *chosen = other,
        },
    }
}

fn damage_fields(
    fields: &mut Map<String, Value>,
    other: Value,
    words: &[&str],
    random: &mut fastrand::Rng,
) {
    let keys: Vec<_> = fields.keys().cloned().collect();
    let Some(key) = random.choice(&keys) else {
        return;
    };
    match random.u8(..4) {
        0 => drop(fields.remove(key)),
        1 => {
            if let Some(value) = fields.remove(key) {
                fields.insert(format!("{key}s"), value);
            }
        }
        2 => drop(fields.insert(key.clone(), other)),
        _ => {
            let word = any(words, random);
            fields.insert(key.clone(), word);
        }
    }
}

fn damage_items(items: &mut Vec<Value>, other: Value, random: &mut fastrand::Rng) {
    if items.is_empty() {
        items.push(other);
        return;
    }
    let at = random.usize(..items.len());
    match random.u8(..4) {
        0 => drop(items.remove(at)),
        1 => items.insert(at, items[at].clone()),
        2 => items[at] = other,
        _ => items.push(Value::Null),
    }
}

fn damage_text(text: &mut String, words: &[&str], random: &mut fastrand::Rng) {
    let word = random.choice(words).copied().unwrap_or_default();
    match random.u8(..6) {
        0 => *text = word.to_owned(),
        1 => text.push_str(word),
        2 => drop(text.pop()),
        3 => text.insert(0, '\u{202e}'),
        4 => *text = text.to_uppercase(),
        _ => *text = format!(" {text}\u{1b}[31m"),
    }
}

fn any(words: &[&str], random: &mut fastrand::Rng) -> Value {
    let word = random.choice(words).copied().unwrap_or_default();
    match random.u8(..12) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!({}),
        3 => json!(random.bool()),
        4 => json!(random.u64(..)),
        5 => json!(-1),
        6 => json!(1e300),
        7 => json!(""),
        8 => json!("\u{0}\n\u{1b}]0;x\u{7}"),
        9 => json!([word, word]),
        _ => json!(word),
    }
}

/// The value of a field of a damaged response, read without the wire types: text, or a number or a truth
/// value that stands for one. Nothing where `value` is no object.
pub(super) fn says(value: &Value, field: &str) -> Option<String> {
    let text = match value.as_object()?.get(field)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Whether a field of a damaged answer is exactly this word, but for its case.
pub(super) fn is(value: &Value, field: &str, word: &str) -> bool {
    says(value, field).is_some_and(|text| text.eq_ignore_ascii_case(word))
}

/// The damaged answer as a value. None where it holds, where nothing is read from, a number or
/// characters that a value cannot hold; what is no JSON at all fails the test.
pub(super) fn value(body: &[u8]) -> Option<Value> {
    serde_json::from_slice::<IgnoredAny>(body).expect("a reader takes nothing but JSON");
    serde_json::from_str(&String::from_utf8_lossy(body)).ok()
}
