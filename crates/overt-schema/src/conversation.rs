//! From a task's prompt and a sample to the conversation that is held with the system.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{Digest, FewShot, Message, Prompt, Role, Sample, Task, Template, TemplateError};

/// What a task says, compiled once and rendered for each sample. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Conversation {
    script: Arc<Script>,
}

#[derive(Debug)]
struct Script {
    system: Option<Template>,
    turns: Vec<(Role, Template, String)>,
    examples: Vec<Example>,
    draw: Option<Draw>,
}

/// A worked example: its fields, and the two messages that show it.
#[derive(Debug)]
struct Example {
    fields: Map<String, Value>,
    question: String,
    answer: String,
}

/// Show `count` examples, drawn with `seed` and the sample's id.
#[derive(Clone, Copy, Debug)]
struct Draw {
    count: usize,
    seed: u64,
}

/// One step of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Put this message at the end of the conversation.
    Say(Message),
    /// Let the system answer, and put its answer at the end.
    Ask,
}

impl Conversation {
    /// Compiles the task's prompt and renders its worked examples.
    ///
    /// # Errors
    /// When a template cannot be read, or cannot be rendered for an example; the error says in which part.
    pub fn new(task: &Task) -> Result<Self, TemplateError> {
        let Prompt { system, user, turns } = &task.prompt;
        let system = system.as_deref().map(|source| compile(source, "prompt.system")).transpose()?;
        let mut script = Vec::new();
        if let Some(user) = user {
            script.push(turn(Role::User, user, "prompt.user".into())?);
        }
        for (position, entry) in turns.iter().enumerate() {
            for (role, source) in [(Role::User, &entry.user), (Role::Assistant, &entry.assistant)] {
                if let Some(source) = source {
                    script.push(turn(role, source, format!("prompt.turns[{position}].{}", role.as_str()))?);
                }
            }
        }
        let question =
            script.iter().rev().find(|(role, ..)| *role == Role::User).map(|(_, template, _)| template);
        let examples = match (&task.few_shot, question) {
            (Some(few_shot), Some(question)) => examples(few_shot, question)?,
            _ => Vec::new(),
        };
        let draw = task.few_shot.as_ref().and_then(|few_shot| {
            let count = usize::try_from(few_shot.count?).unwrap_or(usize::MAX);
            Some(Draw { count, seed: few_shot.seed })
        });
        Ok(Self { script: Arc::new(Script { system, turns: script, examples, draw }) })
    }

    /// The steps of the conversation about a sample, in order: the system prompt, worked examples, turns. There is
    /// an [`Step::Ask`] after every user turn that no scripted answer follows; the last step is one.
    ///
    /// # Errors
    /// When a template cannot be rendered for the sample; the error says in which part.
    pub fn script(&self, sample: &Sample) -> Result<Vec<Step>, TemplateError> {
        let Script { system, turns, .. } = &*self.script;
        let mut steps = Vec::new();
        if let Some(system) = system {
            let text = system.render(&sample.fields).map_err(|error| error.within("prompt.system"))?;
            steps.push(Step::Say(Message::new(Role::System, text)));
        }
        for example in self.script.shown(sample) {
            steps.push(Step::Say(Message::new(Role::User, example.question.as_str())));
            steps.push(Step::Say(Message::new(Role::Assistant, example.answer.as_str())));
        }
        for (position, (role, template, part)) in turns.iter().enumerate() {
            let text = template.render(&sample.fields).map_err(|error| error.within(part))?;
            steps.push(Step::Say(Message::new(*role, text)));
            let answered = turns.get(position + 1).is_some_and(|(next, ..)| *next == Role::Assistant);
            if *role == Role::User && !answered {
                steps.push(Step::Ask);
            }
        }
        if steps.last() != Some(&Step::Ask) {
            steps.push(Step::Ask);
        }
        Ok(steps)
    }
}

impl Script {
    /// The examples shown before a sample: never the sample itself, whose answer they would give away.
    fn shown(&self, sample: &Sample) -> Vec<&Example> {
        let mut shown: Vec<&Example> = self.examples.iter().filter(|example| !example.is(sample)).collect();
        if let Some(Draw { count, seed }) = self.draw {
            draw(&mut shown, count, seed, &sample.id);
        }
        shown
    }
}

impl Example {
    /// Whether the example is the sample itself: all its fields but `id` are equal.
    fn is(&self, sample: &Sample) -> bool {
        self.fields.iter().all(|(name, value)| name == "id" || sample.fields.get(name) == Some(value))
    }
}

/// Digest of everything that shapes what a system is told: prompt and few-shot examples, as canonical JSON.
///
/// # Errors
/// When the task cannot be written as JSON.
pub fn template_digest(task: &Task) -> Result<Digest, serde_json::Error> {
    Digest::of_json(&serde_json::json!({ "prompt": task.prompt, "few_shot": task.few_shot }))
}

fn compile(source: &str, part: &str) -> Result<Template, TemplateError> {
    Template::new(source).map_err(|error| error.within(part))
}

fn turn(role: Role, source: &str, part: String) -> Result<(Role, Template, String), TemplateError> {
    Ok((role, compile(source, &part)?, part))
}

fn examples(few_shot: &FewShot, question: &Template) -> Result<Vec<Example>, TemplateError> {
    let answer = compile(&few_shot.answer, "few_shot.answer")?;
    let render = |template: &Template, fields: &Map<String, Value>, position: usize| {
        template.render(fields).map_err(|error| error.within(&format!("few_shot.examples[{position}]")))
    };
    let example = |(position, fields): (usize, &Map<String, Value>)| {
        Ok(Example {
            fields: fields.clone(),
            question: render(question, fields, position)?,
            answer: render(&answer, fields, position)?,
        })
    };
    few_shot.examples.iter().enumerate().map(example).collect()
}

/// Keeps `count` items, chosen and ordered at random: the first steps of a Fisher-Yates shuffle, with numbers from
/// SplitMix64 (Steele, Lea, Flood 2014) seeded by the digest of seed and sample id. The same on every machine.
fn draw<T>(items: &mut Vec<T>, count: usize, seed: u64, id: &str) {
    let digest = Digest::of([&seed.to_le_bytes(), id.as_bytes()].concat());
    let mut state = digest.as_bytes().iter().take(8).fold(0, |state, byte| state << 8 | u64::from(*byte));
    for position in 0..count.min(items.len()) {
        let rest = items.len() - position;
        // Multiplying and keeping the high half maps to 0..rest with a bias below rest / 2^64.
        let chosen = (u128::from(split_mix(&mut state)) * rest as u128) >> 64;
        items.swap(position, position + usize::try_from(chosen).unwrap_or(0));
    }
    items.truncate(count);
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(prompt: &Value, few_shot: Option<&Value>) -> Task {
        let mut task = json!({
            "name": "t", "title": "T", "description": "D", "version": "1", "licence": "CC0-1.0",
            "dataset": { "path": "t.jsonl" }, "prompt": prompt,
            "scorers": [{ "name": "exact", "kind": "exact" }],
            "metrics": [{ "name": "accuracy", "kind": "rate", "scorer": "exact", "direction": "higher" }],
        });
        if let Some(few_shot) = few_shot {
            task["few_shot"] = few_shot.clone();
        }
        serde_json::from_value(task).unwrap()
    }

    fn sample(id: &str, fields: Value) -> Sample {
        Sample { id: id.into(), fields: serde_json::from_value(fields).unwrap() }
    }

    fn told(task: &Task, sample: &Sample) -> Vec<String> {
        let tell = |step| match step {
            Step::Ask => "ask".into(),
            Step::Say(message) => format!("{}: {}", message.role.as_str(), message.content),
        };
        Conversation::new(task).unwrap().script(sample).unwrap().into_iter().map(tell).collect()
    }

    #[test]
    fn a_single_turn_is_system_user_ask() {
        let task = task(&json!({ "system": "Be {{ tone }}.", "user": "{{ q }}" }), None);
        let sample = sample("1", json!({ "q": "Why?", "tone": "brief" }));
        assert_eq!(told(&task, &sample), ["system: Be brief.", "user: Why?", "ask"]);
    }

    #[test]
    fn the_system_answers_where_no_answer_is_scripted() {
        let turns = json!({ "turns": [
            { "user": "one" }, { "assistant": "scripted" }, { "user": "two" }, { "user": "three" },
        ] });
        let said = told(&task(&turns, None), &sample("1", json!({})));
        assert_eq!(said, ["user: one", "assistant: scripted", "user: two", "ask", "user: three", "ask"]);
    }

    #[test]
    fn examples_come_before_the_question_and_never_show_the_sample_itself() {
        let few_shot =
            json!({ "answer": "{{ a }}", "examples": [{ "q": "1+1", "a": 2 }, { "q": "2+2", "a": 4 }] });
        let task = task(&json!({ "user": "{{ q }}=" }), Some(&few_shot));
        let other = sample("x", json!({ "q": "3+3", "a": 6 }));
        let said = ["user: 1+1=", "assistant: 2", "user: 2+2=", "assistant: 4", "user: 3+3=", "ask"];
        assert_eq!(told(&task, &other), said);
        let itself = sample("y", json!({ "id": "y", "q": "1+1", "a": 2 }));
        assert_eq!(told(&task, &itself), ["user: 2+2=", "assistant: 4", "user: 1+1=", "ask"]);
    }

    #[test]
    fn drawn_examples_depend_on_seed_and_sample_alone() {
        let examples: Vec<Value> = (0..10).map(|n| json!({ "q": n.to_string() })).collect();
        let with = |seed: u64| {
            let few_shot = json!({ "answer": "a", "examples": examples, "count": 3, "seed": seed });
            task(&json!({ "user": "{{ q }}" }), Some(&few_shot))
        };
        let shown = |seed, id| told(&with(seed), &sample(id, json!({ "q": "?" })));
        assert_eq!(shown(1, "a").len(), 2 * 3 + 2);
        assert_eq!(shown(1, "a"), shown(1, "a"));
        assert_ne!(shown(1, "a"), shown(2, "a"));
        assert_ne!(shown(1, "a"), shown(1, "b"));
    }

    #[test]
    fn every_example_is_drawn_about_equally_often() {
        let mut counts = [0; 5];
        for id in 0..5000 {
            let mut items: Vec<usize> = vec![0, 1, 2, 3, 4];
            draw(&mut items, 2, 7, &id.to_string());
            assert!(items.len() == 2 && items[0] != items[1]);
            for item in items {
                counts[item] += 1;
            }
        }
        // 5000 draws at p = 2/5: mean 2000, standard deviation 35.
        assert!(counts.iter().all(|&count| (1825..=2175).contains(&count)), "{counts:?}");
    }

    #[test]
    fn split_mix_gives_the_published_numbers() {
        // First outputs for seed 1234567, as in the reference implementation's test vectors.
        let mut state = 1_234_567;
        assert_eq!(split_mix(&mut state), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(&mut state), 3_203_168_211_198_807_973);
    }

    #[test]
    fn an_error_says_in_which_part_it_is() {
        let broken = task(&json!({ "turns": [{ "user": "{{ q" }] }), None);
        let error = Conversation::new(&broken).unwrap_err();
        assert_eq!(error.part.as_deref(), Some("prompt.turns[0].user"));
        let fine = task(&json!({ "user": "{{ q }}" }), None);
        let error = Conversation::new(&fine).unwrap().script(&sample("1", json!({ "p": 1 }))).unwrap_err();
        assert_eq!(error.to_string(), "prompt.user, line 1, column 4: there is no field `q`");
    }

    #[test]
    fn the_template_digest_sees_prompt_and_examples_only() {
        let one = task(&json!({ "user": "{{ q }}" }), None);
        let mut two = one.clone();
        two.title = "Other".into();
        assert_eq!(template_digest(&one).unwrap(), template_digest(&two).unwrap());
        two.prompt.user = Some("{{ q }}?".into());
        assert_ne!(template_digest(&one).unwrap(), template_digest(&two).unwrap());
    }
}
