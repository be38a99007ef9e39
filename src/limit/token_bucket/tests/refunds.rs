//! A refund is an undo.

#![forbid(unsafe_code)]

use super::*;

fn ten_a_second() -> Quota {
    Quota::parse("10/1s", None).unwrap()
}

fn take(bucket: &mut TokenBucket, cost: u32, now: Moment) -> Taken {
    bucket.consume(&ten_a_second(), cost, now).unwrap().1.unwrap()
}

#[test]
fn a_refund_after_another_decision_is_lost() {
    let mut bucket = TokenBucket::default();
    let first = take(&mut bucket, 1, micros(0));
    let second = take(&mut bucket, 1, micros(0));
    let state = bucket;
    assert!(!bucket.refund(first));
    assert_eq!(bucket, state);
    assert!(bucket.refund(second));
    assert_eq!(bucket.peek(&ten_a_second(), 1, micros(0)).unwrap().remaining, 9);
}

#[test]
fn in_reverse_order_all_of_them_are_undone() {
    let mut bucket = TokenBucket::default();
    let taken: Vec<_> = (1..=3).map(|cost| take(&mut bucket, cost, micros(5))).collect();
    assert!(taken.into_iter().rev().all(|taken| bucket.refund(taken)));
    assert!(bucket.is_full(micros(5)));
}

#[test]
fn a_reset_leaves_nothing_to_undo() {
    let mut bucket = TokenBucket::default();
    let taken = take(&mut bucket, 3, micros(0));
    bucket.reset();
    assert!(!bucket.refund(taken));
    assert_eq!(bucket, TokenBucket::default());
}

#[test]
fn a_refund_ends_no_penalty() {
    let mut bucket = TokenBucket::default();
    let taken = take(&mut bucket, 3, micros(0));
    bucket.penalize(Duration::from_secs(1), micros(0)).unwrap();
    assert!(bucket.refund(taken));
    assert!(bucket.is_blocked(micros(999_999)));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Take(u32),
    Refund(usize),
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![3 => (0..=1000_u32).prop_map(Step::Take), 2 => any::<usize>().prop_map(Step::Refund)];
    prop::collection::vec((prop_oneof![Just(0), 0..200_u64], step), 1..80)
}

proptest! {
    /// What counts as spent is what was admitted and not undone, at the time of the decision.
    #[test]
    fn refunds_never_admit_more_than_was_undone(quota in quotas(), steps in steps()) {
        let (mut bucket, mut now) = (TokenBucket::default(), micros(1));
        let (mut held, mut spent) = (Vec::new(), Vec::new());
        for (wait, step) in steps {
            now = now.plus(Duration::from_nanos(scaled(&quota, (wait, 0)).0));
            match step {
                Step::Take(cost) => {
                    let cost = scaled(&quota, (0, cost)).1;
                    if let (_, Some(taken)) = bucket.consume(&quota, cost, now).unwrap() {
                        held.push((taken, Admitted { at: now, cost }));
                    }
                }
                Step::Refund(_) if held.is_empty() => {}
                Step::Refund(which) => {
                    let (taken, admitted) = held.remove(which % held.len());
                    if !bucket.refund(taken) {
                        spent.push(admitted);
                    }
                }
            }
        }
        spent.extend(held.into_iter().map(|(_, admitted)| admitted));
        prop_assert_eq!(violation(&quota, EXACT, spent), None);
    }

    #[test]
    fn an_undone_decision_might_not_have_been(quota in quotas(), calls in calls(), last in calls()) {
        let (mut bucket, mut now) = (TokenBucket::default(), micros(1));
        for call in calls {
            let (wait, cost) = scaled(&quota, call);
            now = now.plus(Duration::from_nanos(wait));
            let _ = bucket.consume(&quota, cost, now).unwrap();
        }
        let before = bucket;
        for call in last {
            let (_, taken) = bucket.consume(&quota, scaled(&quota, call).1, now).unwrap();
            if let Some(taken) = taken {
                prop_assert!(bucket.refund(taken));
            }
            prop_assert_eq!(bucket, before);
        }
    }
}
