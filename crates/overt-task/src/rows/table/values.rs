//! A column's values as JSON.
//!
//! What JSON has is taken as it is. The rest becomes text, the same wherever it is read: dates and times as ISO 8601,
//! decimals with all their digits, bytes as base64. NaN means "missing" where it occurs in data, and becomes null;
//! an infinite number has no such reading and is refused.

use std::fmt::Debug;

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Fields, Float16Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time64MicrosecondType,
    Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::temporal_conversions as temporal;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::TableProblem;
use crate::rows::RowProblem;

/// What a number takes of a row's bytes.
const NUMBER: usize = 8;

/// Refuses columns of which no value could be read.
pub(super) fn check_columns(fields: &Fields) -> Result<(), TableProblem> {
    check_fields(fields, "")
}

fn check_fields(fields: &Fields, above: &str) -> Result<(), TableProblem> {
    let mut names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
    names.sort_unstable();
    if let Some((name, _)) = names.iter().zip(names.iter().skip(1)).find(|(name, next)| name == next) {
        return Err(TableProblem::Twice(format!("{above}{name}")));
    }
    fields.iter().try_for_each(|field| check_type(field.data_type(), &format!("{above}{}", field.name())))
}

fn check_type(data_type: &DataType, column: &str) -> Result<(), TableProblem> {
    match data_type {
        DataType::Null
        | DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Float16
        | DataType::Float32
        | DataType::Float64
        | DataType::Utf8View
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_)
        | DataType::Date32
        | DataType::Time32(TimeUnit::Millisecond)
        | DataType::Time64(_)
        | DataType::Timestamp(TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond, _)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => Ok(()),
        DataType::List(items) => check_type(items.data_type(), column),
        DataType::Struct(fields) => check_fields(fields, &format!("{column}.")),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 && *pair[0].data_type() == DataType::Utf8View => {
                check_type(pair[1].data_type(), column)
            }
            _ => Err(unknown(column, "map whose keys are not texts")),
        },
        other => Err(unknown(column, &other.to_string())),
    }
}

fn unknown(column: &str, found: &str) -> TableProblem {
    TableProblem::Type { column: column.to_owned(), found: found.to_owned() }
}

/// A column's value that is being read, and how many bytes the row may still have.
pub(super) struct Reading<'a> {
    column: &'a str,
    left: usize,
}

impl<'a> Reading<'a> {
    pub(super) fn new(column: &'a str, left: usize) -> Self {
        Self { column, left }
    }

    pub(super) fn left(&self) -> usize {
        self.left
    }

    pub(super) fn value(&mut self, array: &dyn Array, at: usize) -> Result<Value, RowProblem> {
        self.spend(NUMBER)?;
        if array.is_null(at) || *array.data_type() == DataType::Null {
            return Ok(Value::Null);
        }
        match array.data_type() {
            DataType::Boolean => Ok(array.as_boolean().value(at).into()),
            DataType::Int8 => Ok(array.as_primitive::<Int8Type>().value(at).into()),
            DataType::Int16 => Ok(array.as_primitive::<Int16Type>().value(at).into()),
            DataType::Int32 => Ok(array.as_primitive::<Int32Type>().value(at).into()),
            DataType::Int64 => Ok(array.as_primitive::<Int64Type>().value(at).into()),
            DataType::UInt8 => Ok(array.as_primitive::<UInt8Type>().value(at).into()),
            DataType::UInt16 => Ok(array.as_primitive::<UInt16Type>().value(at).into()),
            DataType::UInt32 => Ok(array.as_primitive::<UInt32Type>().value(at).into()),
            DataType::UInt64 => Ok(array.as_primitive::<UInt64Type>().value(at).into()),
            DataType::Float16 => self.short_fraction(array.as_primitive::<Float16Type>().value(at).to_f32()),
            DataType::Float32 => self.short_fraction(array.as_primitive::<Float32Type>().value(at)),
            DataType::Float64 => self.fraction(array.as_primitive::<Float64Type>().value(at)),
            DataType::Utf8View => self.text(array.as_string_view().value(at).to_owned()),
            DataType::BinaryView => self.bytes(array.as_binary_view().value(at)),
            DataType::FixedSizeBinary(_) => self.bytes(array.as_fixed_size_binary().value(at)),
            DataType::Decimal128(..) => self.text(array.as_primitive::<Decimal128Type>().value_as_string(at)),
            DataType::Decimal256(..) => self.text(array.as_primitive::<Decimal256Type>().value_as_string(at)),
            DataType::List(_) => {
                let items = array.as_list::<i32>().value(at);
                (0..items.len()).map(|at| self.value(&items, at)).collect::<Result<_, _>>().map(Value::Array)
            }
            DataType::Struct(fields) => {
                let array = array.as_struct();
                let pairs = fields.iter().zip(array.columns());
                self.object(pairs.map(|(field, column)| (field.name().clone(), column, at)))
            }
            DataType::Map(..) => {
                let entries = array.as_map().value(at);
                let (keys, values) = (entries.column(0).as_string_view(), entries.column(1));
                self.object((0..entries.len()).map(|at| (keys.value(at).to_owned(), values, at)))
            }
            _ => self.moment(array, at),
        }
    }

    fn object<'b>(
        &mut self,
        pairs: impl Iterator<Item = (String, &'b arrow::array::ArrayRef, usize)>,
    ) -> Result<Value, RowProblem> {
        let mut object = Map::new();
        for (name, array, at) in pairs {
            self.spend(name.len())?;
            object.insert(name, self.value(array, at)?);
        }
        Ok(Value::Object(object))
    }

    /// Dates and times. What the calendar does not have (beyond some 262 000 years) is refused.
    fn moment(&mut self, array: &dyn Array, at: usize) -> Result<Value, RowProblem> {
        let (text, zone) = match array.data_type() {
            DataType::Date32 => {
                let days = array.as_primitive::<Date32Type>().value(at);
                (iso(temporal::date32_to_datetime(days).map(|moment| moment.date())), None)
            }
            DataType::Time32(_) => {
                let since = array.as_primitive::<Time32MillisecondType>().value(at);
                (iso(temporal::time32ms_to_time(since)), None)
            }
            DataType::Time64(TimeUnit::Microsecond) => {
                let since = array.as_primitive::<Time64MicrosecondType>().value(at);
                (iso(temporal::time64us_to_time(since)), None)
            }
            DataType::Time64(_) => {
                let since = array.as_primitive::<Time64NanosecondType>().value(at);
                (iso(temporal::time64ns_to_time(since)), None)
            }
            DataType::Timestamp(TimeUnit::Millisecond, zone) => {
                let since = array.as_primitive::<TimestampMillisecondType>().value(at);
                (iso(temporal::timestamp_ms_to_datetime(since)), zone.as_ref())
            }
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                let since = array.as_primitive::<TimestampMicrosecondType>().value(at);
                (iso(temporal::timestamp_us_to_datetime(since)), zone.as_ref())
            }
            DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
                let since = array.as_primitive::<TimestampNanosecondType>().value(at);
                (iso(temporal::timestamp_ns_to_datetime(since)), zone.as_ref())
            }
            // All other types were refused with the schema.
            _ => (None, None),
        };
        let text = text.ok_or_else(|| RowProblem::Moment(self.column.to_owned()))?;
        // Parquet knows of a zone only that it is UTC.
        self.text(if zone.is_some() { text + "Z" } else { text })
    }

    /// The shortest decimal that is read back as the same `f32`: 0.1 stays 0.1.
    fn short_fraction(&mut self, number: f32) -> Result<Value, RowProblem> {
        self.fraction(number.to_string().parse().unwrap_or(f64::from(number)))
    }

    fn fraction(&mut self, number: f64) -> Result<Value, RowProblem> {
        if number.is_infinite() {
            return Err(RowProblem::Infinite(self.column.to_owned()));
        }
        Ok(number.into())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<Value, RowProblem> {
        self.spend(bytes.len() / 3 * 4)?;
        Ok(BASE64_STANDARD.encode(bytes).into())
    }

    fn text(&mut self, text: String) -> Result<Value, RowProblem> {
        self.spend(text.len())?;
        Ok(text.into())
    }

    fn spend(&mut self, bytes: usize) -> Result<(), RowProblem> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(RowProblem::TooLong),
        }
    }
}

/// The calendar's `Debug` is ISO 8601.
fn iso(moment: Option<impl Debug>) -> Option<String> {
    moment.map(|moment| format!("{moment:?}"))
}
