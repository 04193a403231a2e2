//! Whether the system was told what its task says.

use overt_schema::{Conversation, Outcome, Role, SampleRow, Step};

/// How the messages of a row differ from those that the task makes of its sample, up to what the system itself said.
pub(super) fn prompt_differs(conversation: &Conversation, row: &SampleRow) -> Option<String> {
    let steps = match conversation.script(&row.sample) {
        Ok(steps) => steps,
        Err(error) => return Some(format!("its prompt cannot be made: {error}")),
    };
    let mut messages = row.messages.iter().peekable();
    // Whether the question that came last has no answer but the row's own.
    let mut asked = false;
    for step in steps {
        match step {
            Step::Say(expected) => match messages.next() {
                Some(message) if *message == expected => {}
                Some(_) => return Some("the system was told something else than the task says".into()),
                None if asked && ends_in_the_middle(row) => return None,
                None if asked => return Some("it ends before the task's last question".into()),
                None => return Some("the system was not told what the task says".into()),
            },
            Step::Ask => {
                asked = messages.peek().is_none_or(|message| message.role != Role::Assistant);
                if !asked {
                    messages.next();
                }
            }
        }
    }
    messages.next().map(|_| "the system was told more than the task says".into())
}

/// Whether a conversation may end before its last question: it failed, a filter ended it, or a tool was asked for that
/// nobody has.
fn ends_in_the_middle(row: &SampleRow) -> bool {
    let answer = &row.answer;
    answer.output.is_none() || answer.outcome == Outcome::ContentFiltered || !answer.tool_calls.is_empty()
}
