#![forbid(unsafe_code)]

use super::*;
use crate::redis::Options;

const NOW: Moment = Moment::from_micros(1_000_000);

struct Bench {
    remote: Remote,
    leases: LeaseTable,
}

impl Bench {
    fn new() -> Self {
        let quota = Quota::parse("100/100s", None).unwrap();
        let remote = Remote::new(&Options::standalone("redis://127.0.0.1:1"), vec![("api".to_owned(), quota)]);
        Self { remote, leases: LeaseTable::new(vec![10], 100, 1 << 20) }
    }

    fn begin(&self, key: &str) -> Draw<'_> {
        self.leases.begin((0, Tag::of(key.as_bytes())))
    }

    /// A draw's answer: ten tokens of a full bucket.
    fn bring_ten(&self, draw: &Draw<'_>) {
        let found = Found { bucket: TokenBucket::default(), cost: Some(10) };
        self.leases.keep(draw, self.remote.quota(0).unwrap(), NOW, NOW, &found);
    }

    /// Whether a token of the key is here.
    fn spends(&self, key: &str) -> bool {
        let asked = [Request { limit: 0, key: key.as_bytes().into(), cost: 1 }];
        let spent = self.leases.spend_now(&self.remote, &asked, NOW).unwrap();
        spent.is_some_and(|(judged, _)| judged.iter().all(|judged| judged.decision.allowed))
    }

    fn under_way(&self) -> usize {
        self.leases.table().draws.len()
    }
}

#[test]
fn what_was_drawn_is_spent() {
    let bench = Bench::new();
    bench.bring_ten(&bench.begin("a"));
    assert!(bench.spends("a") && !bench.spends("b"));
    bench.leases.forget(0, b"a");
    assert!(!bench.spends("a"));
}

#[test]
fn a_draw_under_way_brings_nothing_back_of_a_key_that_is_forgotten_meanwhile() {
    let bench = Bench::new();
    let (first, second, other) = (bench.begin("a"), bench.begin("a"), bench.begin("b"));
    bench.leases.forget(0, b"a");
    for draw in [&first, &second] {
        bench.bring_ten(draw);
        assert!(!bench.spends("a"), "the penalty is undone");
    }
    bench.bring_ten(&other);
    assert!(bench.spends("b"), "another key has lost its tokens");
    // A draw that began behind it knows of the penalty, also beside the older ones.
    let later = bench.begin("a");
    bench.bring_ten(&first);
    assert!(!bench.spends("a"));
    bench.bring_ten(&later);
    assert!(bench.spends("a"));
}

#[test]
fn a_draw_that_is_dropped_leaves_nothing() {
    let bench = Bench::new();
    let draws = [bench.begin("a"), bench.begin("a"), bench.begin("b")];
    bench.leases.forget(0, b"a");
    assert_eq!(bench.under_way(), 2);
    drop(draws);
    assert_eq!(bench.under_way(), 0);
    // Nobody remembers, and nothing that could come is older.
    bench.bring_ten(&bench.begin("a"));
    assert!(bench.spends("a"));
}
