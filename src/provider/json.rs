//! JSON as providers really send it, for the wire types of all providers: any field may be missing
//! or null, a number may come as a string and a string as a number.
//!
//! The type of the field says what a value of another type means:
//!
//! - [`Text`], [`Count`], [`Object`], [`List`]: the response cannot be read. The verdict rests on it.
//! - [`Shown`] of these, [`ShownList`]: it is left out, and [`read_state`] warns of it. So is whatever
//!   else cannot be read there, like a field that occurs twice.
//! - [`Freeform`]: any type is good; what cannot be used counts as missing.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::messages;
use crate::message::Message;
use crate::redact::Redactor;

/// Stands for every word for cancelled.
pub(crate) const CANCELLED: &str = "cancelled";

/// The most warnings about unknown words in one response. Beyond that nobody reads them, and
/// looking for a duplicate would take quadratic time.
const MAX_WARNINGS: usize = 200;

/// The largest [`Freeform`] value in bytes of JSON, unless it is a single string.
const MAX_FREEFORM: usize = 64 << 10;

/// The limit of the length of a list: an entry of three bytes may take a hundred times as much
/// memory.
pub(crate) const MAX_ENTRIES: usize = 1_000_000;

/// How values that are only shown are read this time: serde's derive hands its fields no context.
#[derive(Clone, Copy, PartialEq)]
enum Pass {
    /// Like all others, which takes one pass.
    Strict,
    /// On their own, so that those which cannot be read can be left out.
    Lenient,
    /// The same, and one that begins at this address was left out.
    LeftOut(usize),
}

thread_local! {
    static PASS: Cell<Pass> = const { Cell::new(Pass::Strict) };
}

/// Decodes a response, which is an object.
///
/// # Errors
/// If the body is not JSON, is anything but an object, or a value in it that is not only shown
/// cannot be read.
pub(crate) fn read<'de, T: Deserialize<'de> + Default>(body: &'de [u8]) -> serde_json::Result<T> {
    Ok(read_noting(body)?.0)
}

/// Decodes the response that tells how a deployment stands, called `name` in English and Chinese.
/// Warns where a value is left out.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_state<'de, T: Deserialize<'de> + Default>(
    body: &'de [u8],
    name: (&str, &str),
    warnings: &mut Vec<Message>,
    redactor: &Redactor,
) -> Result<T, Message> {
    let read = read_noting(body);
    let (state, pass) = read.map_err(|error| messages::not_json(name, &error, redactor))?;
    if let Pass::LeftOut(address) = pass {
        warn_once(messages::left_out(name_before(body, address)), warnings);
    }
    Ok(state)
}

/// Adds a warning that is not there yet.
pub(crate) fn warn_once(warning: Message, warnings: &mut Vec<Message>) {
    if warnings.len() < MAX_WARNINGS && !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

/// Does what [`read`] does, and returns the pass that read it as well.
fn read_noting<'de, T: Deserialize<'de> + Default>(
    body: &'de [u8],
) -> serde_json::Result<(T, Pass)> {
    let read_in = |pass| {
        let outer = PASS.replace(pass);
        let object: serde_json::Result<Option<Object<T>>> = serde_json::from_slice(body);
        let pass = PASS.replace(outer);
        let Object(object) = object?.ok_or_else(|| Error::custom("null instead of an object"))?;
        Ok((object, pass))
    };
    read_in(Pass::Strict).or_else(|_| read_in(Pass::Lenient))
}

/// The name of the field whose value begins at an address in `body`, if it is one's.
fn name_before(body: &[u8], address: usize) -> Option<&str> {
    let before = body.get(..address.checked_sub(body.as_ptr().addr())?)?;
    let before = str::from_utf8(before).ok()?.trim_end();
    let name = before.strip_suffix(':')?.trim_end().strip_suffix('"')?;
    name.rsplit('"').next()
}

/// A value that is only shown: one that cannot be read counts as missing, and is warned of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shown<T> {
    value: T,
    /// Whether there is one that cannot be read.
    pub(crate) is_left_out: bool,
}

impl<T> Deref for Shown<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Shown<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = if PASS.get() == Pass::Strict {
            Some(T::deserialize(deserializer)?)
        } else {
            let json = <&RawValue>::deserialize(deserializer)?.get();
            let value = serde_json::from_str(json).ok();
            if value.is_none() {
                PASS.set(Pass::LeftOut(json.as_ptr().addr()));
            }
            value
        };
        Ok(Self {
            is_left_out: value.is_none(),
            value: value.unwrap_or_default(),
        })
    }
}

/// A string, number or boolean as text; any other type is an error. Borrows from the response where
/// the JSON string has no escapes, which `Option<Cow<str>>` would copy.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text<'a>(Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text without surrounding white space, if there is any.
    pub(crate) fn get(&self) -> Option<&str> {
        let text = self.0.as_deref()?.trim();
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

    /// Whether the text is false, which a database without booleans calls 0.
    pub(crate) fn is_false(&self) -> bool {
        self.is("false") || self.is("0")
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
        self.whole(field)?
            .ok_or_else(|| messages::missing_field(field))
    }

    /// The text, if there is any, of a field that the verdict rests on where it is there.
    ///
    /// # Errors
    /// A character of it was replaced because it could not be read.
    pub(crate) fn whole(&self, field: &str) -> Result<Option<&str>, Message> {
        match self.get() {
            Some(text) if !is_whole(text) => Err(messages::broken_field(field)),
            text => Ok(text),
        }
    }

    /// Checks the id of what a response is about. A missing one passes.
    ///
    /// # Errors
    /// It is another one than `asked`.
    pub(crate) fn check_id(&self, asked: &str, redactor: &Redactor) -> Result<(), Message> {
        match self.get() {
            Some(id) if !same_id(id, asked) => Err(messages::other_id(asked, &redactor.name(id))),
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
            warn_once(messages::unknown_value(field, &word), warnings);
        }
    }
}

/// Whether no character of a text was replaced because it could not be read.
pub(crate) fn is_whole(text: &str) -> bool {
    !text.contains(char::REPLACEMENT_CHARACTER)
}

/// Whether two texts are the same id: without case, blanks and dashes, and numbers by their value.
pub(crate) fn same_id(one: &str, other: &str) -> bool {
    let characters = |id: &'_ str| {
        let characters = id.chars().filter(|c| !c.is_whitespace() && *c != '-');
        characters.flat_map(char::to_lowercase).collect::<String>()
    };
    // A number of so many digits is exact; beyond it different ids would be the same.
    let number = |id: &str| {
        let number = id.trim().parse().ok();
        number.filter(|number: &f64| number.fract() == 0.0 && number.abs() < 1e15)
    };
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one == other,
        _ => characters(one) == characters(other),
    }
}

/// Whether an id that came from the provider may be put into a URL.
pub(crate) fn safe_in_url(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    id.bytes().all(fits) && !id.bytes().all(|byte| byte == b'.')
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        let text = match json.as_bytes()[0] {
            b'n' => return Ok(Self(None)),
            b'"' if !json.contains('\\') => json[1..json.len() - 1].into(),
            b'"' => Cow::Owned(serde_json::from_str(json).map_err(D::Error::custom)?),
            b'{' | b'[' => return Err(D::Error::custom("text is expected")),
            // Rust formats 4.4178813e7 as 44178813, so an id that came as a float is a whole number
            // again.
            b'-' | b'0'..=b'9' if json.contains(['.', 'e', 'E']) => {
                let number: f64 = serde_json::from_str(json).map_err(D::Error::custom)?;
                number.to_string().into()
            }
            _ => json.into(),
        };
        Ok(Self(Some(text)))
    }
}

/// A whole number that is not negative, also as a string; any other value is an error.
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
        let text = Text::deserialize(deserializer)?;
        let count = text.get().map(str::parse).transpose();
        count.map(Self).map_err(D::Error::custom)
    }
}

/// An object, decoded by the names of its fields; null counts as one without fields, any other type
/// is an error. A derived struct alone also accepts a list, by position: a list with the right word
/// at the right place would be a success.
#[derive(Debug, Default)]
pub(crate) struct Object<T>(pub(crate) T);

impl<T> Deref for Object<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

/// Apart from [`Object`], so that it takes no space of that size on the stack: objects may be nested deeply.
struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Object<T>, E> {
        Ok(Object::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object)).map(Object)
    }
}

/// A list of less than [`MAX_ENTRIES`] objects. A list that is null counts as empty; an entry that is
/// null is skipped, or keeps its place as an object without fields if `SPARSE`. Any other type is an
/// error; of an entry not if it is only `SHOWN`.
#[derive(Debug, Default)]
pub(crate) struct List<T, const SHOWN: bool = false, const SPARSE: bool = false> {
    entries: Vec<T>,
    /// Whether an entry was left out.
    pub(crate) has_gaps: bool,
}

/// A list of objects that is only shown, and so is each of them.
pub(crate) type ShownList<T> = Shown<List<T, true>>;

/// A list in which an entry that is null keeps its place.
pub(crate) type SparseList<T> = List<T, false, true>;

impl<T, const SHOWN: bool, const SPARSE: bool> Deref for List<T, SHOWN, SPARSE> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.entries
    }
}

impl<'de, T: Deserialize<'de> + Default, const SHOWN: bool, const SPARSE: bool> Deserialize<'de>
    for List<T, SHOWN, SPARSE>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self::default())
    }
}

impl<'de, T: Deserialize<'de> + Default, const SHOWN: bool, const SPARSE: bool> Visitor<'de>
    for List<T, SHOWN, SPARSE>
{
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self, A::Error> {
        for _ in 0..MAX_ENTRIES {
            let entry = if SHOWN {
                let entry = list.next_element::<Shown<Option<Object<T>>>>()?;
                self.has_gaps |= entry.as_ref().is_some_and(|entry| entry.is_left_out);
                entry.map(|entry| entry.value)
            } else {
                list.next_element()?
            };
            match entry {
                None => return Ok(self),
                Some(Some(Object(object))) => self.entries.push(object),
                Some(None) if SPARSE => self.entries.push(T::default()),
                Some(None) => {}
            }
        }
        let problem = format_args!("a list of {MAX_ENTRIES} entries or more");
        Err(A::Error::custom(problem))
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
        ] {
            assert_eq!(text(json).as_deref(), read, "{json}");
        }
        for other in [r#"{"a":[1]}"#, "[[],{}]"] {
            serde_json::from_str::<Text<'_>>(other).expect_err(other);
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
            ("null", None),
            (r#"" ""#, None),
        ] {
            let count: Count = serde_json::from_str(json).expect("JSON");
            assert_eq!(count.get(), read, "{json}");
        }
        for other in ["3.5", "-3", "99999999999", r#""soon""#, "{}", "[3]"] {
            serde_json::from_str::<Count>(other).expect_err(other);
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

    /// The fields that are read of a response, some of which are only shown.
    #[derive(Debug, serde::Deserialize, Default)]
    #[serde(default, bound(deserialize = "'de: 'a"))]
    struct State<'a> {
        status: Text<'a>,
        text: Shown<Text<'a>>,
        count: Shown<Count>,
        object: Shown<Object<Entry<'a>>>,
        list: ShownList<Entry<'a>>,
        guess: Freeform,
    }

    #[derive(Debug, serde::Deserialize, Default)]
    #[serde(default, bound(deserialize = "'de: 'a"))]
    struct Entry<'a> {
        name: Shown<Text<'a>>,
    }

    /// The state that these fields make, and the name in its warning.
    fn state(fields: &str) -> Result<(usize, Option<String>), Message> {
        let (mut warnings, redactor) = (Vec::new(), Redactor::default());
        let json = format!(r#"{{"status":"Success",{fields}}}"#);
        let name = ("state", "状态");
        let state: State<'_> = read_state(json.as_bytes(), name, &mut warnings, &redactor)?;
        assert!(state.status.is("success"));
        assert!(state.text.get().is_none() && state.count.get().is_none());
        assert!(state.object.name.get().is_none());
        assert!(warnings.len() < 2, "{warnings:?}");
        Ok((state.list.len(), warnings.pop().map(|it| it.to_string())))
    }

    #[test]
    fn a_value_that_is_only_shown_may_be_anything_and_is_left_out_with_a_warning() {
        let warning = |name: &str| Some(messages::left_out(Some(name)).to_string());
        let nameless = Some(messages::left_out(None).to_string());
        let deep = format!(r#""text":{}1{}"#, "[".repeat(1000), "]".repeat(1000));
        for (fields, entries, warning) in [
            (r#""list":null"#, 0, None),
            (r#""list":[]"#, 0, None),
            (r#""list":[{"name":"a"},null,{}]"#, 2, None),
            (r#""list":[{"name":"a"},"b",{}]"#, 2, nameless.clone()),
            (r#""list":[["a"]]"#, 0, nameless.clone()),
            (r#""list":[{"name":"a","name":"b"},{}]"#, 1, nameless),
            (r#""list":[{"name":["a"]},{"name":{}}]"#, 2, warning("name")),
            (r#""list":[{"name":1e999}]"#, 1, warning("name")),
            (r#""list":7"#, 0, warning("list")),
            (r#""list" : "a""#, 0, warning("list")),
            (r#""list":{"name":"a"}"#, 0, warning("list")),
            (r#""text":{}"#, 0, warning("text")),
            (r#""text":[1]"#, 0, warning("text")),
            (&deep, 0, warning("text")),
            (r#""text":" ""#, 0, None),
            (r#""count":"soon""#, 0, warning("count")),
            (r#""count":"""#, 0, None),
            (r#""count":-3"#, 0, warning("count")),
            (r#""object":["a"]"#, 0, warning("object")),
            (r#""object":null"#, 0, None),
            (r#""object":{"name":{}}"#, 0, warning("name")),
            (r#""other":["a"]"#, 0, None),
            // Where it is not known what comes there is nothing to warn of.
            (r#""guess":{"count":"soon"}"#, 0, None),
            (r#""guess":"{\"count\":[]}""#, 0, None),
        ] {
            assert_eq!(state(fields), Ok((entries, warning)), "{fields}");
        }
    }

    #[test]
    fn what_is_not_only_shown_must_be_readable() {
        for fields in [
            r#""status":"Success""#,
            r#""text":"a","text":"b""#,
            r#""list":[{"name":"a"}"#,
            r#""list":[{"name":tr}]"#,
        ] {
            state(fields).expect_err(fields);
        }
        let mut warnings = Vec::new();
        for status in ["{}", "[]", r#"["Success"]"#, "1e999"] {
            let json = format!(r#"{{"status":{status},"text":{{}}}}"#);
            let read: Result<State<'_>, _> = read_state(
                json.as_bytes(),
                ("state", "状态"),
                &mut warnings,
                &Redactor::default(),
            );
            read.expect_err(status);
        }
        assert_eq!(warnings, []);
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
            ("1111", "-1111", false),
            ("1111", "11-11", true),
            ("716eda33-dbc6", "716EDA33dbc6", true),
            ("a", "b", false),
            (
                "12345678901234567890123456789012",
                "12345678901234567890123456789013",
                false,
            ),
            ("NaN", "nan", true),
        ] {
            assert_eq!(same_id(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn an_answer_about_another_id_is_told_and_a_missing_id_passes() {
        let check = |json: &str| {
            let id: Text<'_> = serde_json::from_str(json).expect("JSON");
            id.check_id("1111", &Redactor::default())
        };
        for same in ["1111", "1.111e3", r#""1111""#, "null", r#""""#] {
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
