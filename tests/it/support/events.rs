//! The event stream, read back.

use serde_json::Value;

/// Each line, read as JSON.
#[track_caller]
pub(crate) fn events(text: &str) -> Vec<Value> {
    let read = |line| serde_json::from_str(line).map_err(|error| format!("{error}: {line}"));
    let events: Result<Vec<_>, _> = text.lines().map(read).collect();
    events.unwrap_or_else(|error| panic!("a line is no event: {error}\n--- in\n{text}"))
}

/// Those of the events that have this name.
pub(crate) fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|event| event["event"] == name)
        .collect()
}

/// The last event of the stream, which is `finished`; no other one is.
#[track_caller]
pub(crate) fn finished(text: &str) -> Value {
    let mut events = events(text);
    let places: Vec<_> = (0..events.len())
        .filter(|&n| events[n]["event"] == "finished")
        .collect();
    assert_eq!(
        places,
        [events.len().wrapping_sub(1)],
        "where `finished` is in\n{text}"
    );
    events.pop().unwrap()
}

/// The names of an object's fields, in the order of the alphabet.
#[track_caller]
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}
