//! What a server says is left of its rate limit: `x-ratelimit-*` and `anthropic-ratelimit-*`.
//!
//! Each reply says how much is left and when all of it is back. Both known providers fill their buckets continuously,
//! so what comes back until then is spent as it comes. A server that fills its in one go, at the end of a minute,
//! refuses that; after a few refusals its word is waited for.

use std::time::{Duration, SystemTime};

use hyper::HeaderMap;
use hyper::header::HeaderName;
use tokio::time::Instant;

use super::bucket::seconds;

/// A server that wants a longer pause, in seconds, is asked all the same: its refusal says better what is the matter.
const LONGEST: f64 = 120.0;
/// Refusals until it is believed that nothing comes back before its time.
const PATIENCE: u32 = 3;

/// The headers that tell of one limit.
pub(in crate::http) struct Names {
    remaining: HeaderName,
    limit: HeaderName,
    reset: HeaderName,
}

/// Of requests and of tokens, as OpenAI and nearly all others name them.
pub(in crate::http) static USUAL: [Names; 2] = [
    Names {
        remaining: HeaderName::from_static("x-ratelimit-remaining-requests"),
        limit: HeaderName::from_static("x-ratelimit-limit-requests"),
        reset: HeaderName::from_static("x-ratelimit-reset-requests"),
    },
    Names {
        remaining: HeaderName::from_static("x-ratelimit-remaining-tokens"),
        limit: HeaderName::from_static("x-ratelimit-limit-tokens"),
        reset: HeaderName::from_static("x-ratelimit-reset-tokens"),
    },
];

/// Of requests and of tokens, as Anthropic names them.
pub(in crate::http) static ANTHROPIC: [Names; 2] = [
    Names {
        remaining: HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
        limit: HeaderName::from_static("anthropic-ratelimit-requests-limit"),
        reset: HeaderName::from_static("anthropic-ratelimit-requests-reset"),
    },
    Names {
        remaining: HeaderName::from_static("anthropic-ratelimit-tokens-remaining"),
        limit: HeaderName::from_static("anthropic-ratelimit-tokens-limit"),
        reset: HeaderName::from_static("anthropic-ratelimit-tokens-reset"),
    },
];

/// What a reply says of a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stated {
    limit: f64,
    remaining: f64,
    /// Seconds until all is back.
    reset: f64,
}

impl Stated {
    /// Reads a reply's headers. What cannot be read counts as not said.
    pub(super) fn read(names: &Names, headers: &HeaderMap, now: fn() -> SystemTime) -> Option<Self> {
        let text = |name: &HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
        Some(Self {
            remaining: number(text(&names.remaining)?)?,
            limit: number(text(&names.limit)?)?,
            reset: span(text(&names.reset)?, now)?,
        })
    }
}

/// What is left of a limit, by what the server last said and what was sent since.
#[derive(Debug)]
pub(super) struct Allowance {
    left: f64,
    limit: f64,
    per_second: f64,
    at: Instant,
    full_at: Option<Instant>,
    refusals: u32,
    /// The request whose reply was last believed.
    number: u64,
}

impl Allowance {
    /// Takes in what the reply to request `number` said. `since` was sent after that request.
    pub(super) fn update(known: &mut Option<Self>, stated: Stated, number: u64, since: f64, now: Instant) {
        if known.as_ref().is_some_and(|known| known.number > number) {
            return; // Replies overtake each other; the later request's says more.
        }
        let refusals = known.as_ref().map_or(0, |known| known.refusals);
        let gone = (stated.limit - stated.remaining).max(0.0);
        *known = Some(Self {
            left: stated.remaining - since,
            limit: stated.limit,
            per_second: if stated.reset > 0.0 { gone / stated.reset } else { 0.0 },
            at: now,
            full_at: now.checked_add(seconds(stated.reset)),
            refusals,
            number,
        });
    }

    /// The server refused although something should have been left.
    pub(super) fn refused(&mut self) {
        if self.left < 1.0 {
            self.refusals += 1;
        }
    }

    fn refill(&mut self, now: Instant) {
        if self.full_at.is_some_and(|full_at| now >= full_at) {
            self.left = self.limit;
            (self.full_at, self.refusals) = (None, 0);
        } else if self.refusals < PATIENCE && self.full_at.is_some() {
            let passed = now.saturating_duration_since(self.at).as_secs_f64();
            self.left = (self.left + passed * self.per_second).min(self.limit);
        }
        self.at = now;
    }

    /// How long until `cost` is left.
    pub(super) fn wait(&mut self, cost: f64, now: Instant) -> Duration {
        self.refill(now);
        let missing = cost.min(self.limit) - self.left;
        let Some(full_at) = self.full_at.filter(|_| missing > 0.0) else { return Duration::ZERO };
        let until_full = full_at.saturating_duration_since(now);
        let wait = if self.refusals < PATIENCE && self.per_second > 0.0 {
            seconds(missing / self.per_second).min(until_full)
        } else {
            until_full
        };
        if wait.as_secs_f64() > LONGEST { Duration::ZERO } else { wait }
    }

    pub(super) fn take(&mut self, cost: f64) {
        self.left -= cost;
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// Seconds until a moment: `1s`, `6m0s`, `120ms`, a bare number of seconds, or an RFC 3339 date.
fn span(text: &str, now: fn() -> SystemTime) -> Option<f64> {
    if let Some(seconds) = number(text).or_else(|| units(text)) {
        return Some(seconds);
    }
    let moment: jiff::Timestamp = text.parse().ok()?;
    let now = jiff::Timestamp::try_from(now()).ok()?;
    Some(moment.duration_since(now).as_secs_f64().max(0.0))
}

/// `1h2m3.5s`, as Go writes it.
fn units(mut text: &str) -> Option<f64> {
    let mut sum = 0.0;
    while !text.is_empty() {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (count, rest) = text.split_at(digits);
        let name = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(name);
        let unit = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        sum += number(count)? * unit;
        text = rest;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    fn read(names: &Names, headers: &[(&'static str, &str)]) -> Option<Stated> {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        Stated::read(names, &headers.collect(), now)
    }

    #[test]
    fn both_families_of_headers_are_read() {
        let openai = [
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ];
        assert_eq!(read(&USUAL[0], &openai), Some(Stated { limit: 60.0, remaining: 59.0, reset: 1.0 }));
        assert_eq!(
            read(&USUAL[1], &openai),
            Some(Stated { limit: 150_000.0, remaining: 149_984.0, reset: 360.0 })
        );
        let anthropic = [
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "1994-11-06T08:50:07Z"),
        ];
        assert_eq!(
            read(&ANTHROPIC[0], &anthropic),
            Some(Stated { limit: 50.0, remaining: 0.0, reset: 30.0 })
        );
        assert_eq!(read(&ANTHROPIC[1], &anthropic), None);
    }

    #[test]
    fn nonsense_counts_as_not_said() {
        for (limit, remaining, reset) in [
            ("many", "1", "1s"),
            ("60", "-1", "1s"),
            ("60", "NaN", "1s"),
            ("60", "inf", "1s"),
            ("60", "1", ""),
            ("60", "1", "soon"),
            ("60", "1", "1 s"),
            ("60", "1", "1y"),
            ("60", "1", "s"),
            ("60", "1", "1.2.3s"),
            ("60", "1", "1994-13-06T08:50:07Z"),
        ] {
            let headers = [
                ("x-ratelimit-limit-requests", limit),
                ("x-ratelimit-remaining-requests", remaining),
                ("x-ratelimit-reset-requests", reset),
            ];
            let stated = read(&USUAL[0], &headers);
            assert!(stated.is_none_or(|stated| reset.is_empty() && stated.reset < 1e-9), "{headers:?}");
        }
    }

    #[test]
    fn spans_are_read_as_go_writes_them() {
        for (text, seconds) in [
            ("1s", 1.0),
            ("6m0s", 360.0),
            ("120ms", 0.12),
            ("1h2m3.5s", 3723.5),
            ("7.66s", 7.66),
            ("12", 12.0),
        ] {
            let read = span(text, now).unwrap();
            assert!((read - seconds).abs() < 1e-9, "{read} for {text}");
        }
        assert_eq!(span("1994-11-06T08:00:00Z", now), Some(0.0));
    }

    fn said(limit: f64, remaining: f64, reset: f64, now: Instant) -> Allowance {
        let mut known = None;
        Allowance::update(&mut known, Stated { limit, remaining, reset }, 1, 0.0, now);
        known.unwrap()
    }

    #[test]
    fn what_is_left_is_spent_and_then_what_comes_back() {
        let now = Instant::now();
        let mut allowance = said(60.0, 2.0, 58.0, now);
        for _ in 0..2 {
            assert_eq!(allowance.wait(1.0, now), Duration::ZERO);
            allowance.take(1.0);
        }
        assert_eq!(allowance.wait(1.0, now), Duration::from_secs(1));
        assert_eq!(allowance.wait(1.0, now + Duration::from_secs(1)), Duration::ZERO);
    }

    #[test]
    fn after_a_few_refusals_the_servers_word_is_waited_for() {
        let now = Instant::now();
        let mut allowance = said(60.0, 0.0, 30.0, now);
        (0..PATIENCE).for_each(|_| allowance.refused());
        assert_eq!(allowance.wait(1.0, now), Duration::from_secs(30));
        assert_eq!(allowance.wait(1.0, now + Duration::from_secs(30)), Duration::ZERO);
    }

    #[test]
    fn a_reply_that_was_overtaken_is_not_believed() {
        let now = Instant::now();
        let mut known = None;
        Allowance::update(&mut known, Stated { limit: 60.0, remaining: 10.0, reset: 50.0 }, 7, 3.0, now);
        Allowance::update(&mut known, Stated { limit: 60.0, remaining: 16.0, reset: 50.0 }, 6, 0.0, now);
        assert!((known.unwrap().left - 7.0).abs() < 1e-9);
    }

    #[test]
    fn no_limit_is_a_wall_and_no_pause_is_endless() {
        let now = Instant::now();
        for (limit, remaining, reset) in
            [(0.0, 0.0, 0.0), (0.0, 0.0, 1e300), (60.0, 0.0, 1e300), (60.0, 0.0, 86_400.0), (1e300, 0.0, 0.0)]
        {
            let mut allowance = said(limit, remaining, reset, now);
            assert!(allowance.wait(1.0, now) <= Duration::from_secs(120), "{limit} {reset}");
            (0..PATIENCE).for_each(|_| allowance.refused());
            assert!(allowance.wait(1e9, now) <= Duration::from_secs(120), "{limit} {reset}");
        }
    }
}
