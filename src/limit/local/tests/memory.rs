//! A flood of keys, and what it may cost.

#![forbid(unsafe_code)]

use super::*;

/// How many keys flood the limiter. `npm run test:long` sets the variable to more.
const FLOOD: (&str, u64) = ("LIMIT_FLOOD_KEYS", 300_000);
const CEILING: usize = 50_000;

fn flood() -> u64 {
    std::env::var(FLOOD.0).map_or(FLOOD.1, |keys| keys.parse().unwrap())
}

#[test]
fn a_flood_stays_under_the_ceiling_and_takes_no_honest_bucket() {
    let ceiling = Ceiling { keys: CEILING, bytes: CEILING * MAX_KEY_BYTES };
    let local = Local::new(ceiling).unwrap();
    let policy = policy(&local, "100/1h");
    let quota = policy.quota();
    // Honest visitors call every now and then; each has to be judged as if he were alone.
    let mut honest = vec![TokenBucket::default(); 100];
    let mut now = at(0);
    for key in 0..flood() {
        now = now.plus(Duration::from_micros(10));
        let outcome = local.consume(&policy, &key.to_le_bytes(), 1, now).unwrap();
        assert!(outcome.decision.allowed && !outcome.decision.degraded);
        if key % 50 == 0 {
            let visitor = usize::try_from(key / 50 % 100).unwrap();
            let (decision, _) = honest[visitor].consume(quota, 1, now).unwrap();
            let outcome = local.consume(&policy, format!("honest {visitor}").as_bytes(), 1, now).unwrap();
            assert_eq!(outcome.decision, decision, "visitor {visitor} at key {key}");
        }
        if key % 10_000 == 0 {
            assert!(local.keys() <= ceiling.keys && local.bytes() <= ceiling.bytes, "{} bytes", local.bytes());
        }
    }
    let counts = local.counts(&policy);
    assert_eq!((local.keys(), counts.held), (CEILING, CEILING as u64));
    assert_eq!(counts.evicted, flood() + 100 - CEILING as u64);
    assert!(local.bytes() <= ceiling.bytes, "{} bytes", local.bytes());
    // Each of them has been refused by now: the flood has freed nobody of his debt.
    assert!(flood() < 1_000_000 || honest.iter().all(|bucket| !bucket.peek(quota, 1, now).unwrap().allowed));
}

#[test]
fn penalties_for_everybody_stay_under_the_ceiling_too() {
    let ceiling = Ceiling { keys: CEILING, bytes: CEILING * MAX_KEY_BYTES };
    let local = Local::new(ceiling).unwrap();
    let policy = policy(&local, "100/1h");
    let keys: Vec<_> = (0..CEILING as u64 * 2).map(u64::to_le_bytes).collect();
    for (millis, key) in (0..).zip(&keys) {
        local.consume(&policy, key, 1, at(millis)).unwrap();
    }
    let now = at(CEILING as u64 * 2);
    let kept = keys.iter().filter(|key| local.penalize(&policy, *key, SECOND, now).unwrap()).count();
    assert_eq!((kept, local.keys()), (CEILING, CEILING));
    assert!(local.bytes() <= ceiling.bytes, "{} bytes", local.bytes());
}

#[test]
fn the_lower_of_two_ceilings_holds() {
    let local = Local::new(Ceiling { keys: usize::MAX, bytes: 10_000 * MAX_KEY_BYTES }).unwrap();
    let policy = policy(&local, "100/1h");
    for key in 0..30_000_u64 {
        local.consume(&policy, &key.to_le_bytes(), 1, at(key)).unwrap();
    }
    assert_eq!(local.keys(), 10_000);
    assert!(local.bytes() <= 10_000 * MAX_KEY_BYTES, "{} bytes", local.bytes());
}

#[test]
fn shards_add_up_to_the_ceiling() {
    for keys in [1, 2, 16_383, 16_384, 32_767, 32_768, 100_003, 1_000_000, 50_000_000] {
        let local = local(keys);
        let sum: usize = local.shards.iter().map(|shard| lock(shard).ceiling()).sum();
        assert_eq!(sum, keys);
        assert!(local.shards.len().is_power_of_two());
        assert!(local.shards.len() == 1 || keys / local.shards.len() >= SHARD_KEYS, "{keys}");
    }
}
