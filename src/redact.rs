//! The one place that knows every secret of the process and takes them out of text: a provider, a proxy or
//! a page may send one back, in another spelling or hidden between characters that nobody sees.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::mem;
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, Input};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::text;

/// The replacement of a secret.
pub(crate) const MASK: &str = "(masked)";
/// The shortest secret of the user's that is looked for, in bytes: a shorter one is found in any text.
const MIN_SECRET: usize = 3;
/// The shortest value that a server made up (a cookie, a ticket) which counts as a secret, in bytes.
const MIN_RECEIVED: usize = 6;
/// The values of servers that are remembered: a watch that signs in for days must not become slow.
const MAX_RECEIVED: usize = 100;

/// Every secret of the process.
#[derive(Default)]
pub(crate) struct Redactor(RwLock<Secrets>);

#[derive(Default)]
struct Secrets {
    /// The user's own: kept.
    own: BTreeSet<Arc<str>>,
    /// Those that servers made up, oldest first.
    received: VecDeque<Arc<str>>,
    /// The search for them; none while there are none. It is made where it is first used.
    search: OnceLock<Option<Arc<Search>>>,
}

/// Finds every secret, as it is and in any spelling, in one pass.
struct Search {
    automaton: NFA,
    /// The length of the longest form in bytes.
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
            self.update(|secrets| secrets.own.insert(secret.into()));
        }
    }

    /// Redacts a secret that a server made up (a cookie, a ticket), or a signature. The latest are remembered.
    pub(crate) fn add_received(&self, secret: &str) {
        if secret.len() < MIN_RECEIVED || secret == MASK {
            return;
        }
        self.update(|secrets| {
            let known = secrets.received.len();
            secrets.received.retain(|known| **known != *secret);
            let is_new = secrets.received.len() == known;
            secrets.received.push_back(secret.into());
            if secrets.received.len() > MAX_RECEIVED {
                secrets.received.pop_front();
            }
            is_new
        });
    }

    fn update(&self, change: impl FnOnce(&mut Secrets) -> bool) {
        let mut secrets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if change(&mut secrets) {
            secrets.search = OnceLock::new();
        }
    }

    /// The search for the secrets. No lock is held while it searches, which may take seconds.
    fn search(&self) -> Option<Arc<Search>> {
        let secrets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let search = || Search::new(&secrets).map(Arc::new);
        secrets.search.get_or_init(search).clone()
    }

    /// Remote text as one printable line of at most `columns` columns, without secrets.
    pub(crate) fn clean<'a>(&self, raw: &'a str, columns: usize) -> Cow<'a, str> {
        // Cut last, so that no part of a secret is left at the end.
        text::truncate(self.printable(raw), columns)
    }

    /// Remote text as one printable line, without secrets. An escape sequence before a secret must not take
    /// its beginning along, and one within it must not hide it.
    fn printable<'a>(&self, raw: &'a str) -> Cow<'a, str> {
        let redacted = self.redact(raw);
        match (&redacted, text::printable(&redacted)) {
            (Cow::Borrowed(_), Cow::Borrowed(_)) => raw.into(),
            (_, line) => self.redact(&line).into_owned().into(),
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
        text::tail(log, lines, |line| self.printable(line).into_owned())
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
        let found = self.search().map(|search| search.find(bytes));
        let Some(found) = found.filter(|found| !found.is_empty()) else {
            return Cow::Borrowed(bytes);
        };
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
    /// None where there is nothing to look for.
    fn new(secrets: &Secrets) -> Option<Self> {
        let secrets = secrets.own.iter().chain(&secrets.received);
        let mut forms: BTreeSet<String> = secrets.flat_map(|secret| forms(secret)).collect();
        // What is left of a secret of backslashes or blanks would be found everywhere.
        forms.retain(|form| form.trim().len() >= MIN_SECRET);
        let longest = forms.iter().map(String::len).max()?;
        // It can only be too large, for more secrets than a process gets.
        let automaton = NFA::new(forms).ok()?;
        Some(Self { automaton, longest })
    }

    /// The ranges that secrets take in `bytes`, in any spelling, in order and apart from each other.
    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let hits = self.automaton.try_find_overlapping_iter(Input::new(bytes));
        for hit in hits.into_iter().flatten() {
            join(&mut found, whole_escape(bytes, hit.range()));
        }
        if !is_plain(bytes) {
            self.find_spelled(bytes, &mut found);
            found.sort_unstable_by_key(|range| range.start);
            for range in mem::take(&mut found) {
                join(&mut found, range);
            }
        }
        found
    }

    /// Adds the ranges of secrets that are spelled otherwise.
    fn find_spelled(&self, bytes: &[u8], found: &mut Vec<Range<usize>>) {
        let Ok(mut state) = self.automaton.start_state(Anchored::No) else {
            return;
        };
        // The ranges that the last bytes of the normal form come from.
        let mut places: VecDeque<Range<usize>> = VecDeque::new();
        let mut buffer = [0; 4];
        for (character, place) in normal_form(bytes) {
            for byte in character.encode_utf8(&mut buffer).bytes() {
                places.push_back(place.clone());
                if places.len() > self.longest {
                    places.pop_front();
                }
                state = self.automaton.next_state(Anchored::No, state, byte);
                if self.automaton.is_match(state) {
                    let first = places.len() - self.longest_match(state);
                    join(found, places[first].start..place.end);
                }
            }
        }
    }

    /// The length of the longest form that ends where this state is reached.
    fn longest_match(&self, state: StateID) -> usize {
        let matches = 0..self.automaton.match_len(state);
        let forms = matches.map(|index| self.automaton.match_pattern(state, index));
        let lengths = forms.map(|form| self.automaton.pattern_len(form));
        lengths.max().unwrap_or_default()
    }
}

/// The forms in which a secret is looked for: as it is, normalized, and in Base64.
fn forms(secret: &str) -> Vec<String> {
    // Cleaned text does not begin or end with blanks.
    let trimmed = secret.trim();
    let mut forms = base64_forms(secret);
    // What looks like an escape in it is taken for one, unless it is escaped itself.
    let literal = trimmed.replace('\\', "").replace('+', " ");
    forms.extend([secret.to_owned(), normalize(trimmed), literal]);
    forms
}

/// Adds a range to those that it does not begin before, as part of the last ones where they overlap.
fn join(found: &mut Vec<Range<usize>>, mut range: Range<usize>) {
    while let Some(last) = found.pop_if(|last| range.start < last.end && last.start < range.end) {
        range = range.start.min(last.start)..range.end.max(last.end);
    }
    found.push(range);
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
/// at which it can begin among three bytes, in both alphabets.
fn base64_forms(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let bytes = [&[0; 2][..before], secret.as_bytes()].concat();
        // The first characters hold bits of what stands before, the last one of what stands behind.
        let part = [0, 2, 3][before]..bytes.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&bytes);
            let form = text.get(part.clone()).unwrap_or_default();
            forms.push(normalize(form));
        }
    }
    forms.retain(|form| form.len() >= MIN_RECEIVED);
    forms
}

/// The characters of text without its escapes (of JSON, URLs and HTML, one within the other), invisible
/// characters and backslashes, with a `+` as a blank; each with the range that it comes from.
fn normal_form(bytes: &[u8]) -> impl Iterator<Item = (char, Range<usize>)> {
    let characters = text::visible(Characters { bytes, at: 0 });
    characters.map(|(character, place)| (if character == '+' { ' ' } else { character }, place))
}

fn normalize(text: &str) -> String {
    let characters = normal_form(text.as_bytes());
    characters.map(|(character, _)| character).collect()
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
    const LENGTH: usize = 5;
    let unit = utf16_unit(bytes)?;
    if let Some(character) = char::from_u32(unit.into()) {
        return Some((LENGTH, character));
    }
    let slashes = backslashes(&bytes[LENGTH..]);
    let second = utf16_unit(&bytes[LENGTH + slashes..]).filter(|_| slashes > 0);
    let pair = second.and_then(|low| {
        let character = char::decode_utf16([unit, low]).next()?.ok()?;
        Some((LENGTH + slashes + LENGTH, character))
    });
    Some(pair.unwrap_or((LENGTH, char::REPLACEMENT_CHARACTER)))
}

/// The UTF-16 unit of an escape of JSON, which begins behind its backslash.
pub(crate) fn utf16_unit(escape: &[u8]) -> Option<u16> {
    let digits = str::from_utf8(escape.strip_prefix(b"u")?.get(..4)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
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
    let beginning = &bytes[..bytes.len().min(4)];
    let first = beginning.utf8_chunks().next();
    let character = first.and_then(|chunk| chunk.valid().chars().next());
    character.map_or((1, char::REPLACEMENT_CHARACTER), |c| (c.len_utf8(), c))
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

    /// A character as it is, escaped, or beside what nobody sees, with what cannot be one of its forms
    /// avoided: text is read from its beginning.
    fn spell(random: &mut fastrand::Rng, character: char, json: bool) -> String {
        const HIDDEN: [&str; 8] = [
            "\u{200b}",
            "\u{ad}",
            "\0",
            "\u{7}",
            "\u{fe0f}",
            "\u{202e}",
            "\u{1b}[1;31m",
            "\u{1b}]0;t\u{7}",
        ];
        let mut utf8 = [0; 4];
        let bytes = character.encode_utf8(&mut utf8).bytes();
        let plain = match character {
            '\\' | '"' if json => format!("\\{character}"),
            _ => character.to_string(),
        };
        match random.u8(..6) {
            0 => bytes.map(|byte| format!("%{byte:02x}")).collect(),
            1 => bytes.map(|byte| format!("%25{byte:02X}")).collect(),
            2 => format!("&#{};", u32::from(character)),
            3 if u32::from(character) < 0x10000 => format!("\\u{:04x}", u32::from(character)),
            4 => format!("{}{plain}", HIDDEN[random.usize(..HIDDEN.len())]),
            _ if matches!(character, '\\' | '%' | '&' | '+') => {
                format!("&#x{:x};", u32::from(character))
            }
            _ => plain,
        }
    }

    #[test]
    fn a_random_secret_in_any_spelling_leaves_nothing_but_the_mask() {
        let mut random = fastrand::Rng::with_seed(1);
        for round in 0..500 {
            let length = random.usize(8..40);
            let any = |random: &mut fastrand::Rng| match random.u8(..20) {
                0 => '密',
                1 => '\u{1f600}',
                _ => char::from(random.u8(b'!'..=b'~')),
            };
            let secret: String = (0..length).map(|_| any(&mut random)).collect();
            // What looks like an escape and is escaped in another way for each character has no one form.
            let is_simple = !secret.contains(['\\', '%', '&']);
            // A backslash at either end may be left, for it may belong to what stands there.
            let secret = format!("a{secret}z");
            let redactor = Redactor::default();
            redactor.add(&secret);
            redactor.add("another-made-up-secret");
            let before = random.usize(..200);
            let filler = ["\\n", "%20", "x", " ", "密"][random.usize(..5)].repeat(before);
            let spelled: String = secret
                .chars()
                .map(|c| spell(&mut random, c, true))
                .collect();
            for spelled in [Some(&secret), is_simple.then_some(&spelled)]
                .into_iter()
                .flatten()
            {
                let text = format!("{filler} <{spelled}> <{spelled}> end");
                let redacted = redactor.redact(&text);
                let end = &redacted[redacted.find('<').unwrap_or(0)..];
                // What nobody sees before its first character is no part of it.
                assert_eq!(
                    text::printable(end),
                    "<(masked)> <(masked)> end",
                    "{round}: {secret} {spelled}"
                );
                let shown = redactor.clean(&text, usize::MAX);
                assert!(
                    shown.ends_with("<(masked)> <(masked)> end"),
                    "{round}: {shown}"
                );
            }
            let json = serde_json::json!({ "a": secret, "b": [format!("x{secret}y")] }).to_string();
            let redacted = redactor.redact(&json);
            let read: serde_json::Value = serde_json::from_str(&redacted).expect("JSON");
            assert_eq!(read, serde_json::json!({ "a": MASK, "b": ["x(masked)y"] }));
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
            (r"pt-made\tup", r"pt-made\\tup"),
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
        assert_eq!(redacted("a    table", "++++"), "a    table");
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
    fn an_escape_sequence_takes_no_part_of_a_secret_along() {
        let redactor = Redactor::default();
        redactor.add("pt-made-up");
        for raw in ["\u{1b}[pt-made-up", "\u{9b}pt-made-up", "\u{1b}pt-made-up"] {
            assert!(!redactor.clean(raw, 80).contains("made"), "{raw:?}");
            assert!(!redactor.tail(raw, 1).concat().contains("made"), "{raw:?}");
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
