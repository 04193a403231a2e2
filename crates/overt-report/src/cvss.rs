//! The base score of CVSS 3.0 and 3.1, which formats ask for beside the vector.
//!
//! "Common Vulnerability Scoring System version 3.1: Specification Document", sections 7.1 and 7.4 and appendix A. A
//! vector of version 4.0 is passed on without a score: its score comes from a table of 270 groups and not from a formula.

use overt_record::record::CvssVector;

/// A score with its word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    pub(crate) base: f64,
    pub(crate) severity: &'static str,
}

/// The base score of a vector of version 3.0 or 3.1; `None` for 4.0, and if a base metric is missing, unknown or there twice.
pub(crate) fn score(vector: &CvssVector) -> Option<Score> {
    let (version, metrics) = vector.as_str().split_once('/')?;
    let round: fn(f64) -> f64 = match version {
        "CVSS:3.0" => |score| (score * 10.0).ceil() / 10.0,
        "CVSS:3.1" => round_up,
        _ => return None,
    };
    let value = |name: &str| {
        let mut found = metrics
            .split('/')
            .filter_map(|metric| metric.split_once(':'))
            .filter(|(found, _)| *found == name);
        found.next().filter(|_| found.next().is_none()).map(|(_, value)| value)
    };
    let changed = pick(value("S")?, &[("U", 0.0), ("C", 1.0)])? > 0.5;
    let privileges: &[(&str, f64)] = if changed {
        &[("N", 0.85), ("L", 0.68), ("H", 0.5)]
    } else {
        &[("N", 0.85), ("L", 0.62), ("H", 0.27)]
    };
    let exploitability = 8.22
        * pick(value("AV")?, &[("N", 0.85), ("A", 0.62), ("L", 0.55), ("P", 0.2)])?
        * pick(value("AC")?, &[("L", 0.77), ("H", 0.44)])?
        * pick(value("PR")?, privileges)?
        * pick(value("UI")?, &[("N", 0.85), ("R", 0.62)])?;
    let loss = |name: &str| pick(value(name)?, &[("H", 0.56), ("L", 0.22), ("N", 0.0)]);
    let lost = 1.0 - (1.0 - loss("C")?) * (1.0 - loss("I")?) * (1.0 - loss("A")?);
    let impact = if changed { 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02).powi(15) } else { 6.42 * lost };
    let sum = if changed { 1.08 * (impact + exploitability) } else { impact + exploitability };
    let base = if impact <= 0.0 { 0.0 } else { round(sum.min(10.0)) };
    Some(Score { base, severity: severity(base) })
}

fn pick(value: &str, weights: &[(&str, f64)]) -> Option<f64> {
    weights.iter().find(|(name, _)| *name == value).map(|(_, weight)| *weight)
}

/// Appendix A of 3.1: the smallest tenth that is not below, reckoned in whole numbers.
fn round_up(score: f64) -> f64 {
    let whole = (score * 100_000.0).round() as u64;
    if whole.is_multiple_of(10_000) { whole as f64 / 100_000.0 } else { (whole / 10_000 + 1) as f64 / 10.0 }
}

/// Section 5 of the specification.
fn severity(score: f64) -> &'static str {
    match score {
        s if s >= 9.0 => "CRITICAL",
        s if s >= 7.0 => "HIGH",
        s if s >= 4.0 => "MEDIUM",
        s if s > 0.0 => "LOW",
        _ => "NONE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vector: &str) -> Option<(f64, &'static str)> {
        score(&vector.parse().unwrap()).map(|score| (score.base, score.severity))
    }

    /// From FIRST's "CVSS v3.1 Examples": the published base scores.
    #[test]
    fn published_examples_score_as_published() {
        for (vector, expected) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", (6.1, "MEDIUM")), // CVE-2013-1937
            ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", (6.4, "MEDIUM")), // CVE-2013-0375
            ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", (3.1, "LOW")),    // CVE-2014-3566
            ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", (9.9, "CRITICAL")), // CVE-2012-1516
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", (7.5, "HIGH")),   // CVE-2014-0160
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", (9.8, "CRITICAL")), // CVE-2014-6271
            ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:N", (0.0, "NONE")),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", (10.0, "CRITICAL")),
        ] {
            assert_eq!(of(vector), Some(expected), "{vector}");
        }
    }

    #[test]
    fn a_vector_that_lacks_a_metric_has_no_score() {
        for vector in [
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
            "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:3.1/AV:N/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        ] {
            assert_eq!(of(vector), None, "{vector}");
        }
    }
}
