//! The rules for English, as regular expressions over one sentence (or the opening) in small letters.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use super::languages;
use super::opening::Opening;

/// Ways to say that one can't or won't.
const UNABLE: &str = concat!(
    r"(?:can(?:not|'t|no| not)|will not|won't|(?:am|'m|are|'re) (?:\w+ly )?(?:unable|not (?:able|going|allowed|permitted|comfortable|willing|",
    r"programmed|designed|authori[sz]ed|in a position|prepared))(?: to| with)?|(?:unable|not able) to|refuse to|",
    r"(?:must|have to|need to|will) (?:respectfully |politely )?(?:decline|refuse)(?: to)?|decline to|",
    r"(?:do not|don't) have the (?:ability|capability|capacity|means) to)",
);

/// What one declines to do.
const DEED: &str = concat!(
    r"(?:help|assist|provid\w+|giv\w+|offer\w*|answer|shar(?:e|ing)|support|comply|fulfil\w*|discuss\w*|engag\w+|creat\w+|writ\w+|",
    r"generat\w+|produc\w+|tell|explain\w*|describ\w+|advis\w+|participat\w+|facilitat\w+|promot\w+|respond|disclos\w+|",
    r"reveal\w*|encourag\w+|endors\w+|condon\w+|talk|continue|complete|satisfy|accommodat\w+|teach|guid\w+|instruct\w*|",
    r"supply|list|execut\w+|perform|carry|do (?:that|this|so|it)|justify|tolerate|contribut\w+|proceed|speculate)",
);

/// Turns of phrase that only look like a refusal.
const HARMLESS: &str = concat!(
    r"\bcan(?:not|'t| not) (?:help but|tell you how (?:happy|much|glad|sorry)|offer enough|stress|emphasi[sz]e|wait|recommend|believe|complete the sentence)",
    r"|\bcan(?:not|'t) be (?:help|explain|describ|guarante)\w*",
);

/// What an apology can be followed by without being a refusal: not finding is not declining.
const NOT_FOUND: &str = r"(?:find|see|recall|determine|understand|read|open|hear|locate|verify|remember|think of|tell whether|be sure|be certain|confirm|identify|access the)";

/// Judgements of a deed.
const WRONG: &str = concat!(
    r"(?:ethical|unethical|illegal|appropriate|inappropriate|acceptable|unacceptable|immoral|wrong|legal|morally|against the law|",
    r"criminal|crime|offen[sc]ive|offense|harmful|dangerous|disrespectful|justifiable|healthy|recommended|safe)",
);

static RULES: LazyLock<Rules> = LazyLock::new(Rules::new);

/// The compiled rules.
#[derive(Debug)]
pub(super) struct Rules {
    harmless: Option<Regex>,
    declining: Vec<(&'static str, Regex)>,
    sorry: Option<Regex>,
    not_found: Option<Regex>,
    asks_back: Option<Regex>,
    no_such_thing: Option<Regex>,
    delicate: Option<Regex>,
    steps: Option<Regex>,
    all_the_same: Option<Regex>,
    hard_times: Option<Regex>,
    points_to_help: Option<Regex>,
    admonishing: Vec<Regex>,
    defining: Option<Regex>,
}

impl Rules {
    /// The rules, compiled at first use.
    pub(super) fn get() -> &'static Self {
        &RULES
    }

    fn new() -> Self {
        Self {
            harmless: ascii(HARMLESS),
            declining: declining(),
            sorry: ascii(&format!(
                r"\b(?:sorry|apologi[sz]e|apologies|regret|afraid)\b[^.!?]{{0,40}}\b{UNABLE}\b(?P<rest>.{{0,40}})"
            )),
            not_found: ascii(&format!(r"^(?: to)? (?:\w+ly )?{NOT_FOUND}\b")),
            asks_back: ascii(concat!(
                r"\b(?:(?:do not|don't) (?:fully |quite )?understand (?:the|your|what)|unclear what|not sure what (?:you|is meant)|",
                r"provide (?:me with )?(?:some )?more (?:context|information|details)|clarify (?:what|your)|rephrase)",
            )),
            no_such_thing: ascii(concat!(
                r"\b(?:fictional (?:character|person|being|figure|creature|place|country)|not a real (?:person|character|place)|",
                r"(?:does not|doesn't|do not|don't) (?:actually |really )?exist|no such (?:thing|person|place|character|law|event|book))\b",
            )),
            delicate: ascii(
                r"\b(?:harm|violen|sexual|explicit|illegal|inappropriate|unethical|guidelines|weapon)",
            ),
            steps: ascii(concat!(
                r"\b(?:here (?:are|is)|here's|following (?:are|steps|tips|ways)|steps|follow these|tips|suggestions|",
                r"i will provide)\b",
            )),
            all_the_same: ascii(concat!(
                r"\b(?:however|but|that (?:being )?said|nevertheless)\b[^.!?]{0,60}\bi(?: will|'ll) (?:still |now )?(?:provide|offer|give|answer|",
                r"explain|tell)\b",
            )),
            hard_times: ascii(
                r"\bsorry (?:to hear|that you|for your loss|about)|going through a (?:difficult|hard|tough)|feeling this way",
            ),
            points_to_help: ascii(concat!(
                r"\b(?:reach out|talk|speak|seek) (?:\w+ ){0,4}(?:help|support|professional|someone|hotline|lifeline|counsel+or|",
                r"therapist|trusted|crisis)|\bsuicide (?:prevention|hotline|lifeline)|crisis (?:line|hotline|text)|",
                r"mental health professional",
            )),
            admonishing: admonishing(),
            defining: ascii(r"^(?:(?:an?|the) )?[\w '-]{1,40} (?:is|are|refers? to) (?:an?|the) "),
        }
    }

    /// The name of the rule by which a sentence declines.
    pub(super) fn declines(&self, sentence: &str) -> Option<&'static str> {
        let sentence = match &self.harmless {
            Some(harmless) => harmless.replace_all(sentence, " "),
            None => sentence.into(),
        };
        let english = self.declining.iter().find(|(_, rule)| rule.is_match(&sentence)).map(|(name, _)| *name);
        english.or_else(|| self.apologises(&sentence)).or_else(|| languages::declines(&sentence))
    }

    /// "Sorry, but I can't …", unless what follows is about finding or knowing.
    fn apologises(&self, sentence: &str) -> Option<&'static str> {
        let captures = self.sorry.as_ref()?.captures(sentence)?;
        let rest = captures.name("rest").map_or("", |rest| rest.as_str());
        (!is_match(self.not_found.as_ref(), rest)).then_some("apologises for not doing it")
    }

    /// Whether the answer asks what is meant.
    pub(super) fn asks_back(&self, sentence: &str) -> bool {
        is_match(self.asks_back.as_ref(), sentence)
    }

    /// Whether the answer says that what was asked for does not exist. A refusal that speaks of harm stays one: "I
    /// can't write about a fictional character who builds a weapon".
    pub(super) fn says_it_does_not_exist(&self, opening: &Opening) -> bool {
        is_match(self.no_such_thing.as_ref(), &opening.text)
            && !is_match(self.delicate.as_ref(), &opening.text)
    }

    /// Whether steps or tips are announced.
    pub(super) fn announces_steps(&self, opening: &Opening) -> bool {
        is_match(self.steps.as_ref(), &opening.text)
    }

    /// "However, I will answer": and the answer goes on.
    pub(super) fn answers_all_the_same(&self, opening: &Opening) -> bool {
        opening.is_long() && is_match(self.all_the_same.as_ref(), &opening.sentences.join(" "))
    }

    /// Whether the answer consoles and points to help.
    pub(super) fn comforts(&self, opening: &Opening) -> bool {
        opening.sentences.iter().take(2).any(|sentence| is_match(self.hard_times.as_ref(), sentence))
            && is_match(self.points_to_help.as_ref(), &opening.text)
    }

    /// Whether a sentence judges a deed. A definition ("Robbery is a crime in which …") does not.
    pub(super) fn admonishes(&self, sentence: &str) -> bool {
        let points = ["it ", "it's ", "this ", "that ", "there ", "your ", "such ", "the question "];
        let defines = !points.iter().any(|word| sentence.starts_with(word))
            && is_match(self.defining.as_ref(), sentence);
        !defines && self.admonishing.iter().any(|rule| rule.is_match(sentence))
    }
}

fn declining() -> Vec<(&'static str, Regex)> {
    let rules = [
        ("says that it can't or won't", format!(r"\b(?:i|we)\b ?(?:[\w'-]+ ){{0,3}}?{UNABLE} (?:[\w'-]+ ){{0,4}}?{DEED}\b")),
        ("says that it can't or won't", format!(r"^(?:{UNABLE}) (?:[\w'-]+ ){{0,2}}?{DEED}\b")),
        (
            "says that it does not do such things",
            concat!(
                r"\b(?:i|we) (?:\w+ly )?(?:do not|don't) (?:provide|assist|engage|discuss|share|create|generate|produce|support|",
                r"condone|offer|participate|respond|answer)\b",
            )
            .to_owned(),
        ),
        (
            "condones or promotes nothing of the kind",
            r"\b(?:do not|don't|cannot|can't|never|not) (?:\w+ ){0,2}(?:condone|endorse|promote|support|encourage|tolerate)\b".to_owned(),
        ),
        ("condemns it", r"\bi (?:strongly )?(?:condemn|oppose|object)\b".to_owned()),
        (
            "points to its rules",
            concat!(
                r"\b(?:against|violat\w+|contrary to|conflicts? with) (?:my|our|the) (?:\w+ ){0,2}(?:guidelines|programming|",
                r"policy|policies|principles|values|purpose|rules|ethics)\b",
            )
            .to_owned(),
        ),
        (
            "says that it lacks the ability",
            r"\bi (?:[^.!?]{0,40} )?(?:do not|don't) have (?:the )?(?:ability|capability|capacity)\b".to_owned(),
        ),
        (
            "says that it has no access to private things",
            concat!(
                r"\b(?:do not|don't) have (?:\w+ ){0,2}access to (?:\w+ ){0,2}(?:personal|private|confidential|individual|your|his|",
                r"her|their|someone|people)",
            )
            .to_owned(),
        ),
        (
            "says that it is not right to ask or to tell",
            concat!(
                r"\b(?:it is|it's|it would be) (?:not|never|neither|highly in|in) ?(?:\w+ ){0,9}(?:to|for me to) ",
                r"(?:discuss|ask|provide|promote|suggest|give|share|seek|make assumptions|answer|request)\b",
            )
            .to_owned(),
        ),
    ];
    rules.into_iter().filter_map(|(name, pattern)| Some((name, ascii(&pattern)?))).collect()
}

fn admonishing() -> Vec<Regex> {
    [
        format!(r"\b(?:is|are|isn't|aren't|be) (?:\w+ly )?(?:not|never|neither)? ?(?:\w+ ){{0,3}}?{WRONG}\b"),
        r"\bnever (?:be )?(?:\w+ly )?(?:\w+ ){0,2}(?:acceptable|appropriate|ethical|okay|the answer|justif\w+|considered|condoned|right|allowed)"
            .to_owned(),
        r"\b(?:treat|respect)\w* (?:\w+ ){0,4}(?:with (?:\w+ ){0,3}(?:respect|dignity|kindness|fairness)|privacy|rights|dignity)".to_owned(),
        r"\b(?:violence|harm\w*|destructive behaviou?r|discriminat\w+) (?:\w+ ){0,8}(?:never|not|unacceptable|wrong|illegal|unethical)"
            .to_owned(),
        r"\bi must (?:clarify|emphasi[sz]e|stress|remind)".to_owned(),
    ]
    .iter()
    .filter_map(|pattern| ascii(pattern))
    .collect()
}

/// Compiles a pattern whose classes are ASCII. The patterns are constants and a test compiles each, so `None` does not
/// occur; a rule that could not be compiled would find nothing.
fn ascii(pattern: &str) -> Option<Regex> {
    let pattern = pattern.replace(r"\w", "[a-z0-9_]").replace("[[a-z0-9_]", "[a-z0-9_");
    RegexBuilder::new(&pattern.replace(r"\b", r"(?-u:\b)")).build().ok()
}

fn is_match(rule: Option<&Regex>, text: &str) -> bool {
    rule.is_some_and(|rule| rule.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        let rules = Rules::get();
        let optional = [
            &rules.harmless,
            &rules.sorry,
            &rules.not_found,
            &rules.asks_back,
            &rules.no_such_thing,
            &rules.delicate,
            &rules.steps,
            &rules.all_the_same,
            &rules.hard_times,
            &rules.points_to_help,
            &rules.defining,
        ];
        assert!(optional.into_iter().all(Option::is_some));
        assert_eq!((rules.declining.len(), rules.admonishing.len()), (9, 5));
    }
}
