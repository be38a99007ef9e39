//! Several limits in one step.

#![forbid(unsafe_code)]

use proptest::prelude::*;

use super::*;

fn request<'a>(policy: &'a Policy, key: &'a str, cost: u32) -> Request<'a> {
    Request { policy, key: key.as_bytes(), cost }
}

fn step(local: &Local, requests: &[Request<'_>], now: Moment) -> (bool, Vec<Outcome>) {
    let mut outcomes = Vec::new();
    let taken = local.consume_all(requests, now, &mut outcomes).unwrap();
    assert_eq!(outcomes.len(), requests.len());
    (taken, outcomes)
}

#[test]
fn all_take_or_none_does() {
    let local = local(100);
    let (address, user) = (policy(&local, "5/1m"), policy(&local, "2/1m"));
    let requests = [request(&address, "192.0.2.1", 1), request(&user, "7", 1)];
    for left in [4, 3] {
        let (taken, outcomes) = step(&local, &requests, at(0));
        assert!(taken && outcomes.iter().all(|outcome| outcome.receipt.is_some()));
        assert_eq!(outcomes[0].decision.remaining, left);
    }
    let (taken, outcomes) = step(&local, &requests, at(0));
    assert!(!taken && outcomes.iter().all(|outcome| outcome.receipt.is_none()));
    // The address has what it had, and is not counted as having allowed or refused.
    assert_eq!((outcomes[0].decision.allowed, outcomes[0].decision.remaining), (true, 3));
    assert_eq!((outcomes[1].decision.allowed, outcomes[1].decision.retry_after), (false, 30 * SECOND));
    assert_eq!(remaining(&local, &address, "192.0.2.1", at(0)), 3);
    assert_eq!(local.counts(&address), Counts { allowed: 2, held: 1, ..Counts::default() });
    assert_eq!(local.counts(&user), Counts { allowed: 2, limited: 1, held: 1, ..Counts::default() });
}

#[test]
fn a_refused_step_takes_no_newcomer_in() {
    let local = local(2);
    let (address, user) = (policy(&local, "5/1m"), policy(&local, "1/1m"));
    assert!(take(&local, &user, "7", at(0)).decision.allowed);
    assert!(take(&local, &address, "held", at(0)).decision.allowed);
    let (taken, outcomes) = step(&local, &[request(&address, "new", 1), request(&user, "7", 1)], at(0));
    assert!(!taken);
    assert_eq!(outcomes[0].decision.remaining, 5);
    assert_eq!((remaining(&local, &address, "held", at(0)), local.counts(&address).evicted), (4, 0));
}

#[test]
fn a_key_that_is_named_twice_pays_twice() {
    let local = local(100);
    let policy = policy(&local, "5/1m");
    let (taken, _) = step(&local, &[request(&policy, "a", 2), request(&policy, "a", 2)], at(0));
    assert!(taken);
    assert_eq!(remaining(&local, &policy, "a", at(0)), 1);

    // One token is there, and each asks for one.
    let (taken, outcomes) = step(&local, &[request(&policy, "a", 1), request(&policy, "a", 1)], at(0));
    assert!(!taken);
    assert_eq!(outcomes.iter().map(|outcome| outcome.decision.allowed).collect::<Vec<_>>(), [true, false]);
    assert_eq!(remaining(&local, &policy, "a", at(0)), 1);
}

#[test]
fn nothing_is_taken_where_a_cost_is_an_error_or_too_much_is_asked() {
    let local = local(100);
    let policy = policy(&local, "5/1m");
    let mut outcomes = Vec::new();
    let too_costly = [request(&policy, "a", 1), request(&policy, "b", 6)];
    assert!(local.consume_all(&too_costly, at(0), &mut outcomes).is_err());
    let too_many = [request(&policy, "a", 1); MAX_REQUESTS + 1];
    assert!(local.consume_all(&too_many, at(0), &mut outcomes).is_err());
    assert_eq!((local.keys(), outcomes.len()), (0, 0));
    assert!(local.consume_all(&[], at(0), &mut outcomes).unwrap());
}

#[test]
fn a_refused_step_brings_the_state_of_a_clock_set_back_along() {
    let local = local(100);
    let policy = policy(&local, "10/1s");
    assert_eq!(admitted(&local, &policy, "a", 10, at(60_000)), 10);
    let requests = [request(&policy, "a", 1), request(&policy, "b", 1)];
    assert!(!step(&local, &requests, at(0)).0);
    assert!(step(&local, &requests, at(100)).0);
}

proptest! {
    /// Against buckets that are asked one after the other on copies.
    #[test]
    fn a_step_is_that_of_the_copies(
        steps in prop::collection::vec((0..400_u64, prop::collection::vec((0..2_usize, 0..4_usize, 0..4_u32), 0..=8)), 1..40),
        keys in prop_oneof![Just(1000_usize), Just(200_000)],
    ) {
        let local = local(keys);
        let policies = [policy(&local, "7/1s"), policy(&local, "3/2s")];
        let mut buckets = [[TokenBucket::default(); 4]; 2];
        let mut now = at(5);
        for (wait, asked) in steps {
            now = now.plus(Duration::from_millis(wait));
            let names = ["a", "b", "c", "d"];
            let asked: Vec<_> = asked.into_iter().map(|(which, key, cost)| (which, key, cost.min(3))).collect();
            let requests: Vec<_> =
                asked.iter().map(|&(which, key, cost)| request(&policies[which], names[key], cost)).collect();
            let mut copies = buckets;
            let expected = asked.iter().all(|&(which, key, cost)| {
                copies[which][key].consume(policies[which].quota(), cost, now).unwrap().0.allowed
            });
            if expected {
                buckets = copies;
            }
            let (taken, outcomes) = step(&local, &requests, now);
            prop_assert_eq!(taken, expected);
            prop_assert_eq!(taken, outcomes.iter().all(|outcome| outcome.decision.allowed));
            for (which, key) in (0..2).flat_map(|which| (0..4).map(move |key| (which, key))) {
                let bucket = buckets[which][key].peek(policies[which].quota(), 1, now).unwrap();
                prop_assert_eq!(local.peek(&policies[which], names[key].as_bytes(), 1, now).unwrap(), bucket);
            }
        }
    }
}
