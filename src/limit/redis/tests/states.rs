//! What is kept in Redis.

#![forbid(unsafe_code)]

use super::*;

#[test]
fn the_quota_is_part_of_the_key_and_no_key_is() {
    let mut bench = Bench::new(limits(&[("api", "100/1m")]));
    bench.set_now(Moment::from_micros(1_000_000));
    let _ = bench.consume(vec![request(0, "192.0.2.1", 1)]).unwrap();
    let keys = Server::shared().keys(&format!("{}{{", bench.options.prefix));
    let [bucket] = keys.as_slice() else { panic!("{keys:?}") };
    assert!(bucket.ends_with("}:1.600000.100:api"), "{bucket}");
    assert!(!bucket.contains("192.0.2.1"), "{bucket}");
}

#[test]
fn a_bucket_lives_until_it_is_full_and_a_penalty_until_it_ends() {
    let mut bench = Bench::new(limits(&[("api", "10/10s")]));
    bench.set_now(Moment::from_micros(1_000_000));
    let life = |bench: &Bench| {
        let server = Server::shared();
        let keys = server.keys(&format!("{}{{", bench.options.prefix));
        server.query::<i64>(&["PTTL", keys.first().map_or("none", String::as_str)])
    };
    let _ = bench.consume(vec![request(0, "a", 3)]).unwrap();
    let full = life(&bench);
    assert!((SPARE + 2_000..=SPARE + 3_000).contains(&full), "{full}");
    bench.penalize(0, "a", Duration::from_mins(1)).unwrap();
    let penalty = life(&bench);
    assert!((SPARE + 59_000..=SPARE + 60_000).contains(&penalty), "{penalty}");
    bench.reset(0, "a").unwrap();
    assert_eq!(life(&bench), -2, "there is no key");
    let outcomes = bench.consume(vec![request(0, "a", 0)]).unwrap();
    assert!(outcomes[0].decision.allowed && life(&bench) == -2, "a full bucket is none");
}

#[test]
fn what_somebody_else_wrote_is_no_bucket() {
    let mut bench = Bench::new(limits(&[("api", "10/10s")]));
    bench.set_now(Moment::from_micros(1_000_000));
    let _ = bench.consume(vec![request(0, "a", 3)]).unwrap();
    let server = Server::shared();
    let keys = server.keys(&format!("{}{{", bench.options.prefix));
    for text in ["1e99 0 0", "1e9", "0x10", "-1", "1.5", "", "1 2"] {
        server.query::<String>(&["SET", &keys[0], text]);
        assert!(bench.consume(vec![request(0, "a", 1)]).is_err(), "{text}");
        assert_eq!(server.query::<String>(&["GET", &keys[0]]), text);
    }
}

#[test]
fn a_cost_above_the_burst_is_an_error_and_takes_nothing() {
    let mut bench = Bench::new(limits(&[("a", "10/10s"), ("b", "3/10s")]));
    bench.set_now(Moment::from_micros(1_000_000));
    let asked = bench.consume(vec![request(0, "x", 3), request(1, "x", 4)]);
    assert!(matches!(asked, Err(Error::Config(_))), "{asked:?}");
    assert_eq!(bench.peek(vec![request(0, "x", 0)]).unwrap()[0].decision.remaining, 10);
    assert!(matches!(bench.penalize(0, "x", MAX_PENALTY + Duration::from_secs(1)), Err(Error::Config(_))));
}
