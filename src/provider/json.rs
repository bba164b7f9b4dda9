//! JSON as providers really send it, for the wire types of all providers: any field may be missing
//! or null, a number may come as a string and a string as a number.
//!
//! What a value of another type means is told by the type of the field:
//!
//! - [`Text`], [`Count`], [`ShownObject`], [`ShownList`]: it counts as missing, and [`read_state`]
//!   warns of it. What the verdict needs is checked where it is used.
//! - [`MaybeObject`], [`Freeform`]: any type is good; what cannot be used counts as missing.
//! - [`Object`], [`List`], [`SparseList`]: it is an error.
//!
//! A field that occurs twice is an error, as serde's derive has it.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;
use serde_json::value::RawValue;

use super::messages;
use crate::message::Message;
use crate::redact::Redactor;

/// What stands for every word for cancelled.
pub(crate) const CANCELLED: &str = "cancelled";

/// The most warnings about unknown words in one response. Beyond that nobody reads them, and
/// looking for a duplicate would take quadratic time.
const MAX_WARNINGS: usize = 200;

/// The largest [`Freeform`] value in bytes of JSON, unless it is a single string.
const MAX_FREEFORM: usize = 64 << 10;

/// The most entries of a list. An entry of three bytes may take a hundred times as much memory.
const MAX_ENTRIES: usize = 1_000_000;

thread_local! {
    /// Whether a value of another type was left out: serde's derive hands its fields no context in
    /// which they could note it.
    static LEFT_OUT: Cell<bool> = const { Cell::new(false) };
}

/// Decodes a response, which is an object.
///
/// # Errors
/// If the body is not JSON, or is anything but an object.
pub(crate) fn read<'de, T: Deserialize<'de>>(body: &'de [u8]) -> serde_json::Result<T> {
    serde_json::from_slice(body).map(|Object(response)| response)
}

/// Decodes the response that tells how a deployment stands, called `name` in English and Chinese.
/// Warns where a value of another type than the documented one is left out.
///
/// # Errors
/// If the body is not JSON, or is anything but an object.
pub(crate) fn read_state<'de, T: Deserialize<'de>>(
    body: &'de [u8],
    name: (&str, &str),
    warnings: &mut Vec<Message>,
    redactor: &Redactor,
) -> Result<T, Message> {
    LEFT_OUT.set(false);
    let state = read(body).map_err(|error| messages::not_json(name, &error, redactor))?;
    if LEFT_OUT.take() && !warnings.contains(&messages::left_out()) {
        warnings.push(messages::left_out());
    }
    Ok(state)
}

/// A JSON value, by its type. `O` is what an object is decoded as, `L` a list.
enum AnyValue<'de, O, L = IgnoredAny> {
    Null,
    /// A string, a boolean, or a number other than the following.
    Text(Cow<'de, str>),
    Number(u64),
    Object(O),
    List(L),
}

struct AnyVisitor<O, L>(PhantomData<(O, L)>);

impl<'de, O: Deserialize<'de>, L: Deserialize<'de>> Deserialize<'de> for AnyValue<'de, O, L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor(PhantomData))
    }
}

impl<'de, O: Deserialize<'de>, L: Deserialize<'de>> Visitor<'de> for AnyVisitor<O, L> {
    type Value = AnyValue<'de, O, L>;

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
        Ok(AnyValue::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        L::deserialize(SeqAccessDeserializer::new(list)).map(AnyValue::List)
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

    /// The meaning of the text, if it is one of the `known` words. Every word for cancelled is one
    /// and the same.
    pub(crate) fn meaning<T: Copy>(&self, known: &[(&str, T)]) -> Option<T> {
        let is = |word: &str| self.is(word) || word == CANCELLED && self.is_cancelled();
        let known = known.iter().find(|(word, _)| is(word));
        known.map(|&(_, meaning)| meaning)
    }

    /// The meaning of the text, or the default and a warning if it is no known word of `field`.
    pub(crate) fn interpret<T: Copy + Default>(
        &self,
        field: &'static str,
        known: &[(&str, T)],
        warnings: &mut Vec<Message>,
        redactor: &Redactor,
    ) -> T {
        self.meaning(known).unwrap_or_else(|| {
            self.warn_unknown(field, redactor, warnings);
            T::default()
        })
    }

    /// Whether the text is one of the words for cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        let words = [CANCELLED, "canceled", "abort", "aborted"];
        words.into_iter().any(|word| self.is(word))
    }

    /// The text of a field that the verdict rests on.
    ///
    /// # Errors
    /// It is missing, or a character of it was replaced because it could not be read.
    pub(crate) fn required(&self, field: &str) -> Result<&str, Message> {
        let text = self.get().ok_or_else(|| messages::missing_field(field))?;
        if text.contains(char::REPLACEMENT_CHARACTER) {
            return Err(messages::broken_field(field));
        }
        Ok(text)
    }

    /// Checks the id of what a response is about. A missing one passes.
    ///
    /// # Errors
    /// It is another one than `asked`.
    pub(crate) fn check_id(&self, asked: &str, redactor: &Redactor) -> Result<(), Message> {
        match self.get() {
            Some(id) if !is_same_id(id, asked) => {
                Err(messages::other_id(asked, &redactor.name(id)))
            }
            _ => Ok(()),
        }
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

/// Whether two texts are the same id: without case, blanks and dashes, and numbers by their value.
fn is_same_id(one: &str, other: &str) -> bool {
    let characters = |id: &'_ str| {
        let characters = id.chars().filter(|c| !c.is_whitespace() && *c != '-');
        characters.flat_map(char::to_lowercase).collect::<String>()
    };
    // A number of so many digits is exact; beyond it different ids would be the same.
    let number = |id: &str| {
        let number = id.trim().parse().ok();
        number.filter(|number: &f64| number.fract() == 0.0 && number.abs() < 1e15)
    };
    characters(one) == characters(other)
        || number(one).is_some_and(|value| number(other) == Some(value))
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
            AnyValue::Null => None,
            AnyValue::Text(text) => Some(text),
            AnyValue::Number(number) => Some(number.to_string().into()),
            AnyValue::Object(_) | AnyValue::List(_) => leave_out(),
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
            AnyValue::Null => None,
            AnyValue::Text(text) if text.trim().is_empty() => None,
            AnyValue::Text(text) => text.trim().parse().ok().or_else(leave_out),
            AnyValue::Number(number) => number.try_into().ok().or_else(leave_out),
            AnyValue::Object(_) | AnyValue::List(_) => leave_out(),
        }))
    }
}

fn too_long<E: Error>() -> E {
    E::custom(format_args!("a list of more than {MAX_ENTRIES}"))
}

/// Notes that a value of another type is left out.
fn leave_out<T: Default>() -> T {
    LEFT_OUT.set(true);
    T::default()
}

/// An object, decoded by the names of its fields; any other type is an error. A derived struct
/// alone also accepts a list, by position: a list with the right word at the right place would be a
/// success.
#[derive(Debug, Default)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match AnyValue::<T>::deserialize(deserializer)? {
            AnyValue::Object(object) => Ok(Self(object)),
            _ => Err(D::Error::custom("an object is expected")),
        }
    }
}

/// An object; a value of another type counts as one without fields, and is left out if `SHOWN`.
#[derive(Debug, Default)]
pub(crate) struct MaybeObject<T, const SHOWN: bool = false>(T);

/// An object that is only shown.
pub(crate) type ShownObject<T> = MaybeObject<T, true>;

impl<T, const SHOWN: bool> Deref for MaybeObject<T, SHOWN> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default, const SHOWN: bool> Deserialize<'de>
    for MaybeObject<T, SHOWN>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match AnyValue::<T>::deserialize(deserializer)? {
            AnyValue::Object(object) => object,
            AnyValue::Null => T::default(),
            _ if SHOWN => leave_out(),
            _ => T::default(),
        }))
    }
}

/// An object, or JSON text of one; anything else counts as one without fields.
#[derive(Debug, Default)]
pub(crate) struct Embedded<T>(pub(crate) T);

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for Embedded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match AnyValue::<T>::deserialize(deserializer)? {
            AnyValue::Object(object) => object,
            AnyValue::Text(json) => read(json.as_bytes()).unwrap_or_default(),
            _ => T::default(),
        }))
    }
}

/// A list of at most [`MAX_ENTRIES`] objects. A list that is null counts as empty, and an entry that
/// is null is skipped; any other type is an error, or is left out if `SHOWN`.
#[derive(Debug, Default)]
pub(crate) struct List<T, const SHOWN: bool = false>(Vec<T>);

/// A list of objects that is only shown.
pub(crate) type ShownList<T> = List<T, true>;

impl<T, const SHOWN: bool> Deref for List<T, SHOWN> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default, const SHOWN: bool> Deserialize<'de> for List<T, SHOWN> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Entries::<T, SHOWN, false>::of_any(deserializer).map(Self)
    }
}

/// A list like [`List`], but an entry that is null keeps its place as an object without fields.
#[derive(Debug)]
pub(crate) struct SparseList<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for SparseList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Entries::<T, false, true>::of_any(deserializer).map(Self)
    }
}

/// The entries of a list.
struct Entries<T, const SHOWN: bool, const SPARSE: bool>(Vec<T>);

impl<'de, T: Deserialize<'de> + Default, const SHOWN: bool, const SPARSE: bool>
    Entries<T, SHOWN, SPARSE>
{
    fn of_any<D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        match AnyValue::<IgnoredAny, Self>::deserialize(deserializer)? {
            AnyValue::List(Self(entries)) => Ok(entries),
            AnyValue::Null => Ok(Vec::new()),
            _ if SHOWN => Ok(leave_out()),
            _ => Err(D::Error::custom("a list is expected")),
        }
    }
}

impl<'de, T: Deserialize<'de> + Default, const SHOWN: bool, const SPARSE: bool> Deserialize<'de>
    for Entries<T, SHOWN, SPARSE>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<E>(PhantomData<E>);

impl<'de, T: Deserialize<'de> + Default, const SHOWN: bool, const SPARSE: bool> Visitor<'de>
    for EntriesVisitor<Entries<T, SHOWN, SPARSE>>
{
    type Value = Entries<T, SHOWN, SPARSE>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element::<AnyValue<'de, T>>()? {
            match entry {
                AnyValue::Object(object) => entries.push(object),
                AnyValue::Null if SPARSE => entries.push(T::default()),
                AnyValue::Null => {}
                _ if SHOWN => leave_out(),
                _ => return Err(A::Error::custom("a list of objects is expected")),
            }
            if entries.len() > MAX_ENTRIES {
                return Err(too_long());
            }
        }
        Ok(Entries(entries))
    }
}

/// A list of at most [`MAX_ENTRIES`] objects that are only shown, each as its JSON: one that was read before
/// need not be decoded again. An entry that is null is skipped, any other type is left out.
#[derive(Debug, Default)]
pub(crate) struct JsonList<'a>(Vec<&'a RawValue>);

impl JsonList<'_> {
    /// The objects.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|object| object.get())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonList<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut entries = match AnyValue::<IgnoredAny, Vec<&RawValue>>::deserialize(deserializer)? {
            AnyValue::List(entries) => entries,
            AnyValue::Null => Vec::new(),
            _ => leave_out(),
        };
        if entries.len() > MAX_ENTRIES {
            return Err(too_long());
        }
        entries.retain(|entry| match entry.get().chars().next() {
            Some('{') => true,
            Some('n') => false,
            _ => leave_out(),
        });
        Ok(Self(entries))
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

    #[derive(Debug, serde::Deserialize, Default)]
    #[serde(default, bound(deserialize = "'de: 'a"))]
    struct Named<'a> {
        name: Text<'a>,
    }

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
    fn a_value_that_is_only_shown_may_be_anything_and_is_left_out_with_a_warning() {
        #[derive(Debug, serde::Deserialize, Default)]
        #[serde(default, bound(deserialize = "'de: 'a"))]
        struct State<'a> {
            text: Text<'a>,
            count: Count,
            object: ShownObject<Named<'a>>,
            list: ShownList<Named<'a>>,
        }
        let read = |json: &str| {
            let mut warnings = Vec::new();
            let redactor = Redactor::default();
            let state: State<'_> =
                read_state(json.as_bytes(), ("a", "b"), &mut warnings, &redactor).expect("JSON");
            assert!(state.text.get().is_none() && state.count.get().is_none());
            assert!(state.object.name.get().is_none(), "{json}");
            (state.list.len(), warnings.len())
        };
        for (list, found) in [
            ("null", (0, 0)),
            ("[]", (0, 0)),
            (r#"[{"name":"a"},null,{}]"#, (2, 0)),
            (r#"[{"name":"a"},"b",{}]"#, (2, 1)),
            (r#"[{"name":["a"]},{"name":{}}]"#, (2, 1)),
            (r#"[["a"]]"#, (0, 1)),
            ("7", (0, 1)),
            (r#""a""#, (0, 1)),
            (r#"{"name":"a"}"#, (0, 1)),
        ] {
            assert_eq!(read(&format!(r#"{{"list":{list}}}"#)), found, "{list}");
        }
        for (field, warnings) in [
            (r#""text":{}"#, 1),
            (r#""text":[1]"#, 1),
            (r#""text":" ""#, 0),
            (r#""count":"soon""#, 1),
            (r#""count":"""#, 0),
            (r#""count":[3]"#, 1),
            (r#""object":["a"]"#, 1),
            (r#""object":null"#, 0),
            (r#""other":["a"]"#, 0),
        ] {
            assert_eq!(read(&format!("{{{field}}}")), (0, warnings), "{field}");
        }
    }

    #[test]
    fn what_the_verdict_rests_on_must_be_there_and_whole() {
        for (json, expected) in [
            (r#""Success""#, Ok("Success")),
            (
                r#""Succes\ufffd""#,
                Err("the response's status holds characters that cannot be read"),
            ),
            ("null", Err("the response has no status")),
        ] {
            let text: Text<'_> = serde_json::from_str(json).expect("JSON");
            let found = text
                .required("status")
                .map_err(|error| error.en().to_owned());
            assert_eq!(found, expected.map_err(str::to_owned), "{json}");
        }
    }

    #[test]
    fn ids_are_compared_without_case_blanks_and_dashes_and_numbers_by_their_value() {
        for (one, other, same) in [
            ("1111", "1111", true),
            ("1111", " 1111 ", true),
            ("1111", "1.111e3", true),
            ("1111", "1111.0", true),
            ("1111", "11111", false),
            ("1111", "1111.5", false),
            ("716eda33-dbc6", "716EDA33dbc6", true),
            ("a", "b", false),
            (
                "12345678901234567890123456789012",
                "12345678901234567890123456789013",
                false,
            ),
            ("NaN", "nan", true),
        ] {
            assert_eq!(is_same_id(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn an_answer_about_another_id_is_told_and_a_missing_id_passes() {
        let check = |json: &str| {
            let id: Text<'_> = serde_json::from_str(json).expect("JSON");
            id.check_id("1111", &Redactor::default())
        };
        for same in ["1111", "1.111e3", r#""1111""#, "null", r#""""#, "{}"] {
            assert_eq!(check(same), Ok(()), "{same}");
        }
        let error = check("2222").expect_err("another id");
        assert_eq!(error.en(), "the answer is about 2222, not 1111");
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
