//! The difference of two estimates from different samples.

use crate::proportion::{Count, wilson};
use crate::{Interval, Level};

/// Newcombe's hybrid score interval (1998, Stat. Med. 17:873, method 10) for the first share minus the second: Wilson's
/// limits of both, joined like the sides of a right angle.
pub fn newcombe(first: Count, second: Count, level: Level) -> Interval {
    recovered((first.share(), wilson(first, level)), (second.share(), wilson(second, level)))
}

/// The interval of the first estimate minus the second, both independent, from nothing but the estimates and their
/// intervals of one level: the method of variance estimates recovery, Zou and Donner (2008, Stat. Med. 27:1693), eq. 6.
///
/// It keeps what is lopsided about the intervals. With Wilson's it is [`newcombe`]; with intervals of equal sides it adds
/// their squares.
pub fn recovered(first: (f64, Interval), second: (f64, Interval)) -> Interval {
    let ((p, a), (q, b)) = (first, second);
    let root = |x: f64, y: f64| (x * x + y * y).sqrt();
    Interval::ordered(p - q - root(p - a.low(), b.high() - q), p - q + root(a.high() - p, q - b.low()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(successes: u64, trials: u64) -> Count {
        Count::new(successes, trials).unwrap()
    }

    fn close(interval: Interval, low: f64, high: f64) {
        assert!((interval.low() - low).abs() < 5e-5 && (interval.high() - high).abs() < 5e-5, "{interval:?}");
    }

    #[test]
    fn the_example_of_newcombe_1998_comes_out() {
        // Table II, row "56/70 - 48/80", method 10.
        close(newcombe(count(56, 70), count(48, 80), Level::P95), 0.0524, 0.3339);
        // Row "9/10 - 3/10" and the row without any failure.
        close(newcombe(count(9, 10), count(3, 10), Level::P95), 0.1705, 0.8090);
        close(newcombe(count(10, 10), count(0, 10), Level::P95), 0.6075, 1.0);
    }

    #[test]
    fn the_reference_vector_comes_out() {
        let interval = newcombe(count(45, 50), count(38, 50), Level::P95);
        assert!((interval.low() + 0.009_397).abs() < 1e-6 && (interval.high() - 0.285_551).abs() < 1e-6);
    }

    #[test]
    fn exchanging_the_samples_mirrors_the_interval() {
        let there = newcombe(count(3, 11), count(20, 31), Level::P95);
        let back = newcombe(count(20, 31), count(3, 11), Level::P95);
        assert!((there.low() + back.high()).abs() < 1e-15 && (there.high() + back.low()).abs() < 1e-15);
    }

    #[test]
    fn equal_sides_add_up_like_standard_errors() {
        let about = |centre: f64, half: f64| (centre, Interval::ordered(centre - half, centre + half));
        close(recovered(about(1.0, 0.3), about(0.2, 0.4)), 0.3, 1.3);
        close(recovered(about(0.5, 0.0), about(0.5, 0.0)), 0.0, 0.0);
    }
}
