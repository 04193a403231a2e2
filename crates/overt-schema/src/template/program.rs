//! A template's instructions with guards among them.
//!
//! The engine has no hook in its operators, so the guards are called by instructions that stand before, after or in
//! place of the engine's own. For that it takes minijinja's `unstable_machinery`, whose version Cargo.toml therefore
//! names exactly.

use std::collections::HashSet;

use minijinja::machinery::{Instruction, Instructions, Span};
use minijinja::value::Value;

use super::guard::Guard;

/// What was compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It writes text.
    Template,
    /// It leaves a value: the only one that it would write as a template.
    Expression,
}

/// The instructions with guards.
pub(super) fn guarded<'s>(plain: &Instructions<'s>, form: Form) -> Instructions<'s> {
    let instructions = Instructions::new(plain.name(), plain.source());
    let mut program = Program { instructions, length: 0, span: None, line: None };
    // Where each instruction went, and where the program ends.
    let mut places = Vec::new();
    for index in 0.. {
        places.push(program.length);
        let Some(instruction) = plain.get(index) else { break };
        program.span = plain.get_span(index);
        program.line = plain.get_line(index).and_then(|line| u16::try_from(line).ok());
        if form == Form::Template || !matches!(instruction, Instruction::Emit) {
            program.add_guarded(instruction.clone());
        }
    }
    program.turn_jumps(&places);
    program.instructions
}

/// The names that are looked up and that nothing in the source sets. The engine's own list of them lacks what is
/// sliced: `x` in `x[1:]`.
pub(super) fn free_names<'s>(plain: &Instructions<'s>) -> impl Iterator<Item = &'s str> {
    let all = || (0..).map_while(|index| plain.get(index));
    let set: HashSet<&str> = all()
        .filter_map(|instruction| match instruction {
            Instruction::StoreLocal(name) => Some(*name),
            _ => None,
        })
        .chain(["caller", "loop"])
        .collect();
    let looked_up = all().filter_map(|instruction| match instruction {
        Instruction::Lookup(name) => Some(*name),
        _ => None,
    });
    looked_up.filter(|name| !set.contains(name)).collect::<Vec<_>>().into_iter()
}

struct Program<'s> {
    instructions: Instructions<'s>,
    length: u32,
    /// Where in the source the instructions stand that are added.
    span: Option<Span>,
    line: Option<u16>,
}

impl<'s> Program<'s> {
    fn add(&mut self, instruction: Instruction<'s>) {
        match (self.span, self.line) {
            (Some(span), _) => self.instructions.add_with_span(instruction, span),
            (None, Some(line)) => self.instructions.add_with_line(instruction, line),
            (None, None) => self.instructions.add(instruction),
        };
        self.length += 1;
    }

    fn guard(&mut self, guard: Guard) {
        self.add(Instruction::CallFunction(guard.name(), Some(1)));
    }

    fn add_guarded(&mut self, instruction: Instruction<'s>) {
        match instruction {
            // They take a value whole.
            Instruction::Emit | Instruction::GetItem => {
                self.guard(Guard::Value);
                self.add(instruction);
            }
            Instruction::StringConcat
            | Instruction::In
            | Instruction::Eq
            | Instruction::Ne
            | Instruction::Gt
            | Instruction::Gte
            | Instruction::Lt
            | Instruction::Lte
            | Instruction::CompareAndPreserve(_) => {
                for _ in 0..2 {
                    self.add(Instruction::Swap);
                    self.guard(Guard::Value);
                }
                self.add(instruction);
            }
            Instruction::SetAttr(_) => {
                self.add(Instruction::Swap);
                self.guard(Guard::Stored);
                self.add(Instruction::Swap);
                self.add(instruction);
            }
            // They make one. A constant may be a repeated list, which is lazy.
            Instruction::LoadConst(ref value) if value.as_object().is_some() => {
                self.add(instruction);
                self.guard(Guard::Value);
            }
            Instruction::Add
            | Instruction::Mul
            | Instruction::Slice
            | Instruction::BuildList(_)
            | Instruction::BuildTuple(_)
            | Instruction::CallFunction(..)
            | Instruction::CallObject(_) => {
                self.add(instruction);
                self.guard(Guard::Value);
            }
            // They do both.
            Instruction::ApplyFilter(name, count, _) => self.call(Guard::Filter, name, count),
            Instruction::PerformTest(name, count, _) => self.call(Guard::Test, name, count),
            Instruction::CallMethod(name, count) => self.call(Guard::Method, name, count),
            Instruction::BuildMap(pairs) => self.build_map(pairs),
            other => self.add(other),
        }
    }

    /// Has the guard call what is named, in place of the engine: the name goes behind the arguments, of which there
    /// are `count`, or as many as the topmost value says.
    fn call(&mut self, guard: Guard, name: &str, count: Option<u16>) {
        self.add(Instruction::LoadConst(Value::from(name)));
        // The parser allows far fewer arguments than 65 535.
        let count = count.map(|count| count.saturating_add(1));
        if count.is_none() {
            self.add(Instruction::Swap);
            self.add(Instruction::LoadConst(Value::from(1)));
            self.add(Instruction::Add);
        }
        self.add(Instruction::CallFunction(guard.name(), count));
    }

    fn build_map(&mut self, pairs: usize) {
        let count = u16::try_from(pairs * 2).ok();
        if count.is_none() {
            self.add(Instruction::LoadConst(Value::from(pairs * 2)));
        }
        self.add(Instruction::CallFunction(Guard::Map.name(), count));
        self.guard(Guard::Value);
    }

    /// Jumps go to where the instructions went that they went to.
    fn turn_jumps(&mut self, places: &[u32]) {
        for index in 0..self.length {
            let Some(
                Instruction::Jump(target)
                | Instruction::JumpIfFalse(target)
                | Instruction::JumpIfFalseOrPop(target)
                | Instruction::JumpIfTrueOrPop(target)
                | Instruction::Iterate(target)
                | Instruction::BuildMacro(_, target, _),
            ) = self.instructions.get_mut(index)
            else {
                continue;
            };
            if let Some(place) = places.get(*target as usize) {
                *target = *place;
            }
        }
    }
}
