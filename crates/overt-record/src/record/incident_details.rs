//! What few reports of incidents know, and what other people's formats ask for.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::incident_terms::{
    AttackerObjective, AttackerResource, Autonomy, Breadth, Intent, Novelty, Precision, Principle, SystemTask,
};
use super::{BrokenRule, Interval};
use crate::{Hash, Link, Name, Text};

/// The further fields of an incident. Each may be absent; if all are, so is the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct IncidentDetails {
    /// What the system should have done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Text>,
    /// What it did instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<Text>,
    /// How exactly `occurredAt` is known, if not to the second: it is the beginning of that day, month or year in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_within: Option<Precision>,
    /// Places, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Name>,
    /// What led to it, step by step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain_of_events: Option<Text>,
    /// How the system was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// What somebody has to have in hand to exploit it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attacker_resources: Vec<AttackerResource>,
    /// What somebody who exploits it is after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attacker_objectives: Vec<AttackerObjective>,
    /// Whether the weakness is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub novelty: Option<Novelty>,
    /// How bad, as CVSS writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cvss: Option<CvssVector>,
    /// Rules of its maker or operator that it breaks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
    /// Why it is likely to happen again, with examples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Text>,
    /// How often, as an evaluation measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_prevalence: Option<MeasuredPrevalence>,
    /// Other systems on which the same was seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also_seen_on: Vec<Name>,
    /// Who was harmed, as groups or organisations; never a private person's name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub harmed_parties: Vec<Name>,
    /// How much harm: people, money, time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub harm_quantity: Option<Text>,
    /// Rights that were impaired.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<Name>,
    /// The OECD's principles that it touches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub principles: Vec<Principle>,
    /// Critical functions or infrastructure that it touches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub critical_infrastructure: Vec<Name>,
    /// Industries, by the codes of the UN's ISIC.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub industries: Vec<Industry>,
    /// What the system is used for in an organisation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub business_functions: Vec<Name>,
    /// How far the system is spread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breadth: Option<Breadth>,
    /// How far it acts alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autonomy: Option<Autonomy>,
    /// What it does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<SystemTask>,
    /// How its training data have to do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_data: Option<Text>,
    /// How the model within the system has to do with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Text>,
    /// Under which licence or terms the system is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_rights: Option<Text>,
    /// How several AI systems acted on each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction: Option<Text>,
    /// Why it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<RootCause>,
    /// What the reporter asks of authorities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommendations: Option<Text>,
    /// What monitoring shows that may be connected, near misses too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<Text>,
    /// Anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional: Option<Text>,
}

/// A rule of its maker or operator that a system breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Policy {
    /// Where it stands.
    pub uri: Link,
    /// How it is broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

/// How often it happens, as an evaluation measured it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MeasuredPrevalence {
    /// How many samples showed it.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// Which true shares agree with that.
    pub interval: Interval,
    /// The record of the evaluation, one of the incident's `records`.
    pub record: Hash,
    /// Which task of it.
    pub task: Name,
    /// Which metric of the task.
    pub metric: Name,
}

/// Why it happened (measure 9.2(8) of the EU's code of practice for general-purpose AI).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct RootCause {
    /// What the model gave out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Text>,
    /// What contributed to its giving that out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factors: Option<Text>,
    /// What went in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Text>,
    /// Which safeguards failed or were got round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mitigation_failures: Option<Text>,
}

impl IncidentDetails {
    pub(super) fn check(&self, records: &[Hash]) -> Result<(), BrokenRule> {
        BrokenRule::unless(*self != Self::default(), "details that say nothing are left out")?;
        let causes = self.root_cause.as_ref();
        BrokenRule::unless(
            causes.is_none_or(|cause| *cause != RootCause::default()),
            "a root cause that says nothing is left out",
        )?;
        self.measured_prevalence.as_ref().map_or(Ok(()), |measured| measured.check(records))
    }
}

impl MeasuredPrevalence {
    fn check(&self, records: &[Hash]) -> Result<(), BrokenRule> {
        BrokenRule::unless(
            self.of > 0 && self.count <= self.of,
            "a measured prevalence counts some of its samples",
        )?;
        self.interval.check()?;
        let share = self.interval.low.to_f64() >= 0.0 && self.interval.high.to_f64() <= 1.0;
        BrokenRule::unless(share, "a measured prevalence lies between 0 and 1")?;
        BrokenRule::unless(
            records.contains(&self.record),
            "a measured prevalence comes from one of the records named",
        )
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $error:ident, $message:literal, $fits:path, $max:literal, $pattern:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        #[doc = concat!("Why a text is no [`", stringify!($name), "`].")]
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[error($message)]
        pub struct $error(String);

        impl $name {
            /// As it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                if text.len() <= $max && $fits(text) {
                    return Ok(Self(text.to_owned()));
                }
                Err($error(text.chars().take(80).collect()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "maxLength": $max })
            }
        }
    )+};
}

codes! {
    /// A package URL, without checking its type: `pkg:huggingface/example/model@0a1b2c`.
    Purl, NotAPurl,
    "a package URL is written like pkg:huggingface/example/model@0a1b2c, without spaces; found {0:?}",
    is_purl, 512, r"^pkg:[a-z][a-z0-9.+-]*/[A-Za-z0-9.~_%@/?#&=:+-]+$";

    /// A code of the UN's International Standard Industrial Classification: a section's letter, or two to four digits.
    /// That the code is assigned is not checked: the list changes.
    Industry, NotAnIndustry,
    "an industry is written as ISIC does, a letter from A to V or two to four digits, like Q or 8610; found {0:?}",
    is_industry, 4, "^([A-V]|[0-9]{2,4})$";

    /// A vector of CVSS 3.0, 3.1 or 4.0, such as `CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H`. Its shape is checked, and not
    /// which metrics stand in it.
    CvssVector, NotACvssVector,
    "a CVSS vector begins with CVSS:3.0/, CVSS:3.1/ or CVSS:4.0/ and goes on like AV:N/AC:L; found {0:?}",
    is_cvss, 256, r"^CVSS:(3\.[01]|4\.0)(/[A-Z]{1,3}:[A-Z][a-z]*)+$";
}

fn is_purl(text: &str) -> bool {
    let Some((kind, rest)) = text.strip_prefix("pkg:").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let named = kind.starts_with(|c: char| c.is_ascii_lowercase())
        && kind.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'+' | b'-'));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".~_%@/?#&=:+-".contains(&b);
    named && !rest.is_empty() && rest.bytes().all(plain)
}

fn is_industry(text: &str) -> bool {
    match text.as_bytes() {
        [letter] => (b'A'..=b'V').contains(letter),
        digits => (2..=4).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
    }
}

fn is_cvss(text: &str) -> bool {
    let rest = ["CVSS:3.0/", "CVSS:3.1/", "CVSS:4.0/"].iter().find_map(|version| text.strip_prefix(version));
    rest.is_some_and(|rest| rest.split('/').all(is_cvss_metric))
}

fn is_cvss_metric(metric: &str) -> bool {
    let Some((name, value)) = metric.split_once(':') else { return false };
    let named = (1..=3).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_uppercase());
    let mut value = value.bytes();
    named && value.next().is_some_and(|b| b.is_ascii_uppercase()) && value.all(|b| b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads<T: FromStr>(text: &str) -> bool {
        text.parse::<T>().is_ok()
    }

    #[test]
    fn codes_are_read_in_their_shape_alone() {
        for good in ["pkg:huggingface/example/model@0a1b", "pkg:pypi/torch@2.9.0", "pkg:generic/a%20b?x=y#z"]
        {
            assert!(reads::<Purl>(good), "{good}");
        }
        for bad in [
            "",
            "pkg:",
            "pkg:pypi/",
            "pkg:/x",
            "pkg:PyPI/x",
            "pkg:pypi/a b",
            "pkg:pypi/\u{202E}",
            "https://x/y",
        ] {
            assert!(!reads::<Purl>(bad), "{bad}");
        }
        for good in ["A", "V", "62", "862", "8610"] {
            assert!(reads::<Industry>(good), "{good}");
        }
        for bad in ["", "W", "a", "1", "86100", "8 6", "AB", "٨٦"] {
            assert!(!reads::<Industry>(bad), "{bad}");
        }
        for good in [
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/U:Amber",
        ] {
            assert!(reads::<CvssVector>(good), "{good}");
        }
        for bad in [
            "",
            "CVSS:2.0/AV:N",
            "CVSS:3.1",
            "CVSS:3.1/",
            "CVSS:3.1/AV",
            "CVSS:3.1/AV:n",
            "CVSS:3.1/AV:N/",
            "AV:N",
        ] {
            assert!(!reads::<CvssVector>(bad), "{bad}");
        }
        assert!(!reads::<Purl>(&format!("pkg:pypi/{}", "x".repeat(512))));
    }
}
