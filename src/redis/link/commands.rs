//! Commands as they are sent.

#![forbid(unsafe_code)]

/// Some that are sent together, one at least.
pub(crate) struct Commands {
    pub(super) bytes: Vec<u8>,
    pub(super) count: usize,
}

impl Commands {
    /// The first one, of these parts: its name, and what it is given.
    pub(crate) fn new(parts: &[&[u8]]) -> Self {
        let mut commands = Self { bytes: Vec::new(), count: 0 };
        commands.add(parts);
        commands
    }

    /// One more.
    pub(crate) fn add(&mut self, parts: &[&[u8]]) {
        write(&mut self.bytes, parts, &[]);
        self.count += 1;
    }
}

/// A command of these parts: a list of texts, each behind its length.
pub(super) fn write(bytes: &mut Vec<u8>, head: &[&[u8]], rest: &[&[u8]]) {
    let parts = || head.iter().chain(rest);
    // With more than the digits of their lengths take.
    bytes.reserve(parts().map(|part| part.len() + 16).sum());
    write_length(bytes, b'*', head.len() + rest.len());
    for part in parts() {
        write_length(bytes, b'$', part.len());
        bytes.extend_from_slice(part);
        bytes.extend_from_slice(b"\r\n");
    }
}

/// The head of a list of so many, or of a text of so many bytes.
fn write_length(bytes: &mut Vec<u8>, kind: u8, mut length: usize) {
    // The digits of the largest number there is.
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b"0123456789"[length % 10];
        length /= 10;
        if length == 0 {
            break;
        }
    }
    bytes.push(kind);
    bytes.extend_from_slice(&digits[first..]);
    bytes.extend_from_slice(b"\r\n");
}
