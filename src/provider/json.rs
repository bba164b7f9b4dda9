//! JSON as providers really send it, for the wire types of all providers: any field may be missing
//! or null, a number may come as a string and a string as a number.
//!
//! What a value of another type means is told by the type of the field:
//!
//! - [`Text`], [`Count`], [`MaybeObject`]: it counts as missing. What the verdict needs is checked
//!   where it is used.
//! - [`Object`], [`List`], [`SparseList`]: it is an error.
//! - [`Shown`], [`Freeform`]: for what is only displayed. Whatever cannot be decoded counts as
//!   missing and never makes the response unreadable.
//!
//! A field that occurs twice is an error, as serde's derive has it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::messages;
use crate::message::Message;
use crate::redact::Redactor;

/// The most warnings about unknown words in one response. Beyond that nobody reads them, and
/// looking for a duplicate would take quadratic time.
const MAX_WARNINGS: usize = 200;

/// The largest [`Freeform`] value in bytes of JSON, unless it is a single string.
const MAX_FREEFORM: usize = 64 << 10;

/// The most entries of a list. An entry of three bytes may take a hundred times as much memory.
const MAX_ENTRIES: usize = 1_000_000;

/// Decodes a response, which is an object.
///
/// # Errors
/// If the body is not JSON, or is anything but an object.
pub(crate) fn read<'de, T: Deserialize<'de>>(body: &'de [u8]) -> serde_json::Result<T> {
    // Checking the encoding once is cheaper than checking each string. Where it fails, only the
    // strings that are read need be UTF-8.
    let response = match str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    };
    response.map(|Object(response)| response)
}

/// A JSON value, by its type. `O` is what an object is decoded as.
enum AnyValue<'de, O> {
    /// A string, a boolean, or a number other than the following.
    Text(Cow<'de, str>),
    Number(u64),
    Object(O),
    /// Null or a list.
    Other,
}

struct AnyVisitor<O>(PhantomData<O>);

impl<'de, O: Deserialize<'de>> Deserialize<'de> for AnyValue<'de, O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor(PhantomData))
    }
}

impl<'de, O: Deserialize<'de>> Visitor<'de> for AnyVisitor<O> {
    type Value = AnyValue<'de, O>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(AnyValue::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(AnyValue::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(AnyValue::Text(if value { "true" } else { "false" }.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(AnyValue::Number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(AnyValue::Text(number.to_string().into()))
    }

    // Rust formats 4.4178813e7 as 44178813, so an id that came as a float is a whole number again.
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(AnyValue::Text(number.to_string().into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(AnyValue::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(AnyValue::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        O::deserialize(MapAccessDeserializer::new(object)).map(AnyValue::Object)
    }
}

/// A string, number or boolean as text; a value of another type counts as missing. Borrows from the
/// response where the JSON string has no escapes, which `Option<Cow<str>>` would copy.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text<'a>(Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text without surrounding white space, if there is any.
    pub(crate) fn get(&self) -> Option<&str> {
        let text = self.0.as_deref()?;
        // Finding the bounds of Unicode white space is slow, and there may be 100,000 texts.
        let text = match text.as_bytes() {
            [b'!'..=b'~', .., b'!'..=b'~'] => text,
            _ => text.trim(),
        };
        (!text.is_empty()).then_some(text)
    }

    /// Whether the text is `word`, ignoring ASCII case.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.get()
            .is_some_and(|text| text.eq_ignore_ascii_case(word))
    }

    /// The meaning of the text, if it is one of the `known` words.
    pub(crate) fn meaning<T: Copy>(&self, known: &[(&str, T)]) -> Option<T> {
        let known = known.iter().find(|(word, _)| self.is(word));
        known.map(|&(_, meaning)| meaning)
    }

    /// Whether the text is one of the words for cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        ["Cancelled", "Canceled", "abort", "aborted"]
            .into_iter()
            .any(|word| self.is(word))
    }

    /// The text as a printable name.
    pub(crate) fn printable(&self, redactor: &Redactor) -> Option<Arc<str>> {
        Some(redactor.name(self.get()?))
    }

    /// Warns that the text is not a known word of `field`: once for each word, not for each unit, and
    /// at most [`MAX_WARNINGS`] times.
    pub(crate) fn warn_unknown(
        &self,
        field: &'static str,
        redactor: &Redactor,
        warnings: &mut Vec<Message>,
    ) {
        if let Some(word) = self.printable(redactor) {
            let warning = messages::unknown_value(field, &word);
            if warnings.len() < MAX_WARNINGS && !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
}

/// Whether an id that came from the provider may be put into a URL.
pub(crate) fn safe_in_url(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    id.bytes().all(fits) && !id.bytes().all(|byte| byte == b'.')
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = AnyValue::<IgnoredAny>::deserialize(deserializer)?;
        Ok(Self(match value {
            AnyValue::Text(text) => Some(text),
            AnyValue::Number(number) => Some(number.to_string().into()),
            AnyValue::Object(_) | AnyValue::Other => None,
        }))
    }
}

/// A whole number that is not negative, also as a string; any other value counts as missing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Count(Option<u32>);

impl Count {
    /// The number, if there is one.
    pub(crate) fn get(self) -> Option<u32> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = AnyValue::<IgnoredAny>::deserialize(deserializer)?;
        Ok(Self(match value {
            AnyValue::Text(text) => text.trim().parse().ok(),
            AnyValue::Number(number) => number.try_into().ok(),
            AnyValue::Object(_) | AnyValue::Other => None,
        }))
    }
}

/// An object, decoded by the names of its fields; any other type is an error. A derived struct
/// alone also accepts a list, by position: a list with the right word at the right place would be a
/// success.
#[derive(Debug, Default)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match AnyValue::deserialize(deserializer)? {
            AnyValue::Object(object) => Ok(Self(object)),
            _ => Err(D::Error::custom("an object is expected")),
        }
    }
}

/// An object; a value of another type counts as one without fields.
#[derive(Debug, Default)]
pub(crate) struct MaybeObject<T>(T);

impl<T> MaybeObject<T> {
    /// The object.
    pub(crate) fn get(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for MaybeObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match AnyValue::deserialize(deserializer)? {
            AnyValue::Object(object) => object,
            _ => T::default(),
        }))
    }
}

/// A list of at most [`MAX_ENTRIES`] objects. A list that is null counts as empty, and an entry that
/// is null is skipped; any other type is an error.
#[derive(Debug)]
pub(crate) struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(|| None)).map(Self)
    }
}

/// The same, but an entry that is null keeps its place as an object without fields.
#[derive(Debug)]
pub(crate) struct SparseList<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for SparseList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(ListVisitor(|| Some(T::default())))
            .map(Self)
    }
}

/// Decodes a list; holds what an entry that is null becomes.
struct ListVisitor<T>(fn() -> Option<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element::<Option<Object<T>>>()? {
            entries.extend(entry.map_or_else(self.0, |Object(entry)| Some(entry)));
            if entries.len() > MAX_ENTRIES {
                let error = format_args!("a list of more than {MAX_ENTRIES}");
                return Err(A::Error::custom(error));
            }
        }
        Ok(entries)
    }
}

/// A value that is only displayed: one that cannot be decoded counts as missing.
#[derive(Debug, Default)]
pub(crate) struct Shown<T>(T);

impl<T> Deref for Shown<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Shown<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        Ok(Self(serde_json::from_str(json).unwrap_or_default()))
    }
}

/// Text in a form that the provider does not document, only displayed. As a tree of values JSON takes
/// many times its length in memory, so it is limited to [`MAX_FREEFORM`]; a longer one counts as
/// missing.
#[derive(Debug, Default)]
pub(crate) struct Freeform(Value);

impl Freeform {
    /// The value; null if it is missing.
    pub(crate) fn get(&self) -> &Value {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Freeform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        let fits = json.len() <= MAX_FREEFORM || json.starts_with('"');
        let value = fits.then(|| serde_json::from_str(json).ok()).flatten();
        Ok(Self(value.unwrap_or_default()))
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
            Text(Some(word.into())).warn_unknown("status", &Redactor::default(), &mut warnings);
        }
        Text::default().warn_unknown("status", &Redactor::default(), &mut warnings);
        let mut many = Vec::new();
        for word in 0..1000 {
            Text(Some(word.to_string().into())).warn_unknown(
                "status",
                &Redactor::default(),
                &mut many,
            );
        }
        assert_eq!(many.len(), MAX_WARNINGS);
        let words: Vec<_> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), 2);
        assert!(words[0].starts_with("status \"Odd\" is not documented"));
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
            let words: Freeform = serde_json::from_str(json).expect("JSON");
            words.get().clone()
        };
        for json in ["null", r#""a""#, r#"{"key":"a"}"#, r#"["a",1]"#] {
            assert_eq!(read(json).to_string(), json);
        }
        let text = format!("\"{}\"", "a".repeat(MAX_FREEFORM));
        assert_eq!(read(&text).as_str().map(str::len), Some(MAX_FREEFORM));
        let zeros = format!("[0{}]", ",0".repeat(MAX_FREEFORM));
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
            let list = Shown::<List<Named<'_>>>::deserialize(&mut json).expect("JSON");
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
