//! The slots of a Cluster.

#![forbid(unsafe_code)]

use redis::Value;

use super::target::Address;

/// How many there are.
pub(super) const SLOTS: u16 = 16_384;

/// The slot of a key: CRC-16 (XMODEM) of what is in its first braces, or of all of it.
pub(super) fn slot_of(key: &str) -> u16 {
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map_or(key, |(tag, _)| if tag.is_empty() { key } else { tag });
    let mut crc = 0_u16;
    for byte in tag.bytes() {
        crc ^= u16::from(byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
        }
    }
    crc % SLOTS
}

/// Slots from the first to the last, and the master that has them.
pub(super) struct Range {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) master: Address,
}

/// Reads what `CLUSTER SLOTS` answers to who asked at `asked`. What has no known address is left out. `None`: it is no such answer.
pub(super) fn read(answer: Value, asked: &Address) -> Option<Vec<Range>> {
    let Value::Array(ranges) = answer else { return None };
    let mut read = Vec::with_capacity(ranges.len());
    for range in ranges {
        let Value::Array(parts) = range else { return None };
        let mut parts = parts.into_iter();
        let (first, last) = (number(&parts.next()?)?, number(&parts.next()?)?);
        let Value::Array(master) = parts.next()? else { return None };
        let mut master = master.into_iter();
        let (host, port) = (master.next()?, number(&master.next()?)?);
        let host = match host {
            // The one that the client knows already.
            Value::Nil => asked.host.clone(),
            Value::BulkString(host) if host.is_empty() => asked.host.clone(),
            Value::BulkString(host) => String::from_utf8(host).ok()?,
            _ => return None,
        };
        if host != "?" && first <= last && last < SLOTS {
            read.push(Range { first, last, master: Address { host, port } });
        }
    }
    Some(read)
}

/// Reads where a redirection leads: `3999 127.0.0.1:6381`, with an empty host for the one that said so.
pub(super) fn redirection(detail: &str, asked: &Address) -> Option<Address> {
    let (host, port) = detail.split_ascii_whitespace().nth(1)?.rsplit_once(':')?;
    let host = if host.is_empty() { asked.host.clone() } else { host.to_owned() };
    Some(Address { host, port: port.parse().ok()? })
}

fn number(value: &Value) -> Option<u16> {
    match value {
        Value::Int(number) => u16::try_from(*number).ok(),
        _ => None,
    }
}
