//! The mean of a score within a known range.

use crate::bootstrap::percentile_t;
use crate::design::{FEW, degrees_of_freedom};
use crate::proportion::{effective_observations, exact_at};
use crate::special::{exp, ln, t_quantile};
use crate::{Clusters, Estimate, Interval, Level, Method, Sampling};

/// The mean with the interval that fits the sample; values and interval lie in `range`, which must not be a point.
///
/// - No spread: an interval that allows for values not seen yet (`all-equal`).
/// - A mean within a twentieth of the range's ends, or a single cluster: the interval of a proportion with this mean
///   (`korn-graubard`). Among values in a range those at its ends vary most, so this is wide rather than wrong.
/// - Too few clusters for a variance (see [`crate::design`]): with five or more a percentile-t bootstrap over clusters
///   (`cluster-bootstrap-t`, the only use of `seed`), with fewer again the interval of a proportion.
/// - Otherwise Student's t (`t`, `clustered-t`; Miller 2024, arXiv:2411.00640, section 2).
pub fn estimate(sample: &Clusters, range: Interval, level: Level, seed: u64) -> Estimate {
    let unit = sample.to_unit(range);
    let share = unit.mean().clamp(0.0, 1.0);
    let (interval, method) = unit_interval(&unit, share, level, seed);
    Estimate { value: share, interval: interval.clamped(Interval::UNIT).reaching(share), method }
        .mapped(range.width(), range.low())
}

fn unit_interval(unit: &Clusters, share: f64, level: Level, seed: u64) -> (Interval, Method) {
    let as_proportion =
        || (exact_at(share, effective_observations(unit, unit.weight(), level), level), Method::KornGraubard);
    let Some(error) = unit.standard_error() else { return as_proportion() };
    if error <= 1e-12 {
        return (all_equal(share, unit.effective_count(), level), Method::AllEqual);
    }
    if !(0.05..=0.95).contains(&share) {
        return as_proportion();
    }
    let freedom = degrees_of_freedom(unit);
    let method = match unit.sampling() {
        Sampling::Independent => Method::T,
        Sampling::Clustered if freedom >= FEW => Method::ClusteredT,
        Sampling::Clustered if unit.count() >= 5 => {
            return (percentile_t(unit, level, seed), Method::ClusterBootstrapT);
        }
        Sampling::Clustered => return as_proportion(),
    };
    (Interval::around(share, error * t_quantile(level.tail(), freedom)), method)
}

fn all_equal(c: f64, n: f64, level: Level) -> Interval {
    let others = share_unseen(n, level);
    Interval::ordered(c * (1.0 - others), c * (1.0 - others) + others)
}

/// If `n` of `n` independent values are equal, the share of others is at most `u = 1 - tail^(1/n)` (Clopper and
/// Pearson). Even if those all sat at one end of `0..=1`, the mean would lie within `[c(1 - u), c(1 - u) + u]`.
pub(crate) fn share_unseen(n: f64, level: Level) -> f64 {
    1.0 - exp(ln(level.tail()) / n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cluster;

    const P95: Level = Level::P95;

    fn range(low: f64, high: f64) -> Interval {
        Interval::new(low, high).unwrap()
    }

    #[test]
    fn independent_values_get_students_t() {
        // s/√n = √0.5, t(0.975; 4) = 2.776445.
        let sample = Clusters::independent([1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let found = estimate(&sample, range(0.0, 10.0), P95, 0);
        assert_eq!(found.method, Method::T);
        assert!((found.value - 3.0).abs() < 1e-12);
        assert!((found.interval.high() - (3.0 + 2.776_445_105 * 0.5_f64.sqrt())).abs() < 1e-6);
    }

    #[test]
    fn the_interval_stays_in_the_range() {
        let sample = Clusters::independent([0.0, 0.0, 1.0]).unwrap();
        let found = estimate(&sample, range(0.0, 1.0), P95, 0);
        assert!(found.interval.low() >= 0.0 && found.interval.high() <= 1.0);
    }

    #[test]
    fn equal_values_keep_room_for_others() {
        let sample = Clusters::independent(vec![4.0; 50]).unwrap();
        let found = estimate(&sample, range(0.0, 5.0), P95, 0);
        let u = 1.0 - 0.025_f64.powf(1.0 / 50.0);
        assert_eq!(found.method, Method::AllEqual);
        assert!((found.interval.low() - 4.0 * (1.0 - u)).abs() < 1e-9);
        assert!((found.interval.high() - (4.0 + u)).abs() < 1e-9);
    }

    #[test]
    fn the_number_and_weight_of_clusters_choose_the_method() {
        let clusters = |count: u8| {
            let items = (0..count).map(|i| Cluster { sum: 4.0 * f64::from(i % 5) / 4.0, weight: 4.0 });
            estimate(&Clusters::new(items).unwrap(), Interval::UNIT, P95, 7)
        };
        assert_eq!(clusters(30).method, Method::ClusteredT);
        assert_eq!(clusters(8).method, Method::ClusterBootstrapT);
        assert_eq!(clusters(8), clusters(8));
        assert_eq!(clusters(4).method, Method::KornGraubard);
        let one =
            estimate(&Clusters::new([Cluster { sum: 2.0, weight: 4.0 }]).unwrap(), Interval::UNIT, P95, 0);
        assert!(one.interval.width() > 0.9, "{one:?}");
    }

    #[test]
    fn shifting_and_stretching_the_scale_moves_the_interval_with_it() {
        let values = [0.2, 0.4, 0.9, 0.3, 0.5, 0.8];
        let unit = estimate(&Clusters::independent(values).unwrap(), Interval::UNIT, P95, 0);
        let scaled = Clusters::independent(values.map(|v| 10.0 * v - 5.0)).unwrap();
        let moved = estimate(&scaled, range(-5.0, 5.0), P95, 0);
        assert!((moved.interval.low() - (10.0 * unit.interval.low() - 5.0)).abs() < 1e-9);
        assert!((moved.interval.high() - (10.0 * unit.interval.high() - 5.0)).abs() < 1e-9);
    }
}
