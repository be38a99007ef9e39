#![forbid(unsafe_code)]

use proptest::prelude::*;

use super::*;
use crate::limit::checker::{Admitted, LEASED, violation};

fn micros(micros: u64) -> Moment {
    Moment::from_micros(micros)
}

fn ten_a_second() -> Quota {
    Quota::parse("10/1s", None).unwrap()
}

#[test]
fn a_token_is_good_while_its_own_slice_has_not_passed() {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    let mut lease = Lease::draw(&mut bucket, &quota, 4, micros(1_000_000)).unwrap().unwrap();
    // X is now, so that the first slice ends a tenth of a second later.
    for (now, remaining) in [
        (1_000_000, 4),
        (1_100_000, 4),
        (1_100_001, 3),
        (1_200_000, 3),
        (1_200_001, 2),
        (1_400_000, 1),
        (1_400_001, 0),
        (9_000_000, 0),
    ] {
        assert_eq!(lease.remaining(&quota, micros(now)), remaining, "{now}");
    }
    assert_eq!(lease.expires_after(&quota, micros(1_000_000)), Duration::from_micros(400_001));
    assert_eq!(lease.expires_after(&quota, micros(1_400_001)), Duration::ZERO);

    // Two are spent early: the third and the fourth are left, and have until their own slices end.
    assert!(lease.take(&quota, 2, micros(1_000_000)));
    assert_eq!(lease.remaining(&quota, micros(1_300_000)), 2);
    assert_eq!(lease.remaining(&quota, micros(1_300_001)), 1);
    assert!(!lease.take(&quota, 2, micros(1_300_001)));
    assert!(lease.take(&quota, 1, micros(1_400_000)));
    assert!(!lease.take(&quota, 1, micros(1_400_000)));
    assert!(lease.take(&quota, 0, micros(1_400_000)));
}

#[test]
fn slices_begin_where_the_debt_of_the_bucket_ends() {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    let _ = bucket.consume(&quota, 5, micros(0)).unwrap();
    let lease = Lease::draw(&mut bucket, &quota, 100, micros(0)).unwrap().unwrap();
    assert_eq!(lease.remaining(&quota, micros(600_000)), 5);
    assert_eq!(lease.remaining(&quota, micros(600_001)), 4);
    assert_eq!(lease, Lease::new(&quota, micros(0), Exact::whole(500_000), 5));
    assert!(Lease::draw(&mut bucket, &quota, 1, micros(99_999)).unwrap().is_none());
    assert!(Lease::draw(&mut bucket, &quota, 1, micros(100_000)).unwrap().is_some());
}

#[test]
fn nothing_is_drawn_under_a_penalty() {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    bucket.penalize(Duration::from_secs(1), micros(0)).unwrap();
    assert!(Lease::draw(&mut bucket, &quota, 5, micros(999_999)).unwrap().is_none());
    assert!(Lease::draw(&mut bucket, &quota, 0, micros(1_000_000)).unwrap().is_none());
}

/// What a holder does: waits, draws so many where his lease has too few, and spends.
type Act = (usize, u64, u32, u32);

/// Acts of several holders, whose clocks are off by any constant and whose requests take a while. Returns what was
/// admitted, by the true clock.
fn admitted(quota: &Quota, acts: &[Act], delays: &[u64]) -> Vec<Admitted> {
    let mut bucket = TokenBucket::default();
    let mut leases: [Option<Lease>; 3] = [None, None, None];
    // Far enough from one another that a mistaken clock would show.
    let offsets = [0, 3_000_000_000, 1_234_567];
    let mut now = 1_000_000;
    let mut spent = Vec::new();
    for (&(holder, wait, batch, cost), &delay) in acts.iter().zip(delays.iter().cycle()) {
        now += wait;
        let local = |now: u64| micros(now + offsets[holder]);
        let good = leases[holder].as_ref().map_or(0, |lease| lease.remaining(quota, local(now)));
        if good < cost {
            let asked = local(now);
            now += delay;
            let drawn = Lease::draw(&mut bucket, quota, batch, micros(now)).unwrap();
            now += delay;
            if let Some(Lease { from, count, .. }) = drawn {
                let ahead = from.minus(Exact::whole(now - delay), quota.rate());
                leases[holder] = Some(Lease::new(quota, asked, ahead, count));
            }
        }
        if leases[holder].as_mut().is_some_and(|lease| lease.take(quota, cost, local(now))) {
            spent.push(Admitted { at: micros(now), cost });
        }
    }
    spent
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let wait = prop_oneof![3 => Just(0), 3 => 0..2000_u64, 1 => 0..100_000_u64];
    prop::collection::vec((0..3_usize, wait, 1..30_u32, Just(1_u32)), 1..300)
}

fn quotas() -> impl Strategy<Value = Quota> {
    (1..3000_u64, 1..40_u64).prop_map(|(limit, burst)| Quota::new(limit, Duration::from_secs(1), Some(burst)).unwrap())
}

proptest! {
    #[test]
    fn all_leases_of_a_bucket_keep_to_its_law(
        quota in quotas(), acts in acts(), delays in prop::collection::vec(0..5000_u64, 1..10),
    ) {
        let spent = admitted(&quota, &acts, &delays);
        prop_assert_eq!(violation(&quota, LEASED, spent), None);
    }

    #[test]
    fn whoever_draws_singly_loses_nothing(quota in quotas(), waits in prop::collection::vec(0..100_000_u64, 1..100)) {
        let (mut leased, mut direct) = (TokenBucket::default(), TokenBucket::default());
        let mut now = 5;
        for wait in waits {
            now += wait;
            let lease = Lease::draw(&mut leased, &quota, 1, micros(now)).unwrap();
            let taken = lease.is_some_and(|mut lease| lease.take(&quota, 1, micros(now)));
            prop_assert_eq!(taken, direct.consume(&quota, 1, micros(now)).unwrap().0.allowed);
        }
    }
}

/// Two holders draw all there is in turn, and keep it until the last moment.
fn hoarded(good_for_ever: bool) -> Vec<Admitted> {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    let mut spent = Vec::new();
    let mut hoard = Vec::new();
    for second in 0..5 {
        let now = micros(second * 1_000_000);
        hoard.extend(Lease::draw(&mut bucket, &quota, 10, now).unwrap());
    }
    let now = micros(4_000_000);
    for mut lease in hoard {
        let count = if good_for_ever { lease.count } else { lease.remaining(&quota, now) };
        assert!(good_for_ever || lease.take(&quota, count, now));
        spent.extend((0..count).map(|_| Admitted { at: now, cost: 1 }));
    }
    spent
}

#[test]
fn tokens_that_were_good_for_ever_would_break_the_law() {
    let quota = ten_a_second();
    assert_eq!(hoarded(true).len(), 50);
    assert!(violation(&quota, LEASED, hoarded(true)).is_some());
    // The last lease, and of the one before the token whose slice ends right now.
    assert_eq!(hoarded(false).len(), 11);
    assert_eq!(violation(&quota, LEASED, hoarded(false)), None);
}

/// One holder's request takes a second each way; another draws and spends when the answer comes.
fn over_a_slow_way(from_the_answer: bool) -> Vec<Admitted> {
    let (quota, mut bucket) = (ten_a_second(), TokenBucket::default());
    let [asked, drawn, answered] = [0, 1_000_000, 2_000_000].map(micros);
    let far = Lease::draw(&mut bucket, &quota, 10, drawn).unwrap().unwrap();
    let anchor = if from_the_answer { answered } else { asked };
    let far = Lease::new(&quota, anchor, Exact::default(), far.count);
    let near = Lease::draw(&mut bucket, &quota, 10, answered).unwrap().unwrap();
    let count = far.remaining(&quota, answered) + near.remaining(&quota, answered);
    (0..count).map(|_| Admitted { at: answered, cost: 1 }).collect()
}

#[test]
fn counting_from_the_answer_would_break_the_law() {
    assert_eq!(violation(&ten_a_second(), LEASED, over_a_slow_way(false)), None);
    assert!(violation(&ten_a_second(), LEASED, over_a_slow_way(true)).is_some());
}
