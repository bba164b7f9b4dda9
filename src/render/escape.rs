//! Text from elsewhere in a document with markup.

/// Text in an attribute or between tags, for XML 1.0 and HTML: markup is escaped, and characters that XML
/// cannot hold in any form are left out.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\t' => escaped += "&#9;",
            '\n' => escaped += "&#10;",
            '\r' => escaped += "&#13;",
            '\u{fffe}' | '\u{ffff}' => {}
            _ if character.is_control() => {}
            _ => escaped.push(character),
        }
    }
    escaped
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
            assert_eq!(escaped(text), xml);
        }
    }
}
