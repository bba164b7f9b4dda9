//! JSON as vendors really send it: any field may be missing or null, a number may come as a string
//! and a string as a number. A value of another type counts as missing, for what the verdict needs
//! is checked where it is read.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::model::Note;
use crate::text;

/// Warnings of one answer. Where each of 100,000 units has a word of its own, nobody reads them, and
/// looking for the same one takes for ever.
const WARNINGS: usize = 200;

/// The longest JSON in bytes that could be a person's words.
const READABLE: usize = 64 << 10;

/// The longest list that is read: far more than any deployment has, and few enough to be held.
const LONGEST: usize = 1_000_000;

/// Text, or nothing. Borrows from the answer where the JSON string holds no escapes; serde's own
/// `Option<Cow<str>>` would copy.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text<'a>(Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text, without white space around it; none where that leaves nothing.
    pub(crate) fn get(&self) -> Option<&str> {
        let text = self.0.as_deref()?;
        // Nearly no text has white space around it, and there may be 100,000 of them.
        let text = match text.as_bytes() {
            [b'!'..=b'~', .., b'!'..=b'~'] => text,
            _ => text.trim(),
        };
        (!text.is_empty()).then_some(text)
    }

    /// Whether the text is `word`, without regard to case.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.get()
            .is_some_and(|text| text.eq_ignore_ascii_case(word))
    }

    /// What the text means, where it is one of the `known` words.
    pub(crate) fn meaning<T: Copy>(&self, known: &[(&str, T)]) -> Option<T> {
        let known = known.iter().find(|(word, _)| self.is(word));
        known.map(|&(_, meaning)| meaning)
    }

    /// Whether the text says cancelled, in any of the words for it.
    pub(crate) fn is_cancelled(&self) -> bool {
        ["Cancelled", "Canceled", "abort", "aborted"]
            .into_iter()
            .any(|word| self.is(word))
    }

    /// The text as a printable name.
    pub(crate) fn printable(&self) -> Option<Arc<str>> {
        Some(text::clean(self.get()?, text::NAME).into())
    }

    /// Warns that the text is not a known word of `field`: once for each word, not for each unit, and
    /// not without end.
    pub(crate) fn warn_unknown(&self, field: &'static str, warnings: &mut Vec<Note>) {
        if let Some(word) = self.printable() {
            let note = Note::UnknownWord { field, word };
            if warnings.len() < WARNINGS && !warnings.contains(&note) {
                warnings.push(note);
            }
        }
    }
}

/// Whether an id that came from the provider may go into a URL.
pub(crate) fn safe_in_url(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    id.bytes().all(fits) && !id.bytes().all(|byte| byte == b'.')
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    // Rust prints 4.4178813e7 as 44178813: an id that came as a float is whole again.
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(if value { "true" } else { "false" })))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// A whole number of nothing less than 0, or nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Count(Option<u32>);

impl Count {
    /// The number.
    pub(crate) fn get(self) -> Option<u32> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        Ok(Self(text.get().and_then(|text| text.parse().ok())))
    }
}

/// Reads the JSON of an answer, which is an object.
///
/// # Errors
/// Where it is no JSON, or anything but an object.
pub(crate) fn read<'de, T: Deserialize<'de>>(body: &'de [u8]) -> serde_json::Result<T> {
    serde_json::from_slice(body).map(|Fields(answer)| answer)
}

/// An object, read by the names of its fields. serde's own way to read a struct takes a list as
/// well, by the places of its items: a list with the right word at the right place would be a
/// success.
#[derive(Debug, Default)]
pub(crate) struct Fields<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor(PhantomData))
    }
}

struct FieldsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FieldsVisitor<T> {
    type Value = Fields<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Fields)
    }
}

/// An object, where there is one; whatever else comes counts as an empty one.
#[derive(Debug, Default)]
pub(crate) struct Object<T>(T);

impl<T> Object<T> {
    /// The object.
    pub(crate) fn get(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(ObjectVisitor(PhantomData))
            .map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }
}

/// A list of objects. Null and a missing one are empty, a null in it is passed over; anything else
/// that is no list of objects makes the answer unreadable.
#[derive(Debug)]
pub(crate) struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(ListVisitor(PhantomData))
            .map(Self)
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Option<Fields<T>>>()? {
            items.extend(item.map(|Fields(item)| item));
            check_length(items.len())?;
        }
        Ok(items)
    }
}

/// Refuses a list that would not fit into memory: two bytes can be an item, and an item may take a
/// hundred times as much.
///
/// # Errors
/// Where there are too many items.
pub(crate) fn check_length<E: Error>(length: usize) -> Result<(), E> {
    if length > LONGEST {
        return Err(E::custom(format_args!("a list of more than {LONGEST}")));
    }
    Ok(())
}

/// Words in a form that the vendor does not say. As a tree of values an answer takes many times as
/// much memory as its text, so that only what a person would read is made one, or a single text.
#[derive(Debug, Default)]
pub(crate) struct Loose(Value);

impl Loose {
    /// The value; null where there is none or too much of it.
    pub(crate) fn get(&self) -> &Value {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        let fits = json.len() <= READABLE || json.starts_with('"');
        let value = fits.then(|| serde_json::from_str(json).ok()).flatten();
        Ok(Self(value.unwrap_or_default()))
    }
}

/// Reads what is only for show: what cannot be read counts as missing.
///
/// # Errors
/// Where it is no JSON.
pub(crate) fn shown<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    let json = <&RawValue>::deserialize(deserializer)?.get();
    Ok(serde_json::from_str(json).unwrap_or_default())
}

/// A list of objects in which each keeps its place: a null one counts as an empty one.
#[derive(Debug)]
pub(crate) struct Places<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Places<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PlacesVisitor(PhantomData))
    }
}

struct PlacesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for PlacesVisitor<T> {
    type Value = Places<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Option<Fields<T>>>()? {
            items.push(item.map(|Fields(item)| item).unwrap_or_default());
            check_length(items.len())?;
        }
        Ok(Places(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Option<String> {
        let text: Text<'_> = serde_json::from_str(json).expect("JSON");
        text.get().map(str::to_owned)
    }

    #[test]
    fn text_is_read_from_whatever_comes() {
        for (json, read) in [
            (r#""word""#, Some("word")),
            (r#"" word\u0020""#, Some("word")),
            (r#""\u6210\u529f""#, Some("成功")),
            ("44178813", Some("44178813")),
            ("-1", Some("-1")),
            ("4.4178813e+07", Some("44178813")),
            ("true", Some("true")),
            ("null", None),
            (r#""""#, None),
            (r#"{"a":[1]}"#, None),
            ("[[],{}]", None),
        ] {
            assert_eq!(text(json).as_deref(), read, "{json}");
        }
    }

    #[test]
    fn words_are_compared_without_case() {
        let text = |text: &'static str| Text(Some(text.into()));
        let known = [("Running", 1), ("Success", 2)];
        for (word, meaning) in [("SUCCESS", Some(2)), (" running", Some(1)), ("Succ", None)] {
            assert_eq!(text(word).meaning(&known), meaning, "{word}");
        }
        for (word, cancelled) in [("CANCELED", true), ("Abort", true), ("Cancelling", false)] {
            assert_eq!(text(word).is_cancelled(), cancelled, "{word}");
        }
        assert!(!Text::default().is_cancelled());
    }

    #[test]
    fn an_unknown_word_is_warned_of_once() {
        let mut warnings = Vec::new();
        for word in ["Odd\u{1b}[31m", "Odd\u{1b}[31m", "Even"] {
            Text(Some(word.into())).warn_unknown("status", &mut warnings);
        }
        Text::default().warn_unknown("status", &mut warnings);
        let mut many = Vec::new();
        for word in 0..1000 {
            Text(Some(word.to_string().into())).warn_unknown("status", &mut many);
        }
        assert_eq!(many.len(), WARNINGS);
        let words: Vec<_> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), 2);
        assert!(words[0].starts_with("status \"Odd\" is not a known word"));
    }

    #[test]
    fn an_id_in_a_url_means_nothing_else_there() {
        for good in ["44178813", "JOB-1_a.b", "..a"] {
            assert!(safe_in_url(good), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a?b", "a%2fb", "a b", "部署"] {
            assert!(!safe_in_url(bad), "{bad}");
        }
    }

    #[test]
    fn text_without_escapes_is_borrowed() {
        let text: Text<'_> = serde_json::from_str(r#""192.0.2.1""#).expect("JSON");
        assert!(matches!(text.0, Some(Cow::Borrowed(_))));
    }

    #[test]
    fn a_count_is_read_from_a_number_or_a_string() {
        for (json, read) in [
            ("3", Some(3)),
            (r#""3""#, Some(3)),
            ("3.0", Some(3)),
            ("3.5", None),
            ("-3", None),
            ("99999999999", None),
            ("null", None),
            ("{}", None),
        ] {
            let count: Count = serde_json::from_str(json).expect("JSON");
            assert_eq!(count.get(), read, "{json}");
        }
    }

    #[test]
    fn a_list_may_be_null_and_hold_null() {
        let list: List<Named<'_>> = serde_json::from_str("null").expect("null");
        assert!(list.is_empty());
        let list: List<Named<'_>> =
            serde_json::from_str(r#"[{"name":"a"},null,{}]"#).expect("a list");
        let names: Vec<_> = list.iter().map(|item| item.name.get()).collect();
        assert_eq!(names, [Some("a"), None]);
        for other in [r#""no list""#, "{}", "7", r#"[["a"]]"#, r#"["a"]"#] {
            serde_json::from_str::<List<Named<'_>>>(other).expect_err(other);
        }
    }

    #[derive(Debug, serde::Deserialize, Default)]
    #[serde(default, bound(deserialize = "'de: 'a"))]
    struct Named<'a> {
        name: Text<'a>,
    }

    #[test]
    fn words_are_read_in_any_form_but_not_in_any_amount() {
        let read = |json: &str| {
            let words: Loose = serde_json::from_str(json).expect("JSON");
            words.get().clone()
        };
        for json in ["null", r#""a""#, r#"{"key":"a"}"#, r#"["a",1]"#] {
            assert_eq!(read(json).to_string(), json);
        }
        let text = format!("\"{}\"", "a".repeat(READABLE));
        assert_eq!(read(&text).as_str().map(str::len), Some(READABLE));
        let zeros = format!("[0{}]", ",0".repeat(READABLE));
        assert_eq!(read(&zeros), Value::Null);
        assert_eq!(
            read(&format!("{}1{}", "[".repeat(1000), "]".repeat(1000))),
            Value::Null
        );
    }

    #[test]
    fn a_list_that_is_only_shown_may_be_anything() {
        let read = |json: &str| {
            let mut json = serde_json::Deserializer::from_str(json);
            let list: List<Named<'_>> = shown(&mut json).expect("JSON");
            list.len()
        };
        assert_eq!(read(r#"[{"name":"a"},null,{}]"#), 2);
        for other in ["null", "7", r#""a""#, "{}", "[1]", r#"[["a"]]"#] {
            assert_eq!(read(other), 0, "{other}");
        }
    }

    #[test]
    fn an_object_is_read_by_the_names_of_its_fields_only() {
        let named: Named<'_> = read(br#"{"other":[1],"name":"a"}"#).expect("an object");
        assert_eq!(named.name.get(), Some("a"));
        for other in [
            &br#"["a"]"#[..],
            b"[]",
            b"null",
            br#""a""#,
            b"7",
            br#"{"name":"a"}]"#,
        ] {
            assert!(read::<Named<'_>>(other).is_err());
        }
    }
}
