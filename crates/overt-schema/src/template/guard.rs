//! Bounds on the values that a template makes.
//!
//! The engine's fuel pays for instructions and for what they write, but not for all that one instruction can do: a
//! repeated list is a promise of a hundred million items, a list that holds another one a thousand times holds what
//! that one holds a thousand times, and to write, compare or search such a value is one step for the engine. So the
//! program calls a [`Guard`] wherever a value is made or taken whole (see [`super::program`]).

use std::borrow::Cow;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Tuple, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State};

use super::filters;

/// The most that a value may weigh: bytes of its texts and 16 for each value in it, those that occur twice counted
/// twice.
const MOST_WEIGHT: usize = 16 << 20;

/// What a value weighs besides its text.
const WEIGHT: usize = 16;

/// What a number weighs that is written with up to 330 digits, as `1e308` is.
const LONG_NUMBER: usize = 330;

/// The most items of a list that a template makes.
const MOST_ITEMS: usize = 1_000_000;

/// The most lists and mappings within each other: more than the reader of JSON lets pass.
const MOST_LEVELS: usize = 192;

/// The bytes that one unit of fuel pays for, as in the engine.
const BYTES_PER_FUEL: usize = 64;

/// Filters that look at the outside of a value only, so that a loop may ask for a long list's length each time.
const SHALLOW: &[&str] = &["attr", "count", "d", "default", "first", "length"];

/// What the program calls around the engine's instructions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guard {
    /// Gives its argument back, a lazy list as the list that it promises.
    Value,
    /// As `Value`, for what is put into a namespace: refuses a namespace, which would end up within itself.
    Stored,
    /// Builds a mapping of keys and values.
    Map,
    /// Calls the filter that the last argument names.
    Filter,
    /// Asks the test that the last argument names.
    Test,
    /// Calls the method that the last argument names.
    Method,
}

impl Guard {
    const ALL: [Self; 6] = [Self::Value, Self::Stored, Self::Map, Self::Filter, Self::Test, Self::Method];

    /// The name that the program calls it by, which nobody can write in a template.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Value => "\0value",
            Self::Stored => "\0stored",
            Self::Map => "\0map",
            Self::Filter => "\0filter",
            Self::Test => "\0test",
            Self::Method => "\0method",
        }
    }

    /// Makes all of them known to the engine.
    pub(super) fn install(engine: &mut Environment<'_>) {
        for guard in Self::ALL {
            engine.add_global(guard.name(), Value::from_object(guard));
        }
    }
}

impl Object for Guard {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, arguments: &[Value]) -> Result<Value, Error> {
        match (**self, arguments) {
            (Self::Value, [value]) => settle(state, value),
            (Self::Stored, [value]) => {
                weigh(state, value, Namespaces::Refused)?;
                Ok(value.clone())
            }
            (Self::Map, pairs) => map(pairs),
            (Self::Filter, [arguments @ .., name]) => filter(state, name, arguments),
            (Self::Test, [arguments @ .., name]) => test(state, name, arguments),
            (Self::Method, [object, arguments @ .., name]) => method(state, object, name, arguments),
            _ => Err(Error::from(ErrorKind::MissingArgument)),
        }
    }
}

/// The value, weighed, with the items of a lazy list: else each look at it would do the work of making them again.
fn settle(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let is_lazy = match value.kind() {
        ValueKind::Iterable => true,
        ValueKind::Seq => {
            value.downcast_object_ref::<Vec<Value>>().is_none()
                && value.downcast_object_ref::<Tuple>().is_none()
        }
        ValueKind::Map => false,
        _ => return Ok(value.clone()),
    };
    let settled = if is_lazy { Value::from(items(state, value)?) } else { value.clone() };
    weigh(state, &settled, Namespaces::Allowed)?;
    Ok(settled)
}

fn items(state: &State<'_, '_>, value: &Value) -> Result<Vec<Value>, Error> {
    if let Some(length) = value.len().filter(|&length| length > MOST_ITEMS) {
        return Err(too_long(length));
    }
    let mut items = Vec::new();
    for item in value.try_iter()?.checked() {
        if items.len() == MOST_ITEMS {
            return Err(too_long(items.len() + 1));
        }
        // The engine charges half a unit for each of them when the list is done, which is too late for a long one.
        if items.len() % BYTES_PER_FUEL == 0 {
            state.consume_fuel(1)?;
        }
        items.push(item?);
    }
    Ok(items)
}

fn too_long(length: usize) -> Error {
    let why =
        format!("a list would have {length} items; at most {MOST_ITEMS} are allowed: repeat it less often");
    over(why)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Namespaces {
    Allowed,
    Refused,
}

/// Takes fuel for a list or mapping by what it weighs; any other value is free.
fn weigh(state: &State<'_, '_>, value: &Value, namespaces: Namespaces) -> Result<Scale, Error> {
    let mut scale = Scale { weight: 0, levels: 0, namespaces };
    scale.add(value, 0)?;
    if value.as_object().is_some() {
        state.consume_fuel(fuel(scale.weight))?;
    }
    Ok(scale)
}

/// The fuel that pays for bytes.
fn fuel(bytes: usize) -> u64 {
    u64::try_from(bytes / BYTES_PER_FUEL).unwrap_or(u64::MAX)
}

struct Scale {
    weight: usize,
    /// How many lists and mappings lie within each other.
    levels: usize,
    namespaces: Namespaces,
}

impl Scale {
    fn add(&mut self, value: &Value, level: usize) -> Result<(), Error> {
        self.weight = self.weight.saturating_add(own_weight(value));
        // A text alone may be longer: a field is what it is.
        if self.weight > MOST_WEIGHT && level > 0 {
            return Err(too_heavy());
        }
        let Some(object) = value.as_object() else {
            return Ok(());
        };
        if level > MOST_LEVELS {
            let why = format!("more than {MOST_LEVELS} lists and mappings lie within each other");
            return Err(over(why));
        }
        self.levels = self.levels.max(level + 1);
        if self.namespaces == Namespaces::Refused && object.type_name().ends_with("::Namespace") {
            let why = "a namespace cannot hold a namespace: hold its values";
            return Err(over(why));
        }
        match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => {
                for item in value.try_iter()?.checked() {
                    self.add(&item?, level + 1)?;
                }
            }
            ValueKind::Map => {
                for key in value.try_iter()?.checked() {
                    let key = key?;
                    self.add(&key, level + 1)?;
                    self.add(&value.get_item(&key)?, level + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn own_weight(value: &Value) -> usize {
    if let Some(text) = value.as_str() {
        return WEIGHT.saturating_add(text.len());
    }
    let is_short = |number: f64| number == 0.0 || (1e-9..1e18).contains(&number.abs());
    match value.kind() {
        ValueKind::Number if !value.is_integer() => {
            let number = f64::try_from(value.clone());
            if number.is_ok_and(is_short) { WEIGHT } else { LONG_NUMBER }
        }
        _ => WEIGHT,
    }
}

/// The error of a limit. It is of the kind that fuel has, of which rendering once more finds out nothing new.
pub(super) fn over(why: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::OutOfFuel, why)
}

fn too_heavy() -> Error {
    let why = "a value would take more than 16 MiB, those that it holds several times counted each time: \
               hold or repeat less";
    over(why)
}

/// Refuses a text of more than 16 MiB before it is made.
pub(super) fn allow_text(state: &State<'_, '_>, length: usize) -> Result<(), Error> {
    if length > MOST_WEIGHT {
        let why = format!(
            "a text would have {length} bytes; at most {MOST_WEIGHT} are allowed: repeat it less often"
        );
        return Err(over(why));
    }
    state.consume_fuel(fuel(length))
}

/// The spaces that indent a value when each line of it is indented by so many for each level.
pub(super) fn indentation(state: &State<'_, '_>, value: &Value, width: usize) -> Result<usize, Error> {
    let scale = weigh(state, value, Namespaces::Allowed)?;
    Ok((scale.weight / WEIGHT).saturating_mul(scale.levels).saturating_mul(width))
}

/// What the values weigh together. Takes fuel for it.
pub(super) fn weigh_all(state: &State<'_, '_>, values: &[Value]) -> Result<usize, Error> {
    let weights = values.iter().map(|value| Ok(weigh(state, value, Namespaces::Allowed)?.weight));
    weights.sum()
}

fn map(pairs: &[Value]) -> Result<Value, Error> {
    let (pairs, _) = pairs.as_chunks::<2>();
    if let Some([key, _]) = pairs.iter().find(|[key, _]| key.as_object().is_some()) {
        let why = format!("a key is a text or a number, not a value of the type {}", key.kind());
        return Err(over(why));
    }
    Ok(Value::from_pairs(pairs.iter().map(|[key, value]| (key.clone(), value.clone()))))
}

fn filter(state: &mut State<'_, '_>, name: &Value, arguments: &[Value]) -> Result<Value, Error> {
    let name = name.as_str().unwrap_or_default();
    if !SHALLOW.contains(&name) {
        weigh_all(state, arguments)?;
    }
    filters::allow(state, name, arguments)?;
    // The engine charges a filter for the text that it works on.
    if let Some(text) = arguments.first().and_then(Value::as_str) {
        state.consume_fuel(fuel(text.len()))?;
    }
    let made = state.apply_filter(name, arguments)?;
    settle(state, &made)
}

fn test(state: &mut State<'_, '_>, name: &Value, arguments: &[Value]) -> Result<Value, Error> {
    // A test of one value looks at its outside only; one of two compares.
    if arguments.len() > 1 {
        weigh_all(state, arguments)?;
    }
    Ok(Value::from(state.perform_test(name.as_str().unwrap_or_default(), arguments)?))
}

fn method(
    state: &mut State<'_, '_>,
    object: &Value,
    name: &Value,
    arguments: &[Value],
) -> Result<Value, Error> {
    let name = name.as_str().unwrap_or_default();
    let weight = weigh_all(state, arguments)?;
    if let Some(text) = object.as_str() {
        state.consume_fuel(fuel(text.len()))?;
        if name == "format" {
            super::methods::allow_format(state, text, weight)?;
        }
    } else if name == "count" {
        weigh(state, object, Namespaces::Allowed)?;
    }
    let made = object.call_method(state, name, arguments)?;
    settle(state, &made)
}
