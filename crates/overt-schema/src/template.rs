//! Templates: texts with holes that a sample's fields fill.
//!
//! The language is Jinja (minijinja), in the dialect that people know from chat templates: Python's string methods
//! work, a trailing line break stays, nothing is escaped. An unknown field is an error, never an empty string: a
//! prompt with a hole in it would be asked, scored and published. There is no include, import or file access, and
//! both the work and the output of a render are bounded, so a stranger's task file can be rendered safely.

use std::sync::{Arc, LazyLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value as Jinja;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, machinery};
use minijinja_contrib::pycompat::unknown_method_callback;
use serde_json::{Map, Value};

pub use error::TemplateError;
pub(crate) use error::position as position_of_word;
use fields::Fields;
use guard::Guard;
use program::Form;

mod constants;
mod error;
mod fields;
mod filters;
mod guard;
mod methods;
mod names;
mod program;

/// The most bytes that a render may produce.
const MAX_OUTPUT: usize = 16 << 20;

/// Units of work for one render: about one an instruction and one per 64 bytes made, so a document of 10 MB passes,
/// and an endless loop stops within a second and before it has made 128 MB.
const FUEL: u64 = 2_000_000;

/// What all templates share.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_unknown_method_callback(unknown_method_callback);
    engine.set_fuel(Some(FUEL));
    engine.set_debug(false);
    // It writes out all there is, whatever that takes.
    engine.remove_global("debug");
    Guard::install(&mut engine);
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        engine.set_syntax(syntax);
    }
    engine
});

/// What an expression stands between when it is compiled as the only hole of a template: what no expression holds.
const OPEN: &str = "\u{1} ";
const CLOSE: &str = " \u{2}";

/// What all expressions share.
static EXPRESSIONS: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = ENGINE.clone();
    if let Ok(syntax) = SyntaxConfig::builder().variable_delimiters(OPEN.trim(), CLOSE.trim()).build() {
        engine.set_syntax(syntax);
    }
    engine
});

/// A compiled template. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Template {
    source: Arc<str>,
    /// `None` for a text without holes.
    compiled: Option<Arc<Compiled>>,
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// When the text is not a template: the error points to the place.
    pub fn new(source: &str) -> Result<Self, TemplateError> {
        let compiled = if has_holes(source) { Some(Arc::new(Compiled::template(source)?)) } else { None };
        Ok(Self { source: source.into(), compiled })
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The fields that the template names, sorted.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.compiled.iter().flat_map(|compiled| compiled.names.iter().map(|name| &**name))
    }

    /// Fills the holes with a sample's fields.
    ///
    /// # Errors
    /// When a field is missing or does not fit what the template does with it, or when the template does too much
    /// work, makes a value that is too large, or writes more than 16 MiB.
    pub fn render(&self, fields: &Map<String, Value>) -> Result<String, TemplateError> {
        let Some(compiled) = &self.compiled else {
            return Ok(self.source.to_string());
        };
        let (rendered, _) = compiled.run(fields)?;
        if rendered.len() > MAX_OUTPUT {
            let message =
                format!("the result has {} bytes; at most {MAX_OUTPUT} are allowed", rendered.len());
            return Err(TemplateError::whole(message));
        }
        Ok(rendered)
    }
}

#[derive(Debug)]
struct Compiled {
    /// Holds what was compiled under the name [`ONLY`].
    engine: Environment<'static>,
    source: Arc<str>,
    form: Form,
    names: Arc<[Arc<str>]>,
}

/// The name under which the engine keeps a template's only source.
const ONLY: &str = "template";

impl Compiled {
    fn template(source: &str) -> Result<Self, TemplateError> {
        // A mistake in it is for the engine to tell, below.
        if let Ok(tree) = machinery::parse(source, ONLY, SyntaxConfig::default()) {
            constants::check(&tree, source)?;
        }
        let compiled = Self::new(&ENGINE, source.into(), Form::Template)?;
        names::check(source, names::Inside::Tags)?;
        Ok(compiled)
    }

    fn expression(source: &str) -> Result<Self, TemplateError> {
        if let Ok(tree) = machinery::parse_expr(source) {
            constants::check(&tree, source)?;
        }
        // So that it is one expression, and its delimiters are the only ones.
        ENGINE
            .compile_expression(source)
            .map_err(|error| TemplateError::from_engine(&error, source, &[], []))?;
        names::check(source, names::Inside::Everywhere)?;
        Self::new(&EXPRESSIONS, format!("{OPEN}{source}{CLOSE}").into(), Form::Expression)
    }

    fn new(engine: &Environment<'static>, source: Arc<str>, form: Form) -> Result<Self, TemplateError> {
        let mut engine = engine.clone();
        let compile_error = |error| TemplateError::from_engine(&error, &source, &[], []);
        engine.add_template_owned(ONLY, source.to_string()).map_err(compile_error)?;
        let template = engine.get_template(ONLY).map_err(compile_error)?;
        let free = program::free_names(&machinery::get_compiled_template(&template).instructions);
        let names = field_names(free.map(str::to_owned).chain(template.undeclared_variables(false)));
        Ok(Self { engine, source, form, names })
    }

    /// What it writes, and the value that it leaves.
    fn run(&self, fields: &Map<String, Value>) -> Result<(String, Option<Jinja>), TemplateError> {
        self.run_in(&self.engine, fields).map_err(|error| self.explain(error, fields))
    }

    fn run_in(
        &self,
        engine: &Environment<'static>,
        fields: &Map<String, Value>,
    ) -> Result<(String, Option<Jinja>), minijinja::Error> {
        let template = engine.get_template(ONLY)?;
        let compiled = machinery::get_compiled_template(&template);
        let instructions = program::guarded(&compiled.instructions, self.form);
        let context = Fields::context(&self.names, fields);
        let mut written = String::with_capacity(compiled.buffer_size_hint);
        let mut output = machinery::make_string_output(&mut written);
        let (left, _) =
            machinery::eval(engine, &instructions, context, &compiled.blocks, &mut output, AutoEscape::None)?;
        Ok((written, left))
    }

    /// Runs once more with the engine's bookkeeping switched on, which knows where an undefined value came from.
    #[cold]
    fn explain(&self, error: minijinja::Error, fields: &Map<String, Value>) -> TemplateError {
        let is_over = error.kind() == minijinja::ErrorKind::OutOfFuel;
        let again = (!is_over).then(|| {
            let mut engine = self.engine.clone();
            engine.set_debug(true);
            self.run_in(&engine, fields).err()
        });
        self.told(&again.flatten().unwrap_or(error), fields)
    }

    fn told(&self, error: &minijinja::Error, fields: &Map<String, Value>) -> TemplateError {
        let missing: Vec<&str> =
            self.names.iter().map(|name| &**name).filter(|name| !fields.contains_key(*name)).collect();
        let known = fields.keys().map(String::as_str);
        let mut told = TemplateError::from_engine(error, &self.source, &missing, known);
        if self.form == Form::Expression && told.line == 1 {
            told.column = told.column.map(|column| column.saturating_sub(OPEN.len()).max(1));
        }
        told
    }
}

/// A compiled expression, for example `difficulty == "hard" and not flagged`. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Expression {
    source: Arc<str>,
    compiled: Arc<Compiled>,
}

impl Expression {
    /// Compiles an expression: what would stand between `{{` and `}}`.
    ///
    /// # Errors
    /// When the text is not an expression: the error points to the place.
    pub fn new(source: &str) -> Result<Self, TemplateError> {
        Ok(Self { source: source.into(), compiled: Arc::new(Compiled::expression(source)?) })
    }

    /// The text as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The fields that the expression names, sorted.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.compiled.names.iter().map(|name| &**name)
    }

    /// The expression's value for a sample's fields.
    ///
    /// # Errors
    /// When a field is missing or does not fit what the expression does with it, when it does too much work or makes
    /// a value that is too large, or the result is not JSON.
    pub fn evaluate(&self, fields: &Map<String, Value>) -> Result<Value, TemplateError> {
        let value = self.eval(fields)?;
        serde_json::to_value(&value)
            .map_err(|error| TemplateError::whole(format!("the result is not JSON: {error}")))
    }

    /// Whether the expression holds for a sample's fields: as in Python, `0`, `""`, `[]`, `{}`, `false` and `none`
    /// are false, all else is true.
    ///
    /// # Errors
    /// When a field is missing or does not fit what the expression does with it, or when it does too much work or
    /// makes a value that is too large.
    pub fn is_true(&self, fields: &Map<String, Value>) -> Result<bool, TemplateError> {
        Ok(self.eval(fields)?.is_true())
    }

    fn eval(&self, fields: &Map<String, Value>) -> Result<Jinja, TemplateError> {
        match self.compiled.run(fields)?.1 {
            Some(value) if !value.is_undefined() => Ok(value),
            // The engine lets a bare unknown name pass as "undefined"; here it is the mistake that it is elsewhere.
            _ => Err(self.compiled.told(&minijinja::ErrorKind::UndefinedError.into(), fields)),
        }
    }
}

fn has_holes(source: &str) -> bool {
    source.contains("{{") || source.contains("{%") || source.contains("{#")
}

/// Names of fields: what the text uses and the engine does not define.
fn field_names(undeclared: impl Iterator<Item = String>) -> Arc<[Arc<str>]> {
    let is_global = |name: &str| ENGINE.globals().any(|(global, _)| global == name);
    let mut names: Vec<Arc<str>> = undeclared.filter(|name| !is_global(name)).map(Arc::from).collect();
    names.sort_unstable();
    names.dedup();
    names.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("not an object: {other}"),
        }
    }

    fn render(source: &str, value: Value) -> Result<String, TemplateError> {
        Template::new(source)?.render(&fields(value))
    }

    #[test]
    fn a_format_cannot_ask_for_all_memory() {
        let render = |source: &str| render(source, json!({ "q": "x", "n": 7 }));
        assert_eq!(render("{{ '{:>5}'.format(q) }}").unwrap(), "    x");
        for form in ["{:>99999999999999}", "{:.99999999999f}", "{:099999}"] {
            let refused = render(&format!("{{{{ '{form}'.format(n) }}}}")).unwrap_err().to_string();
            assert!(refused.contains("larger than 9999"), "{form}: {refused}");
        }
    }

    #[test]
    fn holes_are_filled_and_nothing_else_changes() {
        let value = json!({ "q": "1 < 2 & \"so\"", "n": 3, "list": ["a", "b"], "deep": { "x": 1.5 } });
        let source =
            "{{ q }}|{{ n + 1 }}|{% for x in list %}{{ loop.index }}{{ x }} {% endfor %}|{{ deep.x }}\n";
        assert_eq!(render(source, value).unwrap(), "1 < 2 & \"so\"|4|1a 2b |1.5\n");
        assert_eq!(render("plain } text\n", json!({})).unwrap(), "plain } text\n");
    }

    #[test]
    fn the_order_of_an_objects_keys_is_kept() {
        let source = "{% for k, v in o.items() %}{{ k }}={{ v }};{% endfor %}";
        assert_eq!(render(source, json!({ "o": { "z": 1, "a": 2 } })).unwrap(), "z=1;a=2;");
    }

    #[test]
    fn python_methods_work() {
        let source = "{{ q.strip().upper() }} {{ q.split(' ')|length }}";
        assert_eq!(render(source, json!({ "q": " a b" })).unwrap(), "A B 3");
    }

    #[test]
    fn an_unknown_field_is_an_error_with_place_and_nearest_name() {
        let error = render("Q:\n  {{ qestion|upper }}", json!({ "question": "?" })).unwrap_err();
        assert_eq!((error.line, error.column, error.text.as_str()), (2, Some(6), "qestion"));
        assert_eq!(error.suggestion.as_deref(), Some("question"));
        assert_eq!(
            error.to_string(),
            "line 2, column 6: there is no field `qestion`; did you mean `question`?"
        );
    }

    #[test]
    fn a_syntax_error_points_to_its_place() {
        let error = Template::new("line one\n{{ a b }}").unwrap_err();
        assert_eq!((error.line, error.column), (2, Some(6)), "{error}");
        assert_eq!(error.text, "b");
    }

    #[test]
    fn an_unknown_filter_or_test_is_told_before_anything_is_rendered() {
        let error = Template::new("{# |x #}|y {% raw %}{{ a|nope }}{% endraw %}\n{{ '|z' }}{{ q | uper }}")
            .unwrap_err();
        assert_eq!((error.line, error.column, error.text.as_str()), (2, Some(18), "uper"));
        assert_eq!(error.suggestion.as_deref(), Some("upper"));
        let error = Expression::new("a is not strng").unwrap_err();
        assert_eq!((error.column, error.suggestion.as_deref()), (Some(10), Some("string")));
        for fine in
            ["this is fine {{ a.is }} {{ b['is x'] }}", "{% if a is not none and b is in [1] %}{% endif %}"]
        {
            Template::new(fine).unwrap();
        }
    }

    #[test]
    fn there_is_no_include_or_import() {
        for source in ["{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}"] {
            assert!(Template::new(source).is_err(), "{source}");
        }
    }

    #[test]
    fn endless_work_and_endless_output_end() {
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}";
        assert!(render(endless, json!({})).unwrap_err().message.contains("too much work"));
        assert!(render("{{ 'x' * 999999999999 }}", json!({})).is_err());
        assert!(render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", json!({})).is_err());
        assert!(render("{{ x }}{{ x }}", json!({ "x": "y".repeat(9 << 20) })).is_err());
    }

    #[test]
    fn an_expression_is_evaluated_over_the_fields() {
        let row = fields(json!({ "level": 3, "tags": ["a"], "note": "" }));
        let is_true = |source: &str| Expression::new(source).unwrap().is_true(&row);
        assert_eq!(is_true("level > 2 and 'a' in tags"), Ok(true));
        assert_eq!(is_true("note"), Ok(false));
        assert_eq!(is_true("missing is defined"), Ok(false));
        let error = is_true("levl").unwrap_err();
        assert_eq!(error.suggestion.as_deref(), Some("level"));
        assert_eq!(Expression::new("level * 2").unwrap().evaluate(&row), Ok(json!(6)));
        assert!(Expression::new("level >").is_err());
    }

    #[test]
    fn templates_can_be_shared_between_threads() {
        fn shareable<T: Send + Sync + Clone>() {}
        shareable::<Template>();
        shareable::<Expression>();
    }

    #[test]
    fn the_named_fields_are_known() {
        let template =
            Template::new("{% for c in choices %}{{ c }}{% endfor %}{{ q }}{{ range(2) }}").unwrap();
        assert_eq!(template.fields().collect::<Vec<_>>(), ["choices", "q"]);
    }
}
