//! From a file's columns to a task's fields.

use overt_schema::nearest;
use serde_json::{Map, Value};

use crate::error::{DatasetError, RowProblem};

/// `dataset.fields`: which column becomes which field.
///
/// A mapped column loses its own name; a column that has the name of a mapped field gives way to it; all others stay
/// as they are and where they are.
#[derive(Debug, Default)]
pub(crate) struct Mapping {
    /// Field and column.
    pairs: Vec<(String, String)>,
}

impl Mapping {
    pub(crate) fn new(fields: &Map<String, Value>) -> Result<Self, DatasetError> {
        let pair = |(field, column): (&String, &Value)| match column {
            Value::String(column) => Ok((field.clone(), column.clone())),
            _ => Err(DatasetError::Fields(field.clone())),
        };
        Ok(Self { pairs: fields.iter().map(pair).collect::<Result<_, _>>()? })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(crate) fn apply(&self, row: Map<String, Value>) -> Result<Map<String, Value>, RowProblem> {
        if self.is_empty() {
            return Ok(row);
        }
        for (field, column) in &self.pairs {
            if !row.contains_key(column) {
                let nearest = nearest(column, row.keys().map(String::as_str)).map(str::to_owned);
                return Err(RowProblem::NoColumn { field: field.clone(), column: column.clone(), nearest });
            }
        }
        let mut fields = Map::with_capacity(row.len());
        for (column, value) in row {
            let mut targets = self.pairs.iter().filter(|(_, from)| *from == column).map(|(field, _)| field);
            match targets.next() {
                Some(first) => {
                    for field in targets {
                        fields.insert(field.clone(), value.clone());
                    }
                    fields.insert(first.clone(), value);
                }
                None if self.pairs.iter().any(|(field, _)| *field == column) => {}
                None => {
                    fields.insert(column, value);
                }
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("not an object: {other}"),
        }
    }

    fn map(fields: Value, row: Value) -> Result<Value, RowProblem> {
        Mapping::new(&object(fields)).unwrap().apply(object(row)).map(Value::Object)
    }

    #[test]
    fn columns_are_renamed_and_the_others_stay() {
        let mapped = map(json!({ "target": "answer" }), json!({ "q": "?", "answer": 3, "x": null }));
        assert_eq!(mapped.unwrap(), json!({ "q": "?", "target": 3, "x": null }));
    }

    #[test]
    fn two_columns_can_swap_names_and_one_can_fill_two_fields() {
        let row = json!({ "a": 1, "b": 2 });
        assert_eq!(map(json!({ "a": "b", "b": "a" }), row.clone()).unwrap(), json!({ "a": 2, "b": 1 }));
        assert_eq!(
            map(json!({ "x": "a", "y": "a" }), row.clone()).unwrap(),
            json!({ "x": 1, "y": 1, "b": 2 })
        );
        assert_eq!(map(json!({ "b": "a" }), row).unwrap(), json!({ "b": 1 }));
    }

    #[test]
    fn a_missing_column_names_the_nearest_one() {
        let error = map(json!({ "target": "anwser" }), json!({ "answer": 3 })).unwrap_err();
        assert!(matches!(error, RowProblem::NoColumn { nearest: Some(near), .. } if near == "answer"));
        assert!(Mapping::new(&object(json!({ "target": 1 }))).is_err());
    }
}
