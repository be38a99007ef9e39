//! Replies out of the bytes of a connection.
//!
//! Of RESP2, which is what a server speaks to who has not asked for another version
//! (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).

#![forbid(unsafe_code)]

use redis::{ErrorKind, RedisError, RedisResult, Value, parse_redis_value};

/// How much is read at once; more where a reply is longer, and given back after it.
const ROOM: usize = 16 * 1024;
/// With less room than this nothing is read: each time is a call to the system.
const LEAST: usize = ROOM / 4;
/// A reply is no longer than what a server takes for one value, with room for its other values. A longer one is none.
const LONGEST: usize = 1024 * 1024 * 1024;
/// Nor is a line, which a status, a number or an error is.
const LONGEST_LINE: usize = 64 * 1024;
/// How many values a reply has at most, however short they are: each takes some fifty bytes here.
const MOST: usize = 4 * 1024 * 1024;
/// How deep lists are in lists.
const DEEPEST: usize = 16;

/// The end of a line.
const END: &[u8] = b"\r\n";

/// What was read and is not taken yet.
pub(super) struct Replies {
    bytes: Vec<u8>,
    /// The reply that is not whole begins here.
    start: usize,
    /// As far as it was looked at: no byte is looked at twice but those of a value that is not whole.
    seen: usize,
    /// As far as was read.
    end: usize,
    /// How many values it has, as far as it was looked at, and how many of them it still lacks.
    values: usize,
    open: usize,
}

impl Replies {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; ROOM], start: 0, seen: 0, end: 0, values: 1, open: 1 }
    }

    /// Where the next bytes go: [`LEAST`] or more.
    ///
    /// # Errors
    /// When a reply is longer than any.
    pub(super) fn room(&mut self) -> RedisResult<&mut [u8]> {
        if self.start == self.end {
            (self.start, self.seen, self.end) = (0, 0, 0);
            if self.bytes.len() > ROOM {
                self.bytes = vec![0; ROOM];
            }
        }
        if self.bytes.len() - self.end < LEAST {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.seen, self.end) = (self.seen - self.start, self.end - self.start);
            self.start = 0;
            // Half of it is room at least, so that no byte is moved more often than the room doubles.
            if self.end > self.bytes.len() / 2 {
                if self.bytes.len() >= LONGEST {
                    return Err(garbage());
                }
                self.bytes.resize(self.bytes.len() * 2, 0);
            }
        }
        Ok(&mut self.bytes[self.end..])
    }

    /// So many bytes were put there.
    pub(super) fn read(&mut self, count: usize) {
        self.end = (self.end + count).min(self.bytes.len());
    }

    /// The next whole reply. What a server refuses with is a value, as for all who send several commands.
    ///
    /// # Errors
    /// When it is none: nothing that follows is to be trusted.
    pub(super) fn take(&mut self) -> RedisResult<Option<Value>> {
        if !self.is_whole()? {
            return Ok(None);
        }
        let (value, _) = value(&self.bytes[self.start..self.seen], DEEPEST)?;
        self.start = self.seen;
        (self.values, self.open) = (1, 1);
        Ok(Some(value))
    }

    fn is_whole(&mut self) -> RedisResult<bool> {
        while self.open > 0 {
            let rest = &self.bytes[self.seen..self.end];
            let Some((line, after)) = line(rest) else {
                return if rest.len() > LONGEST_LINE { Err(garbage()) } else { Ok(false) };
            };
            let (kind, text) = line.split_first().ok_or_else(garbage)?;
            let (size, more) = match kind {
                b'+' | b'-' | b':' => (after, 0),
                b'$' => match length(text)? {
                    None => (after, 0),
                    Some(length) => {
                        let size = after.checked_add(length).and_then(|size| size.checked_add(END.len()));
                        let size = size.filter(|size| *size <= LONGEST).ok_or_else(garbage)?;
                        if rest.len() < size {
                            return Ok(false);
                        }
                        (size, 0)
                    }
                },
                b'*' => (after, length(text)?.unwrap_or(0)),
                _ => return Err(garbage()),
            };
            self.seen += size;
            self.values = self.values.checked_add(more).filter(|values| *values <= MOST).ok_or_else(garbage)?;
            self.open = self.open - 1 + more;
        }
        Ok(true)
    }
}

/// The first line, and where what follows begins.
fn line(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let at = bytes.iter().position(|&byte| byte == b'\n')?;
    // A line feed without the other is within no line that a server writes, and `value` says so.
    Some((bytes[..at].strip_suffix(b"\r").unwrap_or(&bytes[..at]), at + 1))
}

/// How long a value is. `None`: there is none.
fn length(text: &[u8]) -> RedisResult<Option<usize>> {
    match text {
        b"-1" => Ok(None),
        _ => number(text).and_then(|length| usize::try_from(length).map_err(|_| garbage())).map(Some),
    }
}

fn number(text: &[u8]) -> RedisResult<i64> {
    str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or_else(garbage)
}

/// The first value of some that are whole, and how long it is.
fn value(bytes: &[u8], depth: usize) -> RedisResult<(Value, usize)> {
    let (line, after) = line(bytes).ok_or_else(garbage)?;
    if !bytes[line.len()..].starts_with(END) {
        return Err(garbage());
    }
    let (kind, text) = line.split_first().ok_or_else(garbage)?;
    match kind {
        b'+' if text == b"OK" => Ok((Value::Okay, after)),
        b'+' => Ok((Value::SimpleString(String::from_utf8(text.to_vec()).map_err(|_| garbage())?), after)),
        b':' => Ok((Value::Int(number(text)?), after)),
        // Rare, and the crate knows what the codes are.
        b'-' => Ok((parse_redis_value(&bytes[..after]).map_err(|_| garbage())?, after)),
        b'$' => {
            let Some(length) = length(text)? else { return Ok((Value::Nil, after)) };
            let (bytes, rest) = bytes[after..].split_at_checked(length).ok_or_else(garbage)?;
            if !rest.starts_with(END) {
                return Err(garbage());
            }
            Ok((Value::BulkString(bytes.to_vec()), after + length + END.len()))
        }
        b'*' => {
            let Some(count) = length(text)? else { return Ok((Value::Nil, after)) };
            let depth = depth.checked_sub(1).ok_or_else(garbage)?;
            let mut size = after;
            // They are here, and none of them takes less than three bytes.
            let mut values = Vec::with_capacity(count.min(bytes.len() / 3));
            for _ in 0..count {
                let (value, length) = value(&bytes[size..], depth)?;
                values.push(value);
                size += length;
            }
            Ok((Value::Array(values), size))
        }
        _ => Err(garbage()),
    }
}

fn garbage() -> RedisError {
    RedisError::from((ErrorKind::Parse, "what came is no reply"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes of bytes that arrive in pieces of so many.
    fn read_with(replies: &mut Replies, bytes: &[u8], piece: usize) -> RedisResult<Vec<Value>> {
        let mut values = Vec::new();
        for piece in bytes.chunks(piece) {
            let mut rest = piece;
            while !rest.is_empty() {
                let room = replies.room()?;
                assert!(room.len() >= LEAST);
                let count = room.len().min(rest.len());
                room[..count].copy_from_slice(&rest[..count]);
                replies.read(count);
                rest = &rest[count..];
                while let Some(value) = replies.take()? {
                    values.push(value);
                }
            }
        }
        Ok(values)
    }

    fn read(bytes: &[u8], piece: usize) -> RedisResult<Vec<Value>> {
        read_with(&mut Replies::new(), bytes, piece)
    }

    #[test]
    fn replies_are_what_the_crate_reads_wherever_they_are_cut() {
        let long = "x".repeat(100_000);
        let texts = [
            "+OK\r\n".to_owned(),
            "+PONG\r\n".to_owned(),
            ":-12\r\n".to_owned(),
            "$0\r\n\r\n".to_owned(),
            "$4\r\n\r\n\r\n\r\n".to_owned(),
            "$-1\r\n".to_owned(),
            "*-1\r\n".to_owned(),
            "*0\r\n".to_owned(),
            "*3\r\n*2\r\n:1\r\n$-1\r\n*0\r\n$3\r\nabc\r\n".to_owned(),
            "-MOVED 1 127.0.0.1:2\r\n".to_owned(),
            "*2\r\n-NOPERM no\r\n:1\r\n".to_owned(),
            format!("${}\r\n{long}\r\n", long.len()),
            format!("*2\r\n${}\r\n{long}\r\n+{}\r\n", long.len(), "y".repeat(10_000)),
        ];
        let all = texts.concat().into_bytes();
        let expected: Vec<_> = texts.iter().map(|text| parse_redis_value(text.as_bytes()).unwrap()).collect();
        for piece in [1, 2, 3, 5, 7, 64, 1000, ROOM - 1, ROOM, ROOM + 1, all.len()] {
            assert_eq!(read(&all, piece).unwrap(), expected, "in pieces of {piece}");
        }
    }

    proptest! {
        /// Whatever comes, this panics at nothing, and gives no value that the crate does not give.
        #[test]
        fn damaged_replies_are_an_error_or_what_they_say(
            lines in prop::collection::vec("[+:$*-]?[-0-9a-f]{0,3}(\r\n|\n|\r)?", 0..12),
            piece in 1..9_usize,
        ) {
            let bytes = lines.concat().into_bytes();
            let mut replies = Replies::new();
            let mut at = 0;
            for piece in bytes.chunks(piece) {
                let Ok(room) = replies.room() else { break };
                room[..piece.len()].copy_from_slice(piece);
                replies.read(piece.len());
                loop {
                    let before = replies.start;
                    match replies.take() {
                        Ok(Some(value)) => {
                            let size = replies.start - before;
                            prop_assert_eq!(parse_redis_value(&bytes[at..at + size]).unwrap(), value);
                            at += size;
                        }
                        Ok(None) => break,
                        Err(_) => return Ok(()),
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_reply_is_an_error_and_no_value() {
        for text in [
            "\r\n",
            "hello\r\n",
            "+OK\n",
            ":1x\r\n",
            ":\r\n",
            "$1\r\nab\r\n",
            "$2\r\nabcd\r\n",
            "$-2\r\n",
            "$x\r\n",
            "*-2\r\n",
            "*1\r\n?\r\n",
            "$1\n\n\r\n",
            "*1\r\n$2\n\na\r\n",
            "$9223372036854775807\r\n",
            "*9223372036854775807\r\n*9223372036854775807\r\n*9223372036854775807\r\n",
            "%1\r\n",
            "_\r\n",
        ] {
            assert!(read(text.as_bytes(), text.len()).is_err(), "{text:?}");
        }
        let deep = format!("{}:1\r\n", "*1\r\n".repeat(DEEPEST + 1));
        assert!(read(deep.as_bytes(), deep.len()).is_err());
        let line = "+".to_owned() + &"x".repeat(LONGEST_LINE + ROOM);
        assert!(read(line.as_bytes(), 1000).is_err());
    }

    #[test]
    fn what_is_not_whole_is_waited_for_and_what_a_long_one_took_is_given_back() {
        assert_eq!(read(b"*2\r\n:1\r\n", 100).unwrap(), []);
        // A list of as many as it says is waited for, and nothing is kept for them before they come.
        assert_eq!(read(format!("*{}\r\n:1\r\n", MOST - 1).as_bytes(), 100).unwrap(), []);
        assert!(read(format!("*2\r\n*{}\r\n:1\r\n", MOST - 1).as_bytes(), 100).is_err());
        let mut replies = Replies::new();
        let long = format!("$1000000\r\n{}\r\n", "x".repeat(1_000_000));
        let (most, last) = long.as_bytes().split_at(1_000_000);
        assert_eq!(read_with(&mut replies, most, 1000).unwrap(), []);
        assert!(replies.bytes.len() >= 1_000_000);
        assert_eq!(read_with(&mut replies, last, 1000).unwrap().len(), 1);
        assert_eq!(replies.room().unwrap().len(), ROOM);
    }
}
