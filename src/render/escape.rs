//! Text from elsewhere in a document with markup.

use std::fmt;

/// Text in an attribute or between tags, for XML 1.0 and HTML: markup is escaped, and characters that XML
/// cannot hold in any form are left out.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = 0;
        for (at, character) in self.0.char_indices() {
            let instead = match character {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\t' => "&#9;",
                '\n' => "&#10;",
                '\r' => "&#13;",
                '\u{fffe}' | '\u{ffff}' => "",
                _ if character.is_control() => "",
                _ => continue,
            };
            f.write_str(&self.0[written..at])?;
            f.write_str(instead)?;
            written = at + character.len_utf8();
        }
        f.write_str(&self.0[written..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_holds_nothing_that_xml_cannot() {
        for (text, xml) in [
            ("<a b=\"c\">&]]>'", "&lt;a b=&quot;c&quot;&gt;&amp;]]&gt;'"),
            ("a\tb\nc\rd", "a&#9;b&#10;c&#13;d"),
            (
                "\u{0}\u{8}\u{1b}\u{7f}\u{85}\u{fffe}\u{ffff}\u{fffd}",
                "\u{fffd}",
            ),
            ("部署\u{10ffff}", "部署\u{10ffff}"),
        ] {
            assert_eq!(Escaped(text).to_string(), xml);
        }
    }
}
