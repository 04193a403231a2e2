//! A sample's fields as the template engine sees them.

use std::sync::Arc;

use minijinja::Value as Jinja;
use minijinja::value::{Enumerator, Object};
use serde_json::{Map, Value};

/// The fields that a template names, converted; the others are never touched.
#[derive(Debug)]
pub(super) struct Fields {
    names: Arc<[Arc<str>]>,
    values: Vec<Option<Jinja>>,
}

impl Fields {
    pub(super) fn context(names: &Arc<[Arc<str>]>, fields: &Map<String, Value>) -> Jinja {
        let values = names.iter().map(|name| fields.get(&**name).map(convert)).collect();
        Jinja::from_object(Self { names: Arc::clone(names), values })
    }
}

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.get_value_by_str(key.as_str()?)
    }

    // A template names a handful of fields, so looking through them beats hashing.
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Jinja> {
        let position = self.names.iter().position(|name| &**name == key)?;
        self.values.get(position)?.clone()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let present = self.names.iter().zip(&self.values).filter(|(_, value)| value.is_some());
        Enumerator::Values(present.map(|(name, _)| Jinja::from(Arc::clone(name))).collect())
    }
}

/// JSON as an engine value. Recursion is as deep as the JSON, whose reader bounds it.
fn convert(value: &Value) -> Jinja {
    match value {
        Value::Null => Jinja::from(()),
        Value::Bool(truth) => Jinja::from(*truth),
        Value::Number(number) => convert_number(number),
        Value::String(text) => Jinja::from(text.as_str()),
        Value::Array(items) => Jinja::from(items.iter().map(convert).collect::<Vec<_>>()),
        Value::Object(map) => {
            Jinja::from_pairs(map.iter().map(|(key, value)| (key.as_str(), convert(value))))
        }
    }
}

fn convert_number(number: &serde_json::Number) -> Jinja {
    if let Some(integer) = number.as_i64() {
        Jinja::from(integer)
    } else if let Some(integer) = number.as_u64() {
        Jinja::from(integer)
    } else {
        Jinja::from(number.as_f64().unwrap_or(f64::NAN))
    }
}
