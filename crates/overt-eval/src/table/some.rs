//! Some columns of a batch: those that lists are made of, and those that people search.

use arrow::array::{
    Array, BooleanArray, Float64Array, ListArray, RecordBatch, StringViewArray, StructArray, UInt32Array,
    UInt64Array,
};
use overt_schema::Outcome;

use crate::access::{Glance, GlancedScore, Texts};

fn column<'a, T: 'static>(batch: &'a RecordBatch, name: &str) -> Option<&'a T> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

/// What a list says of samples.
pub(crate) struct GlanceColumns<'a> {
    task: &'a UInt32Array,
    id: &'a StringViewArray,
    epoch: &'a UInt32Array,
    outcome: &'a StringViewArray,
    scores: &'a ListArray,
    scorer: &'a StringViewArray,
    value: &'a Float64Array,
    unparsed: &'a BooleanArray,
    prompt: &'a UInt64Array,
    completion: &'a UInt64Array,
    seconds: &'a Float64Array,
    fields: &'a StringViewArray,
}

impl<'a> GlanceColumns<'a> {
    /// The columns of a batch; `None` if one has another type than ours.
    pub(crate) fn of(batch: &'a RecordBatch) -> Option<Self> {
        let scores: &ListArray = column(batch, "scores")?;
        let items: &StructArray = scores.values().as_any().downcast_ref()?;
        Some(Self {
            task: column(batch, "task_index")?,
            id: column(batch, "id")?,
            epoch: column(batch, "epoch")?,
            outcome: column(batch, "outcome")?,
            scores,
            scorer: items.column_by_name("scorer")?.as_any().downcast_ref()?,
            value: items.column_by_name("value")?.as_any().downcast_ref()?,
            unparsed: items.column_by_name("unparsed")?.as_any().downcast_ref()?,
            prompt: column(batch, "prompt_tokens")?,
            completion: column(batch, "completion_tokens")?,
            seconds: column(batch, "seconds")?,
            fields: column(batch, "sample")?,
        })
    }

    /// Hands a row to `each`; `None` if its outcome is not one that we know.
    pub(crate) fn row(&self, at: usize, each: &mut impl FnMut(&Glance<'_>)) -> Option<()> {
        let outcome = self.outcome.value(at);
        let outcome = Outcome::ALL.into_iter().find(|known| known.as_str() == outcome)?;
        let offsets = self.scores.value_offsets();
        let (from, to) = (usize::try_from(offsets[at]).ok()?, usize::try_from(offsets[at + 1]).ok()?);
        let score = |i: usize| GlancedScore {
            scorer: self.scorer.value(i),
            value: self.value.is_valid(i).then(|| self.value.value(i)),
            unparsed: self.unparsed.value(i),
        };
        let scores: Vec<GlancedScore<'_>> = (from..to).map(score).collect();
        each(&Glance {
            task: self.task.value(at),
            id: self.id.value(at),
            epoch: self.epoch.value(at),
            outcome,
            scores: &scores,
            tokens: self.prompt.value(at).saturating_add(self.completion.value(at)),
            seconds: self.seconds.value(at),
            fields: self.fields.value(at),
        });
        Some(())
    }
}

/// What people search.
pub(crate) struct TextColumns<'a>([&'a StringViewArray; 5]);

impl<'a> TextColumns<'a> {
    /// The columns of a batch; `None` if one has another type than ours.
    pub(crate) fn of(batch: &'a RecordBatch) -> Option<Self> {
        let texts = |name| column(batch, name);
        Some(Self([texts("id")?, texts("sample")?, texts("messages")?, texts("output")?, texts("error")?]))
    }

    /// The texts of a row.
    pub(crate) fn row(&self, at: usize) -> Texts<'a> {
        let [id, fields, messages, output, error] = self.0;
        let maybe = |texts: &'a StringViewArray| texts.is_valid(at).then(|| texts.value(at));
        Texts {
            id: id.value(at),
            fields: fields.value(at),
            messages: messages.value(at),
            output: maybe(output),
            error: maybe(error),
        }
    }
}
