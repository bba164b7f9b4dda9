//! The body of an answer: received, unpacked, and compared with the last one.

use std::error::Error;
use std::io::Write as _;

use flate2::write::MultiGzDecoder;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::Answer;

/// How much of a packed body is unpacked at once, in bytes: at most a thousand times as many come of it.
const PIECE: usize = 16 << 10;

/// The body of an answer, kept from poll to poll: an answer that repeats the last one is known by
/// its bytes and need not be parsed again, and the memory is there already.
#[derive(Default)]
pub(crate) struct Body {
    pub(super) bytes: Vec<u8>,
    /// Whether the bytes are an answer that was read to its end and understood.
    pub(super) understood: bool,
    /// The body of the last answer that was not a success.
    pub(super) aside: Vec<u8>,
}

/// A body that is being received. It is compared while it comes: as long as the bytes are those of
/// the last answer they are in place already, and a second buffer is not needed.
pub(super) struct Receipt<'a> {
    bytes: &'a mut Vec<u8>,
    understood: &'a mut bool,
    same: bool,
    end: usize,
    length: usize,
    largest: usize,
}

impl Receipt<'_> {
    /// Takes the next bytes; false where that makes too many of them.
    pub(super) fn take(&mut self, chunk: &[u8]) -> bool {
        let end = self.end + chunk.len();
        if end > self.largest {
            *self.bytes = Vec::new();
            return false;
        }
        self.same = self.same && self.bytes.get(self.end..end) == Some(chunk);
        if !self.same {
            self.bytes.truncate(self.end);
            if self.end == 0 {
                self.bytes.reserve(self.length.min(self.largest));
            }
            self.bytes.extend_from_slice(chunk);
        }
        self.end = end;
        true
    }

    /// Says whether all of it was the last answer that was understood.
    pub(super) fn end(self) -> bool {
        let same = self.same && self.end == self.bytes.len();
        self.bytes.truncate(self.end);
        *self.understood = same;
        same
    }
}

impl Body {
    /// The body of an answer that has just come.
    pub(super) fn of(&self, answer: &Answer) -> &[u8] {
        if answer.is_success() {
            &self.bytes
        } else {
            &self.aside
        }
    }

    /// The bytes of the last answer.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Says that the bytes made sense, so that the same bytes again mean the same.
    pub(crate) fn understand(&mut self) {
        self.understood = true;
    }

    /// Begins to receive an answer of about `length` bytes and `largest` at most.
    pub(super) fn receive(&mut self, length: usize, largest: usize) -> Receipt<'_> {
        let same = std::mem::take(&mut self.understood);
        Receipt {
            bytes: &mut self.bytes,
            understood: &mut self.understood,
            same,
            end: 0,
            length,
            largest,
        }
    }
}

/// Hands the bytes of a body to `take` as they come, unpacked where it is `packed`, to its end or until
/// that wants no more; says whether it came to the end.
///
/// # Errors
/// Where the body breaks off or cannot be unpacked.
pub(super) async fn read(
    mut body: Incoming,
    packed: bool,
    mut take: impl FnMut(&[u8]) -> bool,
) -> Result<bool, Box<dyn Error>> {
    let mut unpacker = packed.then(|| MultiGzDecoder::new(Vec::new()));
    let mut is_empty = true;
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame?.into_data() else {
            continue;
        };
        is_empty &= bytes.is_empty();
        let Some(unpacker) = &mut unpacker else {
            if !take(&bytes) {
                return Ok(false);
            }
            continue;
        };
        for piece in bytes.chunks(PIECE) {
            unpacker.write_all(piece)?;
            if !take(unpacker.get_ref()) {
                return Ok(false);
            }
            unpacker.get_mut().clear();
        }
    }
    match unpacker {
        // Nothing is nothing, whatever it is said to be packed with.
        Some(mut unpacker) if !is_empty => {
            unpacker.try_finish()?;
            Ok(take(unpacker.get_ref()))
        }
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &mut Body, bytes: &[u8]) -> bool {
        let mut receipt = body.receive(bytes.len(), 100);
        for chunk in bytes.chunks(2) {
            assert!(receipt.take(chunk));
        }
        let same = receipt.end();
        assert_eq!(body.bytes(), bytes);
        same
    }

    #[test]
    fn the_same_bytes_are_the_same_only_once_understood() {
        let mut body = Body::default();
        assert!(!read(&mut body, b"one"));
        assert!(!read(&mut body, b"one"), "it was never understood");
        body.understand();
        assert!(read(&mut body, b"one"));
        assert!(read(&mut body, b"one"));
        assert!(!read(&mut body, b"on"), "a prefix is another answer");
        body.understand();
        assert!(!read(&mut body, b"one"), "and so is a longer one");
        body.understand();
        assert!(!read(&mut body, b"two"));
    }

    #[test]
    fn a_broken_answer_is_not_compared_with() {
        let mut body = Body::default();
        read(&mut body, b"one two");
        body.understand();
        assert!(body.receive(7, 100).take(b"one"));
        assert!(!read(&mut body, b"one two"));
    }

    #[test]
    fn an_answer_has_a_largest_size() {
        let mut body = Body::default();
        let mut receipt = body.receive(0, 100);
        assert!(receipt.take(&[b'x'; 60]));
        assert!(!receipt.take(&[b'x'; 60]));
        assert_eq!(body.bytes.capacity(), 0, "and its memory is given back");
    }
}
