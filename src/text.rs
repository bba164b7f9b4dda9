//! Remote text made printable, and human figures.

use std::borrow::Cow;
use std::iter::Peekable;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use console::{measure_text_width, truncate_str};

/// Columns a name or an id may take.
pub(crate) const NAME: usize = 200;
/// Columns a message, a reason or a log line may take.
pub(crate) const MESSAGE: usize = 1000;
/// The most lines of a log, whatever is asked for.
const LOG_LINES: usize = 10_000;
/// The most bytes of these lines.
const LOG_BYTES: usize = 1 << 20;

/// Zero-width characters in a row that are text (accents); more is an attack on the eye and on memory.
const MARKS: usize = 4;

/// A remote message as one printable line.
pub(crate) fn message(raw: &str) -> Cow<'_, str> {
    clean(raw, MESSAGE)
}

/// A remote name or id as one printable line.
pub(crate) fn name(raw: &str) -> Cow<'_, str> {
    clean(raw, NAME)
}

/// A path as one printable line.
pub(crate) fn path(path: &Path) -> String {
    name(&path.display().to_string()).into_owned()
}

/// Text as one printable line of at most `columns` columns.
pub(crate) fn clean(raw: &str, columns: usize) -> Cow<'_, str> {
    truncate(printable(raw), columns)
}

/// Text as one printable line.
///
/// Escape sequences, control characters, bidirectional overrides and invisible characters go, white space
/// becomes one blank, and the marks by which a CI system takes a line for a command (`##[`, `##vso[`,
/// `##teamcity[`) are broken. Called where wire becomes model, so that everything behind may print what it has.
pub(crate) fn printable(raw: &str) -> Cow<'_, str> {
    if is_clean(raw) {
        return Cow::Borrowed(raw);
    }
    let mut line = String::with_capacity(raw.len());
    let mut marks = 0;
    let mut blank = false;
    for (character, ()) in visible(raw.chars().map(|character| (character, ()))) {
        if character.is_whitespace() {
            blank = !line.is_empty();
            continue;
        }
        let is_mark = columns_of(character) == 0;
        marks = if is_mark { marks + 1 } else { 0 };
        if marks > MARKS || (is_mark && line.is_empty()) {
            continue;
        }
        if std::mem::take(&mut blank) {
            line.push(' ');
        }
        if character == '[' && is_command_mark(&line) {
            line.push(' ');
        }
        line.push(character);
    }
    Cow::Owned(line)
}

/// Whether a CI system would take a bracket behind `line` for a command: `##`, perhaps with a word.
fn is_command_mark(line: &str) -> bool {
    let word = |c: char| c.is_ascii_alphabetic();
    line.trim_end_matches(word).ends_with("##")
}

/// A printable line cut at its end to `columns` columns.
pub(crate) fn truncate(line: Cow<'_, str>, columns: usize) -> Cow<'_, str> {
    // Most are short, and need not be measured.
    if line.len() <= columns || measure_text_width(&line) <= columns {
        return line;
    }
    let begin = truncate_str(&line, columns.saturating_sub(1), "");
    format!("{}…", begin.trim_end()).into()
}

/// The last `lines` lines of a log, [`LOG_LINES`] and [`LOG_BYTES`] at most, each made printable by
/// `printable`. The end is what holds the error, so that a line that is too long loses its beginning.
pub(crate) fn tail(log: &str, lines: usize, printable: impl Fn(&str) -> String) -> Vec<String> {
    let mut bytes = 0;
    let mut last: Vec<String> = log
        .rsplit('\n')
        .map(|line| {
            // Carriage returns write over it, as progress bars do.
            let line = line.trim_end_matches('\r');
            let line = line.rsplit('\r').next().unwrap_or(line);
            // What is far beyond the width is not worth cleaning.
            let start = line.len().saturating_sub(MESSAGE * 8);
            let start = (start..line.len()).find(|&at| line.is_char_boundary(at));
            truncate_start(printable(&line[start.unwrap_or(0)..]))
        })
        .filter(|line| !line.is_empty())
        .take(lines.min(LOG_LINES))
        .take_while(|line| {
            bytes += line.len();
            bytes <= LOG_BYTES
        })
        .collect();
    last.reverse();
    last
}

/// A printable line cut at its beginning to the columns of a message.
fn truncate_start(line: String) -> String {
    if measure_text_width(&line) <= MESSAGE {
        return line;
    }
    // The first column is the mark's.
    let mut width = 1;
    let cut = line.char_indices().rfind(|&(_, character)| {
        width += columns_of(character);
        width > MESSAGE
    });
    let start = cut.map_or(0, |(at, character)| at + character.len_utf8());
    format!("…{}", &line[start..])
}

/// Whether `raw` can be shown as it is. Most names can, and are not copied.
fn is_clean(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    bytes.iter().all(|byte| (0x20..0x7f).contains(byte))
        && !bytes.starts_with(b" ")
        && !bytes.ends_with(b" ")
        && !raw.contains("  ")
        && !raw.contains("##")
}

/// The characters that may be printed: no escape sequence, no control character but white space, nothing that
/// turns the direction of the text or hides. Each goes with what came with it.
pub(crate) fn visible<S>(
    characters: impl Iterator<Item = (char, S)>,
) -> impl Iterator<Item = (char, S)> {
    let mut rest = characters.peekable();
    std::iter::from_fn(move || {
        loop {
            let (character, place) = rest.next()?;
            match character {
                '\u{1b}' => skip_escape(&mut rest),
                // The C1 control sequence introducer and string openers, as one character.
                '\u{9b}' => skip_sequence(&mut rest, '\u{20}'..='\u{3f}', '\u{40}'..='\u{7e}'),
                '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut rest),
                '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' => return Some((' ', place)),
                _ if character.is_control() || is_hidden(character) => {}
                _ => return Some((character, place)),
            }
        }
    })
}

fn skip_escape<S>(rest: &mut Peekable<impl Iterator<Item = (char, S)>>) {
    match rest.next_if(|(character, _)| "[]PX^_".contains(*character)) {
        Some(('[', _)) => skip_sequence(rest, '\u{20}'..='\u{3f}', '\u{40}'..='\u{7e}'),
        Some(_) => skip_string(rest),
        None => skip_sequence(rest, '\u{20}'..='\u{2f}', '\u{30}'..='\u{7e}'),
    }
}

/// Parameters, then one final character. What does not fit that form ends it and is kept.
fn skip_sequence<S>(
    rest: &mut Peekable<impl Iterator<Item = (char, S)>>,
    parameters: RangeInclusive<char>,
    end: RangeInclusive<char>,
) {
    while rest.next_if(|(c, _)| parameters.contains(c)).is_some() {}
    rest.next_if(|(c, _)| end.contains(c));
}

/// Up to the string terminator, a bell or the end of the line; the introducer alone must not eat a whole log.
fn skip_string<S>(rest: &mut Peekable<impl Iterator<Item = (char, S)>>) {
    let goes_on = |(c, _): &_| !matches!(c, '\n' | '\u{7}' | '\u{9c}' | '\u{1b}');
    while rest.next_if(goes_on).is_some() {}
    if let Some(('\u{1b}', _)) = rest.next_if(|(c, _)| *c != '\n') {
        rest.next_if(|(c, _)| *c == '\\');
    }
}

/// Characters that are invisible, turn the direction of what follows, or join others into one of
/// which terminals do not agree how wide it is: a row that is wider than it was measured breaks.
pub(crate) fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{1f3fb}'..='\u{1f3ff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The columns a character takes on a terminal.
fn columns_of(character: char) -> usize {
    measure_text_width(character.encode_utf8(&mut [0; 4]))
}

/// A duration for people: `850ms`, `4s`, `3m 05s`, `2h 07m`, `4d 03h`.
pub(crate) fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 if span.is_zero() => "0s".into(),
        0 => format!("{}ms", span.as_millis()),
        1..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..86400 => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86400, seconds / 3600 % 24),
    }
}

/// A duration that still grows, in a picture that is drawn once a second: none before the first one is over.
pub(crate) fn growing(span: Duration) -> Option<String> {
    (span >= Duration::from_secs(1)).then(|| duration(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_made_printable() {
        for (raw, printable) in [
            ("plain text", "plain text"),
            ("  a \t b\r\nc  ", "a b c"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://example.com\u{1b}\\link", "link"),
            ("\u{1b}(Bx\u{1b}7y", "xy"),
            ("\u{9b}31mred", "red"),
            ("\u{1b}]never ended\nnext line", "next line"),
            ("a\u{0}b\u{7f}c\u{8}", "abc"),
            ("\u{202e}txt.exe\u{202c}", "txt.exe"),
            ("\u{2066}a\u{2069}\u{200b}b\u{feff}", "ab"),
            ("##[error]no", "## [error]no"),
            ("x ##vso[task]", "x ##vso [task]"),
            ("##teamcity[a", "##teamcity [a"),
            ("\u{fff0}a\u{fff8}\u{1bca0}\u{1d173}b\u{1d17a}", "ab"),
            ("#\u{200b}#[error]", "## [error]"),
            ("主机部署", "主机部署"),
            ("e\u{301}", "e\u{301}"),
            ("\u{301}\u{301}a", "a"),
            ("", ""),
        ] {
            assert_eq!(clean(raw, 100), printable, "{raw:?}");
        }
    }

    #[test]
    fn a_run_of_marks_is_cut() {
        let raw = format!("a{}b", "\u{301}".repeat(10_000));
        assert_eq!(clean(&raw, 100), "a\u{301}\u{301}\u{301}\u{301}b");
    }

    #[test]
    fn text_is_cut_by_display_width() {
        assert_eq!(clean("abcdefghij", 10), "abcdefghij");
        assert_eq!(clean("abcdefghijk", 10), "abcdefghi…");
        assert_eq!(clean("部署部署部署", 8), "部署部…");
    }

    #[test]
    fn the_tail_of_a_log_keeps_its_end() {
        let owned = |line: &str| printable(line).into_owned();
        let log = "one\ntwo \u{1b}[31mred\u{1b}[0m\r\n\n  three\n\n";
        assert_eq!(tail(log, 2, owned), ["two red", "three"]);
        assert_eq!(tail(log, 20, owned), ["one", "two red", "three"]);
        assert!(tail("", 20, owned).is_empty() && tail("a", 0, owned).is_empty());
        let over = "error\n 1%\r 99%\r100%\r\n\rlast\r\r\n";
        assert_eq!(tail(over, 20, owned), ["error", "100%", "last"]);
        let many = "line\n".repeat(2 * LOG_LINES);
        assert_eq!(tail(&many, usize::MAX, owned).len(), LOG_LINES);
        let large = format!("{}\n", "x".repeat(MESSAGE)).repeat(2 * LOG_BYTES / MESSAGE);
        let bytes = tail(&large, usize::MAX, owned).concat().len();
        assert!(
            (LOG_BYTES - MESSAGE..=LOG_BYTES).contains(&bytes),
            "{bytes}"
        );
        let long = format!("{}the error", "部署".repeat(100_000));
        let line = &tail(&long, 1, owned)[0];
        assert!(
            line.starts_with('…') && line.ends_with("部署the error"),
            "{line}"
        );
        assert!(measure_text_width(line) <= MESSAGE);
    }

    #[test]
    fn durations_read_well() {
        for (milliseconds, words) in [
            (0, "0s"),
            (850, "850ms"),
            (4_999, "4s"),
            (185_000, "3m 05s"),
            (7_620_000, "2h 07m"),
            (356_400_000, "4d 03h"),
        ] {
            assert_eq!(duration(Duration::from_millis(milliseconds)), words);
        }
    }
}
