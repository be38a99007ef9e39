#![forbid(unsafe_code)]

use proptest::prelude::*;

use super::*;
use crate::error::ErrorCode;

fn quota(text: &str) -> Quota {
    Quota::parse(text, None).unwrap()
}

#[test]
fn every_unit_is_read() {
    for (text, millis) in
        [("5/250ms", 250), ("5/2s", 2000), ("5/3m", 180_000), ("5/4h", 14_400_000), ("5/7d", 604_800_000)]
    {
        let quota = quota(text);
        assert_eq!((quota.limit(), quota.burst(), quota.window()), (5, 5, Duration::from_millis(millis)), "{text}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (text, named) in [
        ("", "limit and a window"),
        ("100", "limit and a window"),
        ("/1m", "limit of a quota"),
        ("0/1m", "limit of a quota"),
        ("-1/1m", "limit of a quota"),
        ("1.5/1m", "limit of a quota"),
        ("+5/1m", "limit of a quota"),
        (" 5/1m", "limit of a quota"),
        ("1000000001/1m", "limit of a quota"),
        ("99999999999999999999999/1m", "limit of a quota"),
        ("100/", "number with a unit"),
        ("100/m", "number with a unit"),
        ("100/1", "number with a unit"),
        ("100/1M", "number with a unit"),
        ("100/1 m", "number with a unit"),
        ("100/1.5s", "number with a unit"),
        ("100/1min", "number with a unit"),
        ("100/1m/2", "number with a unit"),
        ("100/0s", "1ms to 366d"),
        ("100/367d", "1ms to 366d"),
        ("100/99999999999999999999d", "1ms to 366d"),
        ("1000001/1ms", "1000000000 tokens a second"),
    ] {
        let error = Quota::parse(text, None).unwrap_err();
        assert!(error.to_string().contains(named), "{text:?}: {error}");
        assert_eq!(error.code(), ErrorCode::Config);
    }
}

#[test]
fn bursts_have_a_range_too() {
    for (burst, named) in [(0, "burst of a quota"), (1_000_000_001, "burst of a quota"), (367, "366 days to fill")] {
        let error = Quota::parse("1/1d", Some(burst)).unwrap_err();
        assert!(error.to_string().contains(named), "{burst}: {error}");
    }
    assert_eq!(Quota::parse("1/1d", Some(366)).unwrap().burst(), 366);
}

#[test]
fn numbers_of_javascript_have_to_be_whole() {
    let quota = Quota::from_numbers(100.0, 0.1, Some(20.0)).unwrap();
    assert_eq!(quota, Quota::parse("100/100ms", Some(20)).unwrap());
    for odd in [f64::NAN, f64::INFINITY, -1.0, 0.0, 0.5, 1e300] {
        assert!(Quota::from_numbers(odd, 60.0, None).is_err(), "{odd}");
        assert!(Quota::from_numbers(100.0, 60.0, Some(odd)).is_err(), "{odd}");
    }
    for odd in [f64::NAN, f64::INFINITY, -1.0, 0.0, 0.000_9, 1e300] {
        assert!(Quota::from_numbers(100.0, odd, None).is_err(), "{odd}");
    }
}

#[test]
fn windows_are_whole_microseconds() {
    assert!(Quota::new(1, Duration::from_nanos(1_000_001), None).is_err());
    assert!(Quota::new(1, Duration::from_micros(1001), None).is_ok());
}

#[test]
fn a_token_under_a_microsecond_is_still_worth_something() {
    let quota = quota("1000000000/1s");
    assert_eq!((quota.rate(), quota.period()), (1000, 1));
    assert_eq!(quota.worth(1), Exact::from_parts(0, 1));
    assert_eq!(quota.worth(1000), Exact::whole(1));
    assert_eq!(Quota::parse("10/3s", None).unwrap().worth(1), Exact::whole(300_000));
    assert_eq!(Quota::parse("3/1s", None).unwrap().worth(1), Exact::from_parts(333_333, 1));
}

#[test]
fn what_is_announced_is_the_bucket() {
    for (text, burst, q, w) in [
        ("100/1m", None, 100, 60),
        ("100/1m", Some(20), 20, 12),
        ("100/1m", Some(200), 200, 120),
        ("3/10s", Some(1), 1, 4),
        ("5/100ms", None, 5, 1),
    ] {
        let quota = Quota::parse(text, burst).unwrap();
        assert_eq!((quota.burst(), quota.announced_window()), (q, w), "{text} {burst:?}");
    }
}

#[test]
fn a_cost_above_the_burst_is_an_error() {
    let quota = Quota::parse("100/1m", Some(20)).unwrap();
    assert!(quota.check_cost(20).is_ok());
    assert_eq!(quota.check_cost(21).unwrap_err().code(), ErrorCode::Config);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,12}|[0-9]{1,12}/[0-9]{1,9}(ms|s|m|h|d)") {
        match Quota::parse(&text, None) {
            Ok(quota) => prop_assert!(quota.worth(1) > Exact::default()),
            Err(error) => prop_assert_eq!(error.code(), ErrorCode::Config),
        }
    }

    #[test]
    fn the_rate_is_the_limit_per_window_to_the_last_part(
        limit in 1..=1_000_000_000_u64, micros in 1_000_000..=31_622_400_000_000_u64, cost in 1..=1_000_000_u32,
    ) {
        let quota = Quota::new(limit, Duration::from_micros(micros), None).unwrap();
        prop_assert_eq!(u128::from(quota.rate()) * u128::from(micros), u128::from(limit) * u128::from(quota.period()));
        let cost = cost.min(quota.burst());
        let worth = quota.worth(cost);
        prop_assert_eq!(worth.all_parts(quota.rate()), u128::from(cost) * u128::from(quota.period()));
        prop_assert_eq!(quota.tokens_in(worth), cost);
        let less = worth.minus(Exact::from_all_parts(1, quota.rate()), quota.rate());
        prop_assert_eq!(quota.tokens_in(less), cost - 1);
    }
}
