//! Hides a secret wherever it stands, however it is spelled: an answer may say it in JSON, in JSON
//! within JSON, or in a URL.

use memchr::{memchr2, memchr3_iter, memmem};

/// What stands in the place of a secret.
pub(crate) const MASK: &str = "(masked)";

/// `bytes` with [`MASK`] in the place of `secret`; none where it does not stand there.
pub(crate) fn hide(bytes: &[u8], secret: &str) -> Option<Vec<u8>> {
    if secret.is_empty() {
        return None;
    }
    // As a rule nothing is spelled in another way, and an answer may be large.
    let plain = memchr2(b'\\', b'%', bytes).is_none() && !secret.contains([' ', '\\']);
    // How often a backslash is doubled depends on how deep it stands, so none counts.
    let letters: String = if plain {
        String::new()
    } else {
        secret.chars().filter(|letter| *letter != '\\').collect()
    };
    let find = |rest: &[u8]| match letters.as_bytes().first() {
        Some(&first) => find(rest, &letters, first),
        None => memmem::find(rest, secret.as_bytes()).map(|at| (at, secret.len())),
    };
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

/// Where the letters, of which one is the first, stand in any spelling, and how long they are there.
fn find(bytes: &[u8], letters: &str, first: u8) -> Option<(usize, usize)> {
    // Of a row of backslashes the first one stands for all.
    let in_row = |at: usize| bytes[at] == b'\\' && at > 0 && bytes[at - 1] == b'\\';
    let begins = memchr3_iter(first, b'\\', b'%', bytes).filter(|at| !in_row(*at));
    let mut places = begins.map(|at| (at, spelled(&bytes[at..], letters)));
    places.find_map(|(at, length)| Some((at, length?)))
}

/// How many bytes the letters take at the beginning of `bytes`, where they stand there.
fn spelled(bytes: &[u8], letters: &str) -> Option<usize> {
    let mut at = 0;
    for letter in letters.chars() {
        loop {
            let (length, found) = character(&bytes[at..], letter)?;
            at += length;
            if found {
                break;
            }
        }
    }
    Some(at)
}

/// How many bytes at the beginning spell `letter`, or a backslash, which is not one.
fn character(bytes: &[u8], letter: char) -> Option<(usize, bool)> {
    let slashes = bytes.iter().take_while(|byte| **byte == b'\\').count();
    let rest = &bytes[slashes..];
    let escaped = match rest {
        [b'u', ..] if slashes > 0 => hex(rest.get(1..5)?).map(|code| (slashes + 5, code)),
        [b'%', ..] => percent(rest, letter).map(|(length, code)| (slashes + length, code)),
        _ => None,
    };
    if let Some((length, code)) = escaped {
        if code == u32::from(letter) {
            return Some((length, true));
        }
        if code == u32::from('\\') {
            return Some((length, false));
        }
    }
    let mut raw = [0; 4];
    let raw = letter.encode_utf8(&mut raw).as_bytes();
    if rest.starts_with(raw) {
        return Some((slashes + raw.len(), true));
    }
    let space = letter == ' ' && rest.first() == Some(&b'+');
    space.then_some((slashes + 1, true))
}

/// What is percent-encoded at the beginning: `letter`, however many bytes it has, or one byte.
fn percent(bytes: &[u8], letter: char) -> Option<(usize, u32)> {
    let mut raw = [0; 4];
    let raw = letter.encode_utf8(&mut raw).as_bytes();
    let byte = |triple: &[u8]| match triple {
        [b'%', digits @ ..] => hex(digits),
        _ => None,
    };
    let whole = bytes.get(..3 * raw.len());
    let is_letter = whole.is_some_and(|whole| {
        let mut pairs = whole.chunks(3).zip(raw);
        pairs.all(|(triple, wanted)| byte(triple) == Some(u32::from(*wanted)))
    });
    if is_letter {
        return Some((3 * raw.len(), u32::from(letter)));
    }
    Some((3, byte(bytes.get(..3)?)?))
}

/// The number that hexadecimal digits write.
fn hex(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    u32::from_str_radix(digits, 16).ok()
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
    fn a_long_row_of_backslashes_is_passed_over_at_once() {
        let text = "\\".repeat(3_000_000);
        assert_eq!(hide(text.as_bytes(), "pt-made-up"), None);
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
    }
}
