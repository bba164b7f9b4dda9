//! Hides a secret wherever it stands, however it is spelled: an answer may say it in JSON, in a URL,
//! or in one within the other.

use memchr::{memchr2, memchr3, memmem};

/// What stands in the place of a secret.
pub(crate) const MASK: &str = "(masked)";
/// A value that is shorter, and that somebody else made up, is taken for no secret: it would be found
/// by chance, and hiding it would spoil what it stands in.
pub(crate) const SHORTEST: usize = 6;
/// A secret with fewer letters is looked for as it is, and in no other spelling.
const FEWEST: usize = 4;

/// `bytes` with [`MASK`] in the place of `secret`; none where it does not stand there.
pub(crate) fn hide(bytes: &[u8], secret: &str) -> Option<Vec<u8>> {
    if secret.is_empty() {
        return None;
    }
    // In other spellings first: what the raw one leaves of an escape would be no JSON.
    let hidden =
        letters(bytes, secret).and_then(|letters| replace(bytes, |rest| find(rest, &letters)));
    let left = hidden.as_deref().unwrap_or(bytes);
    let raw = |rest: &[u8]| Some((memmem::find(rest, secret.as_bytes())?, secret.len()));
    replace(left, raw).or(hidden)
}

/// The letters of the secret, where it may stand in another spelling. As a rule nothing does, and an
/// answer may be large.
fn letters(bytes: &[u8], secret: &str) -> Option<String> {
    if memchr2(b'\\', b'%', bytes).is_none() && !secret.contains(' ') {
        return None;
    }
    // How often a backslash is doubled depends on how deep it stands, so none counts.
    let letters: String = secret.chars().filter(|letter| *letter != '\\').collect();
    let letters = letters.trim_start();
    (letters.len() >= FEWEST).then(|| letters.to_owned())
}

/// `bytes` with [`MASK`] in the place of all that `find` finds, each time by its place and its
/// length; none where that is nothing.
fn replace(bytes: &[u8], find: impl Fn(&[u8]) -> Option<(usize, usize)>) -> Option<Vec<u8>> {
    let mut rest = bytes;
    let mut hidden = Vec::new();
    while let Some((at, length)) = find(rest) {
        hidden.extend_from_slice(&rest[..at]);
        hidden.extend_from_slice(MASK.as_bytes());
        rest = &rest[at + length..];
    }
    (rest.len() < bytes.len()).then(|| {
        hidden.extend_from_slice(rest);
        hidden
    })
}

/// Where the letters stand in any spelling, and how long they are there.
fn find(bytes: &[u8], letters: &str) -> Option<(usize, usize)> {
    let first = *letters.as_bytes().first()?;
    let mut from = 0;
    while let Some(begin) = memchr3(first, b'\\', b'%', bytes.get(from..)?) {
        let begin = from + begin;
        // Backslashes before the first letter may be its own: none is left alone.
        let start = begin + backslashes(&bytes[begin..]);
        if let Some(length) = spelled(&bytes[start..], letters) {
            return Some((begin, start - begin + length));
        }
        // No letter begins within an escape.
        from = start + escape(&bytes[start..]).map_or(1, |(length, _)| length);
    }
    None
}

/// How many bytes the letters take at the beginning of `bytes`, where they stand there.
fn spelled(bytes: &[u8], letters: &str) -> Option<usize> {
    let mut at = 0;
    for letter in letters.chars() {
        if character(&bytes[at..], letter).is_none() {
            at += backslashes(&bytes[at..]);
        }
        at += character(&bytes[at..], letter)?;
    }
    Some(at)
}

/// How many bytes at the beginning spell backslashes that are no part of an escape.
fn backslashes(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += match escape(&bytes[at..]) {
            Some((length, '\\')) => length,
            Some(_) => return at,
            None => match slashes(&bytes[at..]) {
                0 => return at,
                length => length,
            },
        };
    }
}

/// How many bytes at the beginning spell `letter`.
fn character(bytes: &[u8], letter: char) -> Option<usize> {
    match escape(bytes) {
        Some((length, found)) if found == letter => return Some(length),
        _ => {}
    }
    let mut raw = [0; 4];
    let raw: &[u8] = letter.encode_utf8(&mut raw).as_bytes();
    match letter {
        '%' if bytes.starts_with(b"%25") => Some(3),
        ' ' if bytes.starts_with(b"+") => Some(1),
        _ => bytes.starts_with(raw).then_some(raw.len()),
    }
}

/// What is escaped at the beginning, and how many bytes that takes.
fn escape(bytes: &[u8]) -> Option<(usize, char)> {
    let slashes = slashes(bytes);
    if slashes > 0 {
        let (length, code) = unit(&bytes[slashes..])?;
        let length = slashes + length;
        if let Some(letter) = char::from_u32(code.into()) {
            return Some((length, letter));
        }
        // The first half of a pair.
        let more = self::slashes(&bytes[length..]);
        let (second, low) = unit(&bytes[length + more..]).filter(|_| more > 0)?;
        let letter = char::decode_utf16([code, low]).next()?.ok()?;
        return Some((length + more + second, letter));
    }
    let (mut length, first) = percent(bytes)?;
    let mut raw = vec![first];
    for _ in 1..usize::try_from(first.leading_ones()).unwrap_or(0).min(4) {
        let (more, byte) = percent(&bytes[length..])?;
        length += more;
        raw.push(byte);
    }
    Some((length, std::str::from_utf8(&raw).ok()?.chars().next()?))
}

/// How many bytes at the beginning spell backslashes, as they are or in a URL.
fn slashes(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += match (bytes.get(at), percent(&bytes[at..])) {
            (Some(b'\\'), _) => 1,
            (_, Some((length, b'\\'))) => length,
            _ => return at,
        };
    }
}

/// `uXXXX`, as it follows a backslash in JSON.
fn unit(bytes: &[u8]) -> Option<(usize, u16)> {
    let digits = bytes.strip_prefix(b"u")?.get(..4)?;
    let code = digits
        .iter()
        .try_fold(0, |code, digit| Some(code * 16 + hex(*digit)?))?;
    Some((5, code))
}

/// `%XX`; in a URL within a URL, `%25XX`.
fn percent(bytes: &[u8]) -> Option<(usize, u8)> {
    let mut rest = bytes.strip_prefix(b"%")?;
    while let [b'2', b'5', first, second, ..] = rest
        && hex(*first).is_some()
        && hex(*second).is_some()
    {
        rest = &rest[2..];
    }
    let [first, second, ..] = rest else {
        return None;
    };
    let byte = u8::try_from(hex(*first)? * 16 + hex(*second)?).ok()?;
    Some((bytes.len() - rest.len() + 2, byte))
}

fn hex(digit: u8) -> Option<u16> {
    let digit = char::from(digit).to_digit(16)?;
    u16::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str, secret: &str) -> String {
        match hide(text.as_bytes(), secret) {
            Some(bytes) => String::from_utf8(bytes).expect("text"),
            None => text.to_owned(),
        }
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
        ] {
            let text = format!("é {spelling}, {spelling}!");
            assert_eq!(hidden(&text, secret), "é (masked), (masked)!", "{spelling}");
        }
    }

    #[test]
    fn what_is_hidden_in_json_leaves_json() {
        for (json, secret) in [
            (r#"{"a":"x \"quoted\" y","b":1}"#, r#""quoted""#),
            (r#"{"a":"C:\\pt-made-up\\x"}"#, "pt-made-up"),
            (r#"{"a":"\npt-made-up\n"}"#, "pt-made-up"),
            (r#"{"a":"pt-made-up\\"}"#, "pt-made-up\\"),
        ] {
            let left = hidden(json, secret);
            assert!(left.contains(MASK), "{left}");
            serde_json::from_str::<serde_json::Value>(&left).expect(&left);
        }
    }

    #[test]
    fn what_looks_like_an_escape_may_be_the_secret() {
        for (secret, spelling) in [
            (r"pt-made\up", r"pt-made\up"),
            (r"pt-made\up", r"pt-made\\up"),
            ("ab%5Cdefg", "ab%5Cdefg"),
            ("ab%5Cdefg", "ab%255Cdefg"),
            ("pt-\u{1f600}abc", r"pt-\ud83d\ude00abc"),
            (" pt-made up", "pt-made+up"),
        ] {
            let text = format!("<{spelling}>");
            assert_eq!(hidden(&text, secret), "<(masked)>", "{spelling}");
        }
    }

    #[test]
    fn a_long_row_of_backslashes_is_passed_over_at_once() {
        for spelling in ["\\", "%5C", "%255C", r"\u005c"] {
            let text = spelling.repeat(300_000);
            assert_eq!(hide(text.as_bytes(), "pt-made-up"), None, "{spelling}");
            let text = format!("p{text}").repeat(3);
            assert_eq!(hide(text.as_bytes(), "pt-made-up"), None, "{spelling}");
        }
    }

    #[test]
    fn nothing_else_is_hidden() {
        for text in [
            "",
            "pt-made",
            r"pt-made-u\u0071",
            "pt%2Dmade%2Dux",
            "\\",
            "%",
        ] {
            assert_eq!(hidden(text, "pt-made-up"), text);
        }
        assert_eq!(hidden("any text", ""), "any text");
        assert_eq!(hidden(r"a\\b", r"\\"), "a(masked)b");
        // Too little is left of it without backslashes; and a digit of an escape is no letter.
        let status = r#"{"status":"Success","x":"\n"}"#;
        assert_eq!(hidden(status, r"\\\\\\s"), status);
        assert_eq!(hidden(r"\u00e9abcd99", "e9abcde"), r"\u00e9abcd99");
    }
}
