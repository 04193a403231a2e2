//! Values as people write them on the command line: levels, amounts, times, shares.

use std::time::Duration;

use overt_eval::Tolerance;

pub(super) fn level(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(level) if level > 0.5 && level < 1.0 => Ok(level),
        _ => Err("a level lies between 0.5 and 1, for example 0.95".into()),
    }
}

pub(super) fn amount(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(amount) if amount > 0.0 && amount.is_finite() => Ok(amount),
        _ => Err("an amount is a number above 0, in the currency of the prices, for example 2.50".into()),
    }
}

pub(super) fn half_width(text: &str) -> Result<f64, String> {
    let number = text.trim().strip_prefix("half-width").map(str::trim_start);
    let number = number.and_then(|rest| rest.strip_prefix("<=")).map(str::trim);
    match number.and_then(|number| number.parse::<f64>().ok()) {
        Some(width) if width > 0.0 && width.is_finite() => Ok(width),
        _ => Err("write 'half-width <= 0.03', with the number in the metric's unit".into()),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit.trim() {
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => f64::NAN,
    };
    let seconds = number.parse::<f64>().ok().map(|number| number * factor).filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "a time is a number with s, min or h, for example 90s, 30min or 2h".into())
}

pub(super) fn tolerance(text: &str) -> Result<Tolerance, String> {
    let wrong = || "a count such as 10, or a share of the samples such as 5%".to_owned();
    match text.strip_suffix('%') {
        Some(percent) => {
            let percent = percent.trim().parse::<f64>().map_err(|_error| wrong())?;
            let share = Some(percent / 100.0).filter(|share| (0.0..=1.0).contains(share));
            share.map(Tolerance::Share).ok_or_else(wrong)
        }
        None => text.parse().map(Tolerance::Count).map_err(|_error| wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_shares_are_read_as_people_write_them() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1.5 h"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("30min"), Ok(Duration::from_secs(1800)));
        for wrong in ["", "h", "-1s", "0", "5 weeks", "1e400s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(tolerance("10"), Ok(Tolerance::Count(10)));
        assert_eq!(tolerance("2.5%"), Ok(Tolerance::Share(0.025)));
        for wrong in ["", "%", "-1", "101%", "0.5"] {
            assert!(tolerance(wrong).is_err(), "{wrong}");
        }
        assert_eq!(half_width("half-width<=0.05"), Ok(0.05));
        for wrong in ["0.05", "half-width < 0.05", "half-width <= 0", "half-width <= x"] {
            assert!(half_width(wrong).is_err(), "{wrong}");
        }
        assert!(amount("0").is_err() && amount("nan").is_err() && amount("inf").is_err());
    }
}
