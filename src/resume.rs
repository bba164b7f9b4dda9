//! The command that takes a watch up again, as a line for a shell.

/// Options that find a deployment, and whether a value follows. Once it is found it is named instead.
const DROPPED: [(&str, bool); 3] = [("--fresh", false), ("--run", true), ("--job", true)];

/// The line that watches again what `arguments` (without the program's name) watched; `pin` is the
/// option that names the very deployment where the arguments do not; it is empty where none is
/// needed.
pub(crate) fn command(arguments: &[String], pin: Option<&str>) -> String {
    let mut line = String::from("deploywatch");
    let mut arguments = arguments.iter();
    while let Some(word) = arguments.next() {
        if word == "--once" {
            continue;
        }
        let name = word.split('=').next().unwrap_or_default();
        let dropped = DROPPED.iter().find(|(dropped, _)| *dropped == name);
        if let (Some(_), Some((_, has_value))) = (pin, dropped) {
            if *has_value && !word.contains('=') {
                arguments.next();
            }
            continue;
        }
        line.push(' ');
        line.push_str(&quote(word));
    }
    if let Some(pin) = pin.filter(|pin| !pin.is_empty()) {
        line.push(' ');
        line.push_str(pin);
    }
    line
}

/// A word as a shell takes it back.
pub(crate) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_pasted_into_a_shell() {
        for (arguments, pin, line) in [
            (
                "yunxiao|--once|--stall-timeout|1h 30m",
                None,
                "deploywatch yunxiao --stall-timeout '1h 30m'",
            ),
            (
                "yunxiao|--fresh|--run|7|--job=deploy it|-v|--pipeline|1",
                Some("--order 2"),
                "deploywatch yunxiao -v --pipeline 1 --order 2",
            ),
            (
                "yunxiao|--fresh|--job|it's",
                None,
                r"deploywatch yunxiao --fresh --job 'it'\''s'",
            ),
            ("fsd|--key|", None, "deploywatch fsd --key ''"),
            ("fsd|--fresh|-v", Some(""), "deploywatch fsd -v"),
        ] {
            let words: Vec<_> = arguments.split('|').map(str::to_owned).collect();
            assert_eq!(command(&words, pin), line);
        }
    }
}
