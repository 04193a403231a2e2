//! What is known of a system that is no interface, without asking it.

use std::time::{SystemTime, UNIX_EPOCH};

use overt_eval::Capabilities;
use overt_schema::{Feature, FirstToken, Probe, Reach, SystemIdentity, Usage};

use super::seen::Seen;

/// What overt knows of a system since it is overt itself that computes or replays.
pub(crate) fn known(identity: &SystemIdentity, capabilities: Capabilities) -> Probe {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seen = |feature| match identity.reach {
        Reach::Local => local(feature, capabilities),
        Reach::Replay => replayed(feature),
        Reach::Api | Reach::Program => Seen::unknown("not asked"),
    };
    Probe {
        probed_ms: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
        overt: env!("CARGO_PKG_VERSION").to_owned(),
        requests: 0,
        max_requests: 0,
        usage: Usage::default(),
        findings: Feature::ALL.into_iter().map(|feature| seen(feature).of(feature)).collect(),
    }
}

fn local(feature: Feature, capabilities: Capabilities) -> Seen {
    match feature {
        Feature::Answers => Seen::yes("it is loaded and runs in this process"),
        Feature::Usage => Seen::yes("overt counts the tokens itself"),
        Feature::Fingerprint => Seen::not_applicable("the digest of the weights says more"),
        Feature::Context => match capabilities.context_tokens {
            Some(tokens) => Seen::yes("the model's own, or what --context allows").with(u64::from(tokens)),
            None => Seen::unknown("the weights do not state it"),
        },
        Feature::AcceptsTemperature
        | Feature::AcceptsTopP
        | Feature::AcceptsTopK
        | Feature::AcceptsStop
        | Feature::AcceptsSeed => Seen::yes("overt samples itself"),
        Feature::Repeatable => Seen::yes("on the same machine an answer depends on its request alone"),
        Feature::SeedEffect => Seen::yes("overt samples itself, from the seed"),
        Feature::StopHonoured => Seen::yes("overt ends the answer itself"),
        Feature::Logprobs => {
            Seen::yes("overt computes them itself, of an answer's first token").with(FirstToken::MOST.into())
        }
        Feature::SystemRole => Seen::unknown("the chat template decides; nothing was asked"),
        Feature::Tools => Seen::no("overt offers no tools to a local model"),
        Feature::Streaming => Seen::not_applicable("nothing is sent"),
        Feature::Choices => Seen::not_applicable("every answer is a request of its own"),
        Feature::Throttles => {
            let most = capabilities.concurrency as u64;
            Seen::no(format!("overt sets the pace itself; {most} at once suit it")).with(most)
        }
    }
}

fn replayed(feature: Feature) -> Seen {
    match feature {
        Feature::Answers => Seen::yes("with the answers of the run, and no others"),
        Feature::Usage => Seen::yes("as the run recorded it"),
        _ => Seen::not_applicable("a replay gives the answers of the run, whatever is asked for"),
    }
}

#[cfg(test)]
mod tests {
    use overt_schema::Verdict;

    use super::*;

    #[test]
    fn nothing_is_asked_and_every_feature_is_spoken_of() {
        let capabilities = Capabilities {
            concurrency: 32,
            max_attempts: 1,
            context_tokens: Some(2048),
            tools: false,
            images: false,
            logprobs: true,
        };
        for reach in [Reach::Local, Reach::Replay] {
            let identity = SystemIdentity {
                name: "m".into(),
                reach,
                model: "m".into(),
                base_url: None,
                artefact: None,
                engine: None,
                system_prompt: None,
                details: std::collections::BTreeMap::new(),
                probe: None,
                observed: overt_schema::Observed::default(),
            };
            let probe = known(&identity, capabilities);
            assert!(probe.answered() && probe.requests == 0);
            assert_eq!(probe.findings.len(), Feature::ALL.len());
            let context = probe.finding(Feature::Context).unwrap();
            let (verdict, value) = match reach {
                Reach::Local => (Verdict::Yes, Some(2048)),
                _ => (Verdict::NotApplicable, None),
            };
            assert_eq!((context.verdict, context.value), (verdict, value));
        }
    }
}
