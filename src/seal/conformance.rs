//! What every format of seals keeps, whatever its bytes. A format's own tests say how to make one, and what is its own.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::mpsc;

use crate::clock::Timestamp;
use crate::error::{Error, ErrorCode, Result};
use crate::seal::{Attempt, Bound, Opened, SealFormat};

/// The instant at which the tests live.
pub(crate) const NOW: f64 = 1_795_000_000_000.0;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

pub(crate) fn bound() -> Bound {
    Bound { purpose: "session".into(), name: "h3".into(), audience: String::new() }
}

/// Seals, waiting for a key where one is needed.
pub(crate) fn seal<F: SealFormat>(format: &Arc<F>, payload: &[u8], now: Timestamp) -> Result<String> {
    loop {
        match format.try_seal(payload, &bound(), now)? {
            Attempt::Ready(token) => return Ok(token),
            Attempt::NeedsKey => wait(|done| Arc::clone(format).request_seal_key(&bound(), now, done))?,
        }
    }
}

/// Opens, waiting for keys where some are needed.
pub(crate) fn unseal<F: SealFormat>(format: &Arc<F>, token: &str, now: Timestamp) -> Result<Opened> {
    loop {
        match format.try_unseal(token, &bound(), now)? {
            Attempt::Ready(opened) => return Ok(opened),
            Attempt::NeedsKey => {
                wait(|done| Arc::clone(format).request_unseal_key(token.to_owned(), &bound(), now, done))?;
            }
        }
    }
}

fn wait(ask: impl FnOnce(crate::seal::Done)) -> Result<()> {
    let (sender, receiver) = mpsc::channel();
    ask(Box::new(move |outcome| sender.send(outcome).unwrap()));
    receiver.recv().unwrap_or(Err(Error::Cancelled))
}

/// The suite. `format` and `other` are the same format with different keys, and a lifetime of one minute.
pub(crate) fn check<F: SealFormat>(format: &Arc<F>, other: &Arc<F>) {
    round_trips(format);
    every_seal_is_different(format);
    other_keys_refuse(format, other);
    no_character_can_change(format);
    nothing_but_a_token_opens(format);
    it_expires(format);
}

fn round_trips<F: SealFormat>(format: &Arc<F>) {
    for payload in
        [&b""[..], b"{}", b"{\"a\":\"\xc3\xbc\"}", &[0, 255, 128, 10], &[b'x'; 15], &[b'x'; 16], &[b'x'; 4000]]
    {
        let token = seal(format, payload, now()).unwrap();
        assert!(token.bytes().all(|byte| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)), "fits in a cookie");
        let opened = unseal(format, &token, now()).unwrap();
        assert_eq!(opened, Opened { payload: payload.to_vec(), legacy: false, older_key: false, other_format: false });
    }
}

fn every_seal_is_different<F: SealFormat>(format: &Arc<F>) {
    assert_ne!(seal(format, b"{}", now()).unwrap(), seal(format, b"{}", now()).unwrap());
}

fn other_keys_refuse<F: SealFormat>(format: &Arc<F>, other: &Arc<F>) {
    let token = seal(format, b"{}", now()).unwrap();
    unseal(format, &token, now()).unwrap();
    assert_eq!(unseal(other, &token, now()).unwrap_err().code(), ErrorCode::SealInvalid);
}

/// Also a change that would decode to the same bytes is refused, so a token has one spelling.
fn no_character_can_change<F: SealFormat>(format: &Arc<F>) {
    let token = seal(format, b"{\"data\":{\"user\":1}}", now()).unwrap();
    for position in 0..token.len() {
        for replacement in ["A", "b", "7", "-", "_", "*", ".", "=", " ", "\u{e9}", ""] {
            let mut changed = token.clone();
            changed.replace_range(position..=position, replacement);
            if changed == token {
                continue;
            }
            let error = unseal(format, &changed, now()).unwrap_err();
            assert!(matches!(error.code(), ErrorCode::SealInvalid | ErrorCode::SealExpired), "{position}: {error}");
        }
    }
}

fn nothing_but_a_token_opens<F: SealFormat>(format: &Arc<F>) {
    let token = seal(format, b"{}", now()).unwrap();
    let mut odd: Vec<String> = (0..token.len()).map(|length| token[..length].to_owned()).collect();
    odd.extend([
        String::new(),
        "*".repeat(7),
        "*".repeat(1000),
        format!("{token}*"),
        format!("{token}{token}"),
        format!(" {token}"),
    ]);
    for text in odd {
        assert_eq!(unseal(format, &text, now()).unwrap_err().code(), ErrorCode::SealInvalid, "{text}");
    }
}

fn it_expires<F: SealFormat>(format: &Arc<F>) {
    let token = seal(format, b"{}", now()).unwrap();
    assert!(unseal(format, &token, now().plus_millis(60_000.0)).is_ok());
    let late = unseal(format, &token, now().plus_millis(600_000.0)).unwrap_err();
    assert_eq!(late.code(), ErrorCode::SealExpired);
}
