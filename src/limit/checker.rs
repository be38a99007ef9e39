//! Judges what a limiter admitted, whatever the limiter: between any two admitted requests, both counted, at most the
//! capacity, what the rate gave meanwhile, and a slack.

#![forbid(unsafe_code)]

use crate::clock::Moment;
use crate::limit::quota::Quota;

/// What leased tokens may add: the slice of one token can have begun before the first of the requests.
pub(crate) const LEASED: u32 = 1;
/// A bucket that decides by itself keeps to the law without any.
pub(crate) const EXACT: u32 = 0;

/// One admitted request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Admitted {
    pub(crate) at: Moment,
    pub(crate) cost: u32,
}

/// Two requests from the first of which to the second too much was admitted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) first: Admitted,
    pub(crate) last: Admitted,
    /// Both counted.
    pub(crate) tokens: u64,
}

/// The first violation, if there is one.
///
/// All pairs are judged in one pass after sorting: what a pair has too much is the difference of two numbers, one of each
/// request, and for the second of a pair the worst first one is that of the least number so far.
pub(crate) fn violation(quota: &Quota, slack: u32, mut admitted: Vec<Admitted>) -> Option<Violation> {
    admitted.sort_unstable_by_key(|request| request.at);
    let (rate, period) = (i128::from(quota.rate()), i128::from(quota.period()));
    let most = (i128::from(quota.burst()) + i128::from(slack)) * period;
    let mut spent = 0_u64;
    let mut worst: Option<(i128, u64, Admitted)> = None;
    for last in admitted {
        let given = i128::from(last.at.as_micros()) * rate;
        let before = i128::from(spent) * period - given;
        if worst.is_none_or(|(least, ..)| before < least) {
            worst = Some((before, spent, last));
        }
        let spent_before = spent;
        spent += u64::from(last.cost);
        if let Some((least, spent_then, first)) = worst
            && i128::from(spent) * period - given - least > most
        {
            debug_assert!(spent_then <= spent_before);
            return Some(Violation { first, last, tokens: spent - spent_then });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: u64) -> Admitted {
        Admitted { at: Moment::from_micros(micros), cost: 1 }
    }

    /// Every pair, one by one.
    fn by_pairs(quota: &Quota, slack: u32, admitted: &[Admitted]) -> bool {
        let mut sorted = admitted.to_vec();
        sorted.sort_unstable();
        (0..sorted.len()).any(|j| {
            (0..=j).any(|i| {
                let tokens: u128 = sorted[i..=j].iter().map(|request| u128::from(request.cost)).sum();
                let micros = u128::from(sorted[j].at.as_micros() - sorted[i].at.as_micros());
                let most = u128::from(quota.burst() + slack) * u128::from(quota.period());
                tokens * u128::from(quota.period()) > most + micros * u128::from(quota.rate())
            })
        })
    }

    #[test]
    fn a_planted_violation_is_found() {
        let quota = Quota::parse("10/1s", None).unwrap();
        let steady: Vec<_> = (0..10_000).map(|count| at(count * 100_000)).collect();
        assert_eq!(violation(&quota, EXACT, steady.clone()), None);

        // Where tokens come steadily, the bucket stays full: 9 at once are its rest, and a tenth is one too many.
        for (more, found) in [(9, false), (10, true)] {
            let mut planted = steady.clone();
            planted.extend(vec![at(500_000_000); more]);
            let violation = violation(&quota, EXACT, planted);
            assert_eq!(violation.is_some(), found, "{more} more: {violation:?}");
        }
    }

    #[test]
    fn a_violation_says_where() {
        let quota = Quota::parse("2/1s", None).unwrap();
        let requests = vec![at(9_000_000), at(5_000_000), at(0), at(5_000_001), at(5_400_000)];
        let found = violation(&quota, EXACT, requests).unwrap();
        assert_eq!(found, Violation { first: at(5_000_000), last: at(5_400_000), tokens: 3 });
    }

    proptest! {
        #[test]
        fn it_judges_every_pair(
            times in prop::collection::vec((0..60_u64, 1..4_u32), 0..40), limit in 1..20_u64, burst in 1..10_u64,
            slack in EXACT..=LEASED,
        ) {
            let quota = Quota::new(limit, std::time::Duration::from_millis(1), Some(burst)).unwrap();
            let admitted: Vec<_> =
                times.iter().map(|&(time, cost)| Admitted { at: Moment::from_micros(time * 50), cost }).collect();
            let found = violation(&quota, slack, admitted.clone());
            prop_assert_eq!(found.is_some(), by_pairs(&quota, slack, &admitted), "{:?}", found);
        }
    }
}
