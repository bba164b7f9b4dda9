//! The one place that knows every secret of the process and takes them out of text: a provider, a proxy or
//! a page may send one back, in another spelling or hidden between characters that nobody sees.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem::Finder;

use crate::text;

/// What stands in the place of a secret.
pub(crate) const MASK: &str = "(masked)";
/// The shortest secret of the user's that is looked for, in bytes: a shorter one is found in any text.
const MIN_SECRET: usize = 3;
/// The shortest value that a server made up (a cookie, a ticket) which counts as a secret, in bytes.
const MIN_RECEIVED: usize = 6;
/// The values of servers that are remembered: a watch of days that signs in again and again must not become
/// slow.
const MAX_RECEIVED: usize = 100;
/// How much is searched at a time, in bytes: the places of its characters are held in memory.
const WINDOW: usize = 256 << 10;
/// The most bytes by which one character of a secret is spelled (`%25255Cu0041`) and hidden.
const SPELLING: usize = 24;

/// Every secret of the process.
#[derive(Default)]
pub(crate) struct Redactor(RwLock<Secrets>);

#[derive(Default)]
struct Secrets {
    /// The user's own: kept.
    own: Vec<Arc<str>>,
    /// Those that servers made up, oldest first.
    received: VecDeque<Arc<str>>,
    /// What finds them; none while there are none.
    search: Option<Search>,
}

/// Finds secrets as they are, and in any spelling.
struct Search {
    raw: Vec<Finder<'static>>,
    normalized: Vec<Finder<'static>>,
    /// The most bytes that a secret takes in text.
    longest: usize,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    /// Redacts a secret of the user's from now on.
    pub(crate) fn add(&self, secret: &str) {
        if secret.len() >= MIN_SECRET {
            self.update(|secrets| {
                let is_new = !secrets.own.iter().any(|known| **known == *secret);
                if is_new {
                    secrets.own.push(secret.into());
                }
                is_new
            });
        }
    }

    /// Redacts what a server made up as a secret (a cookie, a ticket) from now on, or a signature. What is
    /// added again is remembered longest.
    pub(crate) fn add_received(&self, secret: &str) {
        if secret.len() >= MIN_RECEIVED && secret != MASK {
            self.update(|secrets| {
                let mut known = secrets.received.iter();
                let index = known.position(|known| **known == *secret);
                if let Some(known) = index.and_then(|index| secrets.received.remove(index)) {
                    secrets.received.push_back(known);
                    return false;
                }
                secrets.received.push_back(secret.into());
                if secrets.received.len() > MAX_RECEIVED {
                    secrets.received.pop_front();
                }
                true
            });
        }
    }

    fn update(&self, change: impl FnOnce(&mut Secrets) -> bool) {
        let mut secrets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if change(&mut secrets) {
            secrets.search = Some(Search::new(secrets.own.iter().chain(&secrets.received)));
        }
    }

    /// Remote text as one printable line of at most `columns` columns, without secrets.
    pub(crate) fn clean<'a>(&self, raw: &'a str, columns: usize) -> Cow<'a, str> {
        let line = text::printable(raw);
        match self.redact(&line) {
            // Cut last, so that no part of a secret is left at the end.
            Cow::Borrowed(_) => match line {
                Cow::Borrowed(line) => text::truncate(line, columns),
                Cow::Owned(line) => text::truncate(&line, columns).into_owned().into(),
            },
            Cow::Owned(redacted) => text::truncate(&redacted, columns).into_owned().into(),
        }
    }

    /// A name or an id that a server sent, printable and without secrets.
    pub(crate) fn name(&self, raw: &str) -> Arc<str> {
        self.clean(raw, text::NAME).into()
    }

    /// A message that a server sent, printable and without secrets.
    pub(crate) fn message(&self, raw: &str) -> Arc<str> {
        self.clean(raw, text::MESSAGE).into()
    }

    /// The last `lines` lines of a log, each printable and without secrets.
    pub(crate) fn tail(&self, log: &str, lines: usize) -> Vec<String> {
        text::tail(log, lines, |line| {
            let line = text::printable(line);
            self.redact(&line).into_owned()
        })
    }

    /// Text without secrets.
    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redact_bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Only whole characters are replaced.
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        }
    }

    /// The same for what may be no text. JSON stays JSON.
    pub(crate) fn redact_bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = match &secrets.search {
            Some(search) => search.find(bytes),
            None => Vec::new(),
        };
        if found.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut redacted = Vec::with_capacity(bytes.len());
        let mut end = 0;
        for range in found {
            redacted.extend_from_slice(&bytes[end..range.start]);
            redacted.extend_from_slice(MASK.as_bytes());
            end = range.end;
        }
        redacted.extend_from_slice(&bytes[end..]);
        Cow::Owned(redacted)
    }
}

impl Search {
    fn new<'a>(secrets: impl Iterator<Item = &'a Arc<str>> + Clone) -> Self {
        let mut normalized = Vec::new();
        for secret in secrets.clone() {
            // Cleaned text does not begin or end with blanks.
            normalized.push(normalize(secret.as_bytes()).0.trim().to_owned());
            normalized.extend(base64_forms(secret));
        }
        // What is left of a secret of backslashes alone would be found everywhere.
        normalized.retain(|form| form.len() >= MIN_SECRET);
        let longest = normalized.iter().map(String::len).max().unwrap_or_default();
        Self {
            raw: secrets.map(|secret| finder(secret)).collect(),
            normalized: normalized.iter().map(|form| finder(form)).collect(),
            longest: longest * SPELLING,
        }
    }

    /// The ranges that secrets take in `bytes`, in order and apart from each other.
    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let raw = ranges(&self.raw, bytes);
        let mut found: Vec<_> = raw.map(|range| whole_escape(bytes, range)).collect();
        if is_plain(bytes) {
            found.extend(ranges(&self.normalized, bytes));
        } else {
            let mut start = 0;
            while start < bytes.len() {
                let end = bytes.len().min(start + WINDOW + self.longest);
                found.extend(self.find_spelled(&bytes[start..end], start));
                start += WINDOW;
            }
        }
        found.sort_unstable_by_key(|range| (range.start, range.end));
        found.dedup_by(|next, last| {
            let overlaps = next.start < last.end;
            if overlaps {
                last.end = last.end.max(next.end);
            }
            overlaps
        });
        found
    }

    /// The ranges of secrets in any spelling, in a window that begins at `offset`.
    fn find_spelled(&self, window: &[u8], offset: usize) -> Vec<Range<usize>> {
        let (text, places) = normalize(window);
        let hits = ranges(&self.normalized, text.as_bytes());
        hits.filter_map(|hit| {
            let first = places.get(hit.start)?;
            let last = places.get(hit.end - 1)?;
            Some(offset + first.start..offset + last.end)
        })
        .collect()
    }
}

fn finder(secret: &str) -> Finder<'static> {
    Finder::new(secret).into_owned()
}

/// Where the finders find what they look for, one finder after the other.
fn ranges<'a>(
    finders: &'a [Finder<'static>],
    bytes: &'a [u8],
) -> impl Iterator<Item = Range<usize>> + 'a {
    finders.iter().flat_map(move |finder| {
        let starts = finder.find_iter(bytes);
        starts.map(|start| start..start + finder.needle().len())
    })
}

/// A range, made longer where it would leave half of an escape.
fn whole_escape(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let escape = if bytes[..range.end].ends_with(b"\\") {
        backslashes(&bytes[range.end..])
    } else {
        0
    };
    range.start..range.end + escape
}

/// Whether text is the same in its normal form.
fn is_plain(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| (b' '..b'\x7f').contains(byte) && !matches!(byte, b'\\' | b'%' | b'&' | b'+'))
}

/// The parts of a secret's Base64 that do not depend on what stands before and after it: one for each place
/// at which it can begin among three bytes.
fn base64_forms(secret: &str) -> Vec<String> {
    let forms = (0..3).map(|before| {
        let bytes = [&[0; 2][..before], secret.as_bytes()].concat();
        let text = STANDARD_NO_PAD.encode(&bytes);
        // The first characters hold bits of what stands before, the last one of what stands behind.
        let skipped = [0, 2, 3][before];
        let kept = bytes.len() * 8 / 6;
        let form = text.get(skipped..kept).unwrap_or_default();
        normalize(form.as_bytes()).0
    });
    forms.filter(|form| form.len() >= MIN_RECEIVED).collect()
}

/// Text without its escapes (of JSON, URLs and HTML, one within the other), invisible characters and
/// backslashes, with a `+` as a blank; and for each of its bytes the range that it comes from.
fn normalize(bytes: &[u8]) -> (String, Vec<Range<usize>>) {
    let mut text = String::with_capacity(bytes.len());
    let mut places = Vec::with_capacity(bytes.len());
    for (character, place) in text::visible(Characters { bytes, at: 0 }) {
        text.push(character);
        places.resize(text.len(), place);
    }
    (text, places)
}

/// The characters that bytes spell, each with the range that spells it. Backslashes before a character belong
/// to it: how often one is doubled depends on how deep it stands.
struct Characters<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Characters<'_> {
    type Item = (char, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        loop {
            let character = self.character()?;
            if character != '\\' {
                return Some((character, start..self.at));
            }
        }
    }
}

impl Characters<'_> {
    fn character(&mut self) -> Option<char> {
        let slashes = backslashes(&self.bytes[self.at..]);
        let rest = &self.bytes[self.at + slashes..];
        let is_escape = slashes % 2 == 1;
        let (length, character) = match unicode_escape(rest) {
            Some(escape) if slashes > 0 => escape,
            _ => match rest.first()? {
                b'n' | b'r' | b't' if is_escape => (1, ' '),
                b'b' | b'f' if is_escape => (1, '\u{8}'),
                b'+' => (1, ' '),
                b'%' => percent_escape(rest).unwrap_or((1, '%')),
                b'&' => html_escape(rest).unwrap_or((1, '&')),
                _ => utf8(rest),
            },
        };
        self.at += slashes + length;
        Some(character)
    }
}

/// How many bytes at the beginning spell backslashes, as they are or in a URL.
fn backslashes(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += match bytes.get(at) {
            Some(b'\\') => 1,
            Some(b'%') => match percent(&bytes[at..]) {
                Some((length, b'\\')) => length,
                _ => return at,
            },
            _ => return at,
        };
    }
}

/// `uXXXX`, as it follows a backslash in JSON, and a second one where the first is half a character.
fn unicode_escape(bytes: &[u8]) -> Option<(usize, char)> {
    let (length, unit) = utf16_unit(bytes)?;
    if let Some(character) = char::from_u32(unit.into()) {
        return Some((length, character));
    }
    let slashes = backslashes(&bytes[length..]);
    let second = utf16_unit(&bytes[length + slashes..]).filter(|_| slashes > 0);
    let pair = second.and_then(|(more, low)| {
        let character = char::decode_utf16([unit, low]).next()?.ok()?;
        Some((length + slashes + more, character))
    });
    Some(pair.unwrap_or((length, char::REPLACEMENT_CHARACTER)))
}

fn utf16_unit(bytes: &[u8]) -> Option<(usize, u16)> {
    let digits = bytes.strip_prefix(b"u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    Some((5, u16::from_str_radix(digits, 16).ok()?))
}

/// A character of one or more `%XX`.
fn percent_escape(bytes: &[u8]) -> Option<(usize, char)> {
    let (mut length, first) = percent(bytes)?;
    let mut raw = vec![first];
    for _ in 1..usize::try_from(first.leading_ones()).unwrap_or(0).min(4) {
        let (more, byte) = percent(&bytes[length..])?;
        length += more;
        raw.push(byte);
    }
    Some((length, std::str::from_utf8(&raw).ok()?.chars().next()?))
}

/// `%XX`; in a URL within a URL, `%25XX`.
fn percent(bytes: &[u8]) -> Option<(usize, u8)> {
    let hex = |digit: &u8| char::from(*digit).to_digit(16);
    let mut rest = bytes.strip_prefix(b"%")?;
    while let [b'2', b'5', first, second, ..] = rest
        && hex(first).is_some()
        && hex(second).is_some()
    {
        rest = &rest[2..];
    }
    let [first, second, ..] = rest else {
        return None;
    };
    let byte = u8::try_from(hex(first)? * 16 + hex(second)?).ok()?;
    Some((bytes.len() - rest.len() + 2, byte))
}

/// `&amp;`, `&#38;`, `&#x26;` and their like.
fn html_escape(bytes: &[u8]) -> Option<(usize, char)> {
    const NAMES: [(&str, char); 5] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
    ];
    let end = bytes.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&bytes[1..end]).ok()?;
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
        None => NAMES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((end + 1, character))
}

/// The character at the beginning; what is no UTF-8 counts as one.
fn utf8(bytes: &[u8]) -> (usize, char) {
    let length = usize::try_from(bytes[0].leading_ones()).unwrap_or(0).max(1);
    let character = bytes
        .get(..length)
        .and_then(|bytes| std::str::from_utf8(bytes).ok()?.chars().next());
    character.map_or((1, char::REPLACEMENT_CHARACTER), |character| {
        (length, character)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str, secret: &str) -> String {
        let redactor = Redactor::default();
        redactor.add(secret);
        redactor.redact(text).into_owned()
    }

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let secret = r#"pt-a/b==c"d\e é"#;
        let json = serde_json::to_string(secret).expect("JSON");
        let twice = serde_json::to_string(&json).expect("JSON");
        for spelling in [
            secret,
            json.trim_matches('"'),
            twice.trim_matches(['"', '\\']),
            r#"pt-a\/b\u003d\u003Dc\u0022d\u005ce \u00e9"#,
            "pt-a%2Fb%3D%3dc%22d%5Ce%20%C3%A9",
            "pt-a%2Fb%3D%3Dc%22d%5Ce+%c3%a9",
            "pt-a%252Fb%253D%253Dc%2522d%255Ce%2520%25C3%25A9",
            r"pt-a%5Cu002fb%5Cu003d=c%5C%22d%5C%5Ce%20%C3%A9",
            "pt-a&#47;b&#x3d;=c&quot;d\\e \u{e9}",
            "pt-a/b\u{200b}==c\"d\\e\u{1b}[31m é",
            "pt-\\u001b[0ma/b==c\"d\\\\e \u{ad}é",
        ] {
            let text = format!("é {spelling}, {spelling}!");
            assert_eq!(
                redacted(&text, secret),
                "é (masked), (masked)!",
                "{spelling}"
            );
        }
    }

    #[test]
    fn a_secret_is_found_in_base64_wherever_it_begins() {
        for before in ["", "a", "ab", "user:"] {
            for after in ["", "x", "xy"] {
                let text = STANDARD_NO_PAD.encode(format!("{before}made-up-secret{after}"));
                let left = redacted(&text, "made-up-secret");
                assert!(left.contains(MASK), "{before} {after}: {left}");
                assert!(left.len() <= MASK.len() + 2 * (before.len() + after.len()) + 4);
            }
        }
    }

    #[test]
    fn redacted_json_is_json() {
        for (json, secret) in [
            (r#"{"a":"x \"quoted\" y","b":1}"#, r#""quoted""#),
            (r#"{"a":"C:\\pt-made-up\\x"}"#, "pt-made-up"),
            (r#"{"a":"\npt-made-up\n"}"#, "pt-made-up"),
            (r#"{"a":"pt-made-up\\"}"#, "pt-made-up\\"),
            (r#"{"a":"pt-\bmade\u200b-up"}"#, "pt-made-up"),
        ] {
            let left = redacted(json, secret);
            assert!(left.contains(MASK), "{left}");
            serde_json::from_str::<serde_json::Value>(&left).expect(&left);
        }
    }

    #[test]
    fn what_looks_like_an_escape_may_be_the_secret() {
        for (secret, spelling) in [
            (r"pt-made\up", r"pt-made\up"),
            (r"pt-made\up", r"pt-made\\up"),
            (r"npt-made-up", r"\npt-made-up"),
            ("ab%5Cdefg", "ab%5Cdefg"),
            ("ab%5Cdefg", "ab%255Cdefg"),
            ("pt-\u{1f600}abc", r"pt-\ud83d\ude00abc"),
            (" pt-made up", "pt-made+up"),
            ("a&amp;b-made-up", "a&amp;b-made-up"),
        ] {
            let text = format!("<{spelling}>");
            let left = redacted(&text, secret);
            assert!(left.contains(MASK) && left.len() < 12, "{spelling}: {left}");
        }
    }

    #[test]
    fn a_secret_is_found_across_windows() {
        for start in [WINDOW - 20, WINDOW - 10, WINDOW - 1, WINDOW, WINDOW + 1] {
            let text = format!(
                "{}pt-\\u006dade-up{}",
                "\\n".repeat(start / 2),
                "%20".repeat(1000)
            );
            let left = redacted(&text, "pt-made-up");
            assert!(left.contains(MASK) && !left.contains("ade-up"), "{start}");
        }
    }

    #[test]
    fn nothing_else_is_redacted() {
        for text in [
            "",
            "pt-made",
            r"pt-made-u\u0071",
            "pt%2Dmade%2Dux",
            "\\",
            "%",
            "&",
            "\u{1b}[",
        ] {
            assert_eq!(redacted(text, "pt-made-up"), text);
        }
        assert_eq!(redacted("any text", ""), "any text");
        // A secret that is found in any text would leave none.
        assert_eq!(redacted("any text", "a"), "any text");
        let status = r#"{"status":"Success","x":"\n"}"#;
        assert_eq!(redacted(status, r"\\\\\\s"), status);
    }

    #[test]
    fn no_part_of_a_secret_is_left_where_a_text_is_cut() {
        let redactor = Redactor::default();
        redactor.add("pt-made-up-secret");
        for columns in 5..60 {
            let text = redactor.clean("an error: pt-made-up-secret is not known", columns);
            assert!(!text.contains("pt-"), "{columns}: {text}");
        }
    }

    #[test]
    fn the_oldest_received_secret_is_forgotten_first_and_the_users_never() {
        let redactor = Redactor::default();
        redactor.add("pt-made-up");
        for number in 0..=MAX_RECEIVED {
            redactor.add_received(&format!("session-{number:04}"));
            redactor.add_received("session-0000");
        }
        redactor.add_received("short");
        let left = redactor.redact("pt-made-up session-0000 session-0001 session-0002 short");
        assert_eq!(left, "(masked) (masked) session-0001 (masked) short");
    }
}
