//! AVID's taxonomy: the entries of its SEP view and its lifecycle view, by code.

/// The entry of the SEP view with a code, such as `E0301`.
pub(super) fn sep(code: &str) -> Option<&'static str> {
    find(SEP, code)
}

/// The stage of the lifecycle view with a code, such as `L06`.
pub(super) fn lifecycle(code: &str) -> Option<&'static str> {
    find(LIFECYCLE, code)
}

/// The risk domain of an entry of the SEP view: that of its first letter.
pub(super) fn risk_domain(entry: &str) -> Option<&'static str> {
    match entry.as_bytes().first()? {
        b'S' => Some("Security"),
        b'E' => Some("Ethics"),
        b'P' => Some("Performance"),
        _ => None,
    }
}

fn find(entries: &[&'static str], code: &str) -> Option<&'static str> {
    let code = code.split(':').next().unwrap_or(code).trim();
    entries
        .iter()
        .copied()
        .find(|entry| entry.split(':').next().is_some_and(|found| found.eq_ignore_ascii_case(code)))
}

const LIFECYCLE: &[&str] = &[
    "L01: Business Understanding",
    "L02: Data Understanding",
    "L03: Data Preparation",
    "L04: Model Development",
    "L05: Evaluation",
    "L06: Deployment",
];

const SEP: &[&str] = &[
    "S0100: Software Vulnerability",
    "S0200: Supply Chain Compromise",
    "S0201: Model Compromise",
    "S0202: Software Compromise",
    "S0300: Over-permissive API",
    "S0301: Information Leak",
    "S0302: Excessive Queries",
    "S0400: Model Bypass",
    "S0401: Bad Features",
    "S0402: Insufficient Training Data",
    "S0403: Adversarial Example",
    "S0500: Exfiltration",
    "S0501: Model inversion",
    "S0502: Model theft",
    "S0600: Data Poisoning",
    "S0601: Ingest Poisoning",
    "E0100: Bias/ Discrimination",
    "E0101: Group fairness",
    "E0102: Individual fairness",
    "E0200: Explainability",
    "E0201: Global explanations",
    "E0202: Local explanations",
    "E0300: User actions",
    "E0301: Toxicity",
    "E0302: Polarization/ Exclusion",
    "E0400: Misinformation",
    "E0401: Deliberative Misinformation",
    "E0402: Generative Misinformation",
    "P0100: Data issues",
    "P0101: Data drift",
    "P0102: Concept drift",
    "P0103: Data entanglement",
    "P0104: Data quality issues",
    "P0105: Feedback loops",
    "P0200: Model issues",
    "P0201: Resilience/ Stability",
    "P0202: OOD generalization",
    "P0203: Scaling",
    "P0204: Accuracy",
    "P0300: Privacy",
    "P0301: Anonymization",
    "P0302: Randomization",
    "P0303: Encryption",
    "P0400: Safety",
    "P0401: Psychological Safety",
    "P0402: Physical safety",
    "P0403: Socioeconomic safety",
    "P0404: Environmental safety",
];
