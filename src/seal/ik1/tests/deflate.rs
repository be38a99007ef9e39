//! Payloads that are deflated, and what only claims to be one.

#![forbid(unsafe_code)]

use flate2::{Compress, Compression, FlushCompress};

use super::*;
use crate::seal::ik1::deflate::inflate;

/// Ends a raw deflate stream: an empty last block.
const END: &[u8] = b"\x03\0";
const MEGABYTE: usize = 1 << 20;

fn json(entries: usize) -> Vec<u8> {
    let list: Vec<String> = (0..entries).map(|entry| format!("{{\"id\":{entry},\"name\":\"item\"}}")).collect();
    format!("[{}]", list.join(",")).into_bytes()
}

fn is_deflated(token: &str) -> bool {
    let mut bytes = body(token);
    let salt = *bytes.first_chunk().unwrap();
    let keys = TokenKeys::derive(&key(1), &bound().purpose, &salt).unwrap();
    keys.open(&associated_data(KID, &bound()), &mut bytes[LEAD..]).unwrap();
    bytes[LEAD] == DEFLATED
}

/// An authentic token that says it is deflated.
fn claiming(stream: &[u8]) -> String {
    crafted(&[&never().header(DEFLATED)[..], stream].concat())
}

/// A megabyte of zeros, in blocks that can stand anywhere in a stream.
fn zeros() -> Vec<u8> {
    let mut deflater = Compress::new(Compression::best(), false);
    let mut blocks = vec![0; 16 * 1024];
    deflater.compress(&vec![0; MEGABYTE], &mut blocks, FlushCompress::Full).unwrap();
    assert_eq!(deflater.total_in(), MEGABYTE as u64);
    blocks.truncate(usize::try_from(deflater.total_out()).unwrap());
    blocks
}

#[test]
fn what_gets_shorter_is_deflated_and_nothing_else() {
    let noise: Vec<u8> = body(&sealed(&[0; 500], never(), &options()));
    for (payload, expected) in [(json(50), true), (noise, false), (Vec::new(), false), (b"{}".to_vec(), false)] {
        let token = sealed(&payload, never(), &compressing());
        assert_eq!(is_deflated(&token), expected);
        assert!(!is_deflated(&sealed(&payload, never(), &options())));
        // A reader that does not compress reads both.
        assert_eq!(opened(&token, now(), &options()), Ok(payload));
    }
    assert!(sealed(&json(50), never(), &compressing()).len() < sealed(&json(50), never(), &options()).len() / 2);
}

/// What is kept between payloads is reset.
#[test]
fn a_payload_deflates_as_if_it_were_the_first() {
    let first = deflated(&json(20)).unwrap();
    deflated(&json(2000)).unwrap();
    // This one does not get shorter, and is given up in the middle.
    assert!(deflated(&body(&sealed(&[0; 500], never(), &options()))).is_none());
    assert_eq!(deflated(&json(20)).unwrap(), first);
}

#[test]
fn a_gigabyte_of_zeros_is_refused_at_the_limit() {
    let zeros = zeros();
    let one = [&zeros[..], END].concat();
    assert_eq!(inflate(&one, MEGABYTE), Ok(vec![0; MEGABYTE]), "each block is a megabyte");
    let bomb = [&zeros.repeat(1024)[..], END].concat();
    let readers = Ik1Options { max_token_chars: usize::MAX, ..options() };
    let token = claiming(&bomb);
    assert!(token.len() > 64 * 1024 && token.len() < 2 * MEGABYTE);
    assert_eq!(opened(&token, now(), &options()), Err(Refusal::Length));
    for limit in [0, 1, 4096, 64 * 1024, MEGABYTE] {
        let outcome = opened(&token, now(), &Ik1Options { max_payload: limit, ..readers });
        // One byte over the limit is all that was ever inflated, and so all that was held.
        assert_eq!(outcome, Err(Refusal::Inflation { produced: limit + 1 }));
    }
}

#[test]
fn the_limit_is_exact() {
    for length in [1, 100, 4096, 64 * 1024] {
        let token = sealed(&vec![b'a'; length], never(), &compressing());
        let limited = |max_payload| Ik1Options { max_payload, ..options() };
        assert_eq!(opened(&token, now(), &limited(length)), Ok(vec![b'a'; length]));
        assert!(matches!(
            opened(&token, now(), &limited(length - 1)),
            Err(Refusal::Inflation { .. } | Refusal::Payload)
        ));
    }
}

#[test]
fn only_one_whole_stream_is_a_payload() {
    let stream = deflated(&json(50)).unwrap().to_vec();
    assert_eq!(opened(&claiming(&stream), now(), &options()), Ok(json(50)));
    let wrapped = [b"\x78\x9c", &stream[..], b"\0\0\0\0"].concat();
    let odd = [
        Vec::new(),
        b"\0".to_vec(),
        [&stream[..], b"\0"].concat(),
        [&stream[..], &stream].concat(),
        [&stream[..], END].concat(),
        wrapped,
        json(50),
        vec![0xff; 100],
    ];
    for stream in odd.into_iter().chain((0..stream.len()).map(|length| stream[..length].to_vec())) {
        let outcome = opened(&claiming(&stream), now(), &options());
        assert!(matches!(outcome, Err(Refusal::Inflation { .. })), "{stream:?}");
    }
}

/// A block that is stored as it is, and the block types that do not exist.
#[test]
fn every_type_of_block_is_read_within_the_limit() {
    let stored = b"\x01\x02\0\xfd\xffhi";
    assert_eq!(inflate(stored, 2), Ok(b"hi".to_vec()));
    assert_eq!(inflate(stored, 1), Err(Refusal::Inflation { produced: 2 }));
    assert_eq!(inflate(END, 0), Ok(Vec::new()));
    assert!(inflate(b"\x07", usize::MAX).is_err());
    // The length's complement is wrong.
    assert!(inflate(b"\x01\x02\0\xfd\xfehi", 10).is_err());
}

/// Three bytes from one byte before the first one. What a window is filled with at the start is not data.
#[test]
fn no_distance_reaches_before_the_payload() {
    assert_eq!(inflate(b"\x03\x02\0", 100), Err(Refusal::Inflation { produced: 0 }));
    assert!(opened(&claiming(b"\x03\x02\0"), now(), &options()).is_err());
}
