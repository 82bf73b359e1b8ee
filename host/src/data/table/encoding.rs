//! Reads text of any usual encoding as UTF-8: byte order marks are dropped, and UTF-16 is converted.

use std::io::{self, BufRead, ErrorKind, Read};

/// How characters are stored, as far as a file's first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 { little: bool },
}

/// Returns the encoding of text that begins with `start`, and the length of its mark.
fn detect(start: &[u8]) -> (Encoding, usize) {
    match start {
        [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
        [0xff, 0xfe, ..] => (Encoding::Utf16 { little: true }, 2),
        [0xfe, 0xff, ..] => (Encoding::Utf16 { little: false }, 2),
        // Tables begin with an ASCII character, whose other byte is 0.
        [1..=255, 0, ..] => (Encoding::Utf16 { little: true }, 0),
        [0, 1..=255, ..] => (Encoding::Utf16 { little: false }, 0),
        _ => (Encoding::Utf8, 0),
    }
}

/// Reads `R` as UTF-8. Bytes that aren't UTF-8 pass as they are, for the reader to refuse with their line.
pub struct Utf8<R> {
    inner: R,
    encoding: Option<Encoding>,
    /// Converted bytes that weren't read yet.
    ready: Vec<u8>,
    taken: usize,
    /// The first half of a surrogate pair.
    high: Option<u16>,
}

impl<R: BufRead> Utf8<R> {
    /// Starts reading `inner`, whose first bytes tell its encoding.
    pub fn new(inner: R) -> Self {
        Self { inner, encoding: None, ready: Vec::new(), taken: 0, high: None }
    }

    /// Returns the encoding; the first call reads the first bytes, and keeps those that are no mark.
    fn encoding(&mut self) -> io::Result<Encoding> {
        if let Some(encoding) = self.encoding {
            return Ok(encoding);
        }
        let mut start = Vec::new();
        while start.len() < 3 && !start.contains(&b'\n') {
            let mut byte = [0];
            match self.inner.read(&mut byte) {
                Ok(0) => break,
                Ok(_) => start.push(byte[0]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let (encoding, mark) = detect(&start);
        match encoding {
            Encoding::Utf8 => self.ready.extend(&start[mark..]),
            Encoding::Utf16 { little } => {
                // An odd byte is the first half of a unit.
                let mut rest = start[mark..].to_vec();
                if rest.len() % 2 == 1 {
                    let mut byte = [0];
                    self.inner.read_exact(&mut byte)?;
                    rest.extend(byte);
                }
                rest.chunks_exact(2).for_each(|pair| self.push(unit(pair[0], pair[1], little)));
            }
        }
        self.encoding = Some(encoding);
        Ok(encoding)
    }

    /// Appends a UTF-16 unit as UTF-8; what is no character becomes U+FFFD.
    fn push(&mut self, unit: u16) {
        let high = self.high.take();
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        let units: Vec<u16> = high.into_iter().chain([unit]).collect();
        for character in char::decode_utf16(units) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.ready.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// Converts what the inner reader has available; returns false at its end.
    fn convert(&mut self, little: bool) -> io::Result<bool> {
        let available = self.inner.fill_buf()?;
        let whole = available.len() / 2 * 2;
        if whole == 0 {
            let Some(&first) = available.first() else { return Ok(false) };
            self.inner.consume(1);
            let mut second = [0];
            self.inner.read_exact(&mut second)?;
            self.push(unit(first, second[0], little));
            return Ok(true);
        }
        let units: Vec<u16> =
            available[..whole].chunks_exact(2).map(|pair| unit(pair[0], pair[1], little)).collect();
        self.inner.consume(whole);
        units.into_iter().for_each(|unit| self.push(unit));
        Ok(true)
    }
}

fn unit(first: u8, second: u8, little: bool) -> u16 {
    if little { u16::from_le_bytes([first, second]) } else { u16::from_be_bytes([first, second]) }
}

impl<R: BufRead> Read for Utf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let encoding = self.encoding()?;
        loop {
            let left = &self.ready[self.taken..];
            if !left.is_empty() {
                let count = left.len().min(buffer.len());
                buffer[..count].copy_from_slice(&left[..count]);
                self.taken += count;
                return Ok(count);
            }
            self.ready.clear();
            self.taken = 0;
            match encoding {
                Encoding::Utf8 => return self.inner.read(buffer),
                Encoding::Utf16 { little } => {
                    if !self.convert(little)? {
                        return Ok(0);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> String {
        let mut text = String::new();
        Utf8::new(bytes).read_to_string(&mut text).expect("text");
        text
    }

    #[test]
    fn marks_are_dropped_and_utf16_is_converted() {
        let text = "a,ü,𝄞\n1,2,3\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes) in [
            (&b""[..], text.as_bytes()),
            (b"\xef\xbb\xbf", text.as_bytes()),
            (b"\xff\xfe", &little),
            (b"\xfe\xff", &big),
            (b"", &little),
            (b"", &big),
        ] {
            assert_eq!(read(&[mark, bytes].concat()), text);
        }
        assert_eq!(
            (read(b""), read(b"\xef\xbb\xbf"), read(b"7")),
            (String::new(), String::new(), "7".into())
        );
    }
}
