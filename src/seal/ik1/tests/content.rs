//! The plaintext: flags, times, lengths.

#![forbid(unsafe_code)]

use super::*;
use crate::seal::ik1::content::Header;

fn times(issued_at: f64, expires_at: Option<f64>) -> Times {
    Times { issued_at: Timestamp::from_millis(issued_at), expires_at: expires_at.map(Timestamp::from_millis) }
}

fn opened_at(token: &str, now: f64) -> Result<Vec<u8>, Refusal> {
    opened(token, Timestamp::from_millis(now), &options())
}

#[test]
fn a_token_opens_until_five_seconds_after_its_expiry() {
    let token = sealed(b"{}", times(NOW, Some(NOW + 1000.0)), &options());
    for age in [-1e12, 0.0, 999.0, 1000.0, 1001.0, 5999.0, 5999.999] {
        assert_eq!(opened_at(&token, NOW + age), Ok(b"{}".to_vec()), "{age}");
    }
    for age in [6000.0, 6000.001, 6001.0, 1e12, 1e300] {
        assert_eq!(opened_at(&token, NOW + age), Err(Refusal::Expired), "{age}");
    }
}

#[test]
fn without_an_expiry_it_opens_at_any_time() {
    let token = sealed(b"{}", never(), &options());
    for now in [-1e300, -1.0, 0.0, 1.0, 8.64e15, 1e300] {
        assert!(opened_at(&token, now).is_ok(), "{now}");
    }
}

/// An expiry that was computed wrongly must not become none.
#[test]
fn an_expiry_that_a_token_cannot_carry_has_passed() {
    for odd in [0.0, -0.0, 0.5, -1.0, -1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let token = sealed(b"{}", times(NOW, Some(odd)), &options());
        assert_eq!(opened_at(&token, NOW), Err(Refusal::Expired), "{odd}");
        assert!(opened_at(&token, 5000.0).is_ok(), "{odd}");
        assert_eq!(opened_at(&token, 5001.0), Err(Refusal::Expired), "{odd}");
    }
}

#[test]
fn an_expiry_at_the_end_of_all_numbers_is_no_overflow() {
    for expiry in [u64::MAX, u64::MAX - 4999, 1 << 63] {
        let token = crafted(&[&[0][..], &[0; 8], &expiry.to_be_bytes()].concat());
        assert!(opened_at(&token, NOW).is_ok(), "{expiry}");
    }
    assert!(opened_at(&sealed(b"{}", times(NOW, Some(1e300)), &options()), 8.64e15).is_ok());
}

#[test]
fn when_it_was_issued_is_not_judged() {
    for issued in [0.0, -1e300, NOW + 1e12, 1e300, f64::NAN] {
        let token = sealed(b"{}", times(issued, Some(NOW)), &options());
        assert!(opened_at(&token, NOW).is_ok(), "{issued}");
    }
}

#[test]
fn times_are_whole_milliseconds_in_big_endian() {
    let header = times(258.9, Some(65_536.7)).header(1);
    assert_eq!(header, [1, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(times(-5.0, None).header(0), [0; HEADER]);
}

#[test]
fn unknown_flags_are_refused() {
    let plaintext = |flags| [&never().header(flags)[..], b"\x03\0"].concat();
    // The two that are known: as it is, and an empty payload deflated.
    assert_eq!(opened(&crafted(&plaintext(0)), now(), &options()), Ok(b"\x03\0".to_vec()));
    assert_eq!(opened(&crafted(&plaintext(1)), now(), &options()), Ok(Vec::new()));
    for flags in 2..=u8::MAX {
        assert_eq!(opened(&crafted(&plaintext(flags)), now(), &options()), Err(Refusal::Flags), "{flags}");
    }
}

#[test]
fn a_plaintext_has_seventeen_bytes_at_least() {
    for length in 0..HEADER {
        assert_eq!(opened(&crafted(&vec![0; length]), now(), &options()), Err(Refusal::Short), "{length}");
        // And without the check of the form in front.
        assert_eq!(Header::read(&vec![0; length]), Err(Refusal::Short), "{length}");
    }
    assert_eq!(opened(&crafted(&[0; HEADER]), now(), &options()), Ok(Vec::new()));
}

#[test]
fn a_token_of_any_shorter_length_is_refused() {
    let bytes = body(&sealed(b"", never(), &options()));
    assert_eq!(bytes.len(), 24 + 32 + 17 + 16);
    for length in 0..bytes.len() {
        assert_eq!(opened(&with_body(KID, &bytes[..length]), now(), &options()), Err(Refusal::Short), "{length}");
    }
}

/// What is too old says so, whatever is in it; what is not understood is not judged by its age.
#[test]
fn the_age_is_judged_before_the_payload_and_after_the_flags() {
    let old = times(0.0, Some(1.0));
    let broken = [&old.header(DEFLATED)[..], b"no stream"].concat();
    assert_eq!(opened(&crafted(&broken), now(), &options()), Err(Refusal::Expired));
    assert_eq!(opened(&crafted(&old.header(2)), now(), &options()), Err(Refusal::Flags));
}
