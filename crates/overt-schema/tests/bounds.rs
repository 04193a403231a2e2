//! What would take all memory or all time is refused, and what templates do still works.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::{Duration, Instant};

use overt_schema::{Expression, Template};
use serde_json::{Map, Value, json};

fn fields() -> Map<String, Value> {
    let fields = json!({ "n": 7, "many": 99_999_999, "some": 300_000, "list": [1, 2], "text": "abc", "deep": { "a": [1] } });
    fields.as_object().cloned().unwrap()
}

/// The message of the refusal, which has to come soon: an unoptimised build on a busy machine has 20 s.
fn refusal(source: &str) -> String {
    let begin = Instant::now();
    let rendered = Template::new(source).and_then(|template| template.render(&fields()));
    assert!(begin.elapsed() < Duration::from_secs(20), "{source}: {:?}", begin.elapsed());
    match rendered {
        Ok(text) => panic!("{source}: {} bytes, {}", text.len(), text.get(..80).unwrap_or_default()),
        Err(error) => error.message,
    }
}

const DOUBLED: &str =
    "{% set ns = namespace(x=['a']) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}";

#[test]
fn a_repeated_list_is_refused_with_the_limit() {
    for source in [
        "{{ 99999999 * [n] }}",
        "{{ [1] * many }}",
        "{{ ([1] * many)|join }}",
        "{{ ([1] * many)|length }}",
        "{{ ([1] * many) ~ '' }}",
        "{{ ([1] * many) == ([1] * many) }}",
        "{{ 2 in [1] * many }}",
        "{{ ([1] * many)[many - 1:] }}",
        "{{ ([1] * many)|first }}",
        "{% for x in [1] * many %}{% endfor %}",
        "{{ 'x'.join(['y'] * many) }}",
    ] {
        let refused = refusal(source);
        assert!(refused.contains("at most 1000000 are allowed: repeat it less often"), "{source}: {refused}");
    }
}

#[test]
fn a_constant_list_is_refused_before_it_is_compiled() {
    for source in [
        "{{ (99999999 * [1])|tojson }}",
        "{{ ([1] * 99999999) ~ '' }}",
        "{{ [1] * 99999999 == [1] * 99999999 }}",
        "{{ 2 in [[[1] * 999] * 999] * 999 }}",
        "{{ [1] * 9 ** 9 }}",
        "{{ [1] * (9 // 0.00000001) }}",
        "{{ [[1] * -(-99999999)] }}",
        "{% for x in range(3) %}{% if x %}{{ f(a=[1] * 99999999) }}{% endif %}{% endfor %}",
    ] {
        let refused = refusal(source);
        assert!(refused.contains("more than 10000 values"), "{source}: {refused}");
    }
    let error = Template::new("a\n{{ n ~ ([1] * 99999) }}").unwrap_err();
    assert_eq!((error.line, error.text.as_str()), (2, "[1] * 99999"), "{error}");
    assert!(Expression::new("([1] * 99999999) ~ ''").is_err());
    assert!(Template::new("{{ [1, 2] * 100 + [99999] * 2 }}").is_ok());
}

#[test]
fn a_value_that_holds_itself_many_times_over_is_refused_with_the_limit() {
    for source in [
        DOUBLED.to_owned(),
        DOUBLED.replace("[ns.x, ns.x]", "{'a': ns.x, 'b': ns.x}"),
        DOUBLED.replace("[ns.x, ns.x]", "(ns.x, ns.x)"),
        DOUBLED.replace("[ns.x, ns.x]", "dict(a=ns.x, b=ns.x)"),
        DOUBLED.replace("[ns.x, ns.x]", "[ns.x] * 2"),
        DOUBLED.replace("[ns.x, ns.x]", "[ns.x]|zip([ns.x])"),
        DOUBLED.replace("[ns.x, ns.x]", "[ns.x]|batch(2, ns.x)"),
        "{{ [[[[text] * 999] * 999] * 999] * 999 }}".to_owned(),
        "{{ [['x' * 9999999] * 999]|tojson }}".to_owned(),
        "{{ [n * 1e307] * 900000 }}".to_owned(),
    ] {
        let refused = refusal(&source);
        assert!(refused.contains("16 MiB"), "{source}: {refused}");
    }
    let nested = DOUBLED.replace("[ns.x, ns.x]", "[ns.x]").replace("60", "9999");
    assert!(refusal(&nested).contains("more than 192 lists"), "{nested}");
}

#[test]
fn a_namespace_cannot_end_up_within_itself() {
    for value in ["ns", "[ns]", "{'a': [ns]}", "namespace(b=ns)"] {
        let source = format!("{{% set ns = namespace() %}}{{% set ns.a = {value} %}}{{{{ ns }}}}");
        assert!(refusal(&source).contains("a namespace cannot hold a namespace"), "{source}");
    }
}

#[test]
fn a_text_that_is_blown_up_is_refused() {
    for (source, why) in [
        ("{{ 'x' * 10 ** 9 }}", "work"),
        ("{{ text * many }}", ""),
        ("{{ (list * many) + list }}", "more than 100000000 items"),
        (
            "{% set ns = namespace(x='xy') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
            "work",
        ),
        (
            "{% set ns = namespace(x='xy') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
            "work",
        ),
        ("{{ ('a' * 9999999).replace('a', 'b' * 9999) }}", "work"),
        ("{{ ('a' * 9999999)|replace('a', 'b' * 9999) }}", "work"),
        ("{{ ('a' * 999999)|join('b' * 9999) }}", "work"),
        ("{{ ('b' * 9999).join('a' * 999999) }}", ""),
        ("{{ ('b' * 9999).join(['a'] * some) }}", "work"),
        ("{{ ('{0:>9999}' * 999999).format(1) }}", "at most 16777216 are allowed"),
        ("{{ ('{0}' * 999999).format('x' * 999999) }}", "at most 16777216 are allowed"),
        ("{{ '{:>{}}'.format(1, many * 99) }}", ""),
        ("{{ '%999999999d'|format(1) }}", ""),
        ("{{ ('%(a)s' * 999999)|format(a='x' * 99999) }}", "at most 16777216 are allowed"),
        ("{{ ['%(a)s' * 999999]|map('format', a='x' * 99999)|list }}", "`map` cannot call `format`"),
        ("{{ [[1]]|map('tojson', many)|list }}", "`map` cannot call `tojson`"),
        ("{{ [[1]]|tojson(indent=some * 99) }}", "at most 16777216 are allowed"),
        ("{{ '%*d'|format(many * 99, 1) }}", ""),
        ("{{ ('a\\n' * 999999)|indent(9999999) }}", ""),
        ("{{ [1]|tojson(indent=many * 99) }}", ""),
        ("{{ [[1]]|tojson(many) }}", ""),
        ("{{ [1]|batch(many, 'x')|list }}", ""),
        ("{{ [1]|slice(many, 'x')|list }}", ""),
        ("{{ range(many * 99)|list }}", ""),
        ("{{ text.center(many) }}", "method"),
        ("{{ text.ljust(many) }}", "method"),
        ("{{ text.zfill(many) }}", "method"),
        ("{{ text.expandtabs(many) }}", "method"),
        ("{{ debug() }}", ""),
        ("{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f('xy') }}", ""),
        ("{% macro f(x) %}{{ x }}{{ f(x ~ x) }}{{ f(x ~ x) }}{% endmacro %}{{ f('xy') }}", ""),
        ("{% for x in [[1]] recursive %}{{ loop([x]) }}{% endfor %}", ""),
    ] {
        let refused = refusal(source);
        assert!(refused.contains(why), "{source}: {refused}");
    }
}

#[test]
fn looking_at_a_large_value_again_and_again_ends() {
    let large = "{% set x = ['ab'] * some %}{% set y = ['ab'] * some %}{% for i in range(99999) %}";
    for step in [
        "{% if x == y %}{% endif %}",
        "{% if x < y %}{% endif %}",
        "{% if [x] == [y] %}{% endif %}",
        "{% if 1 < x == y %}{% endif %}",
        "{% if x in [y] %}{% endif %}",
        "{% if x in 'a' %}{% endif %}",
        "{% if x is eq(y) %}{% endif %}",
        "{% if x ~ 'a' %}{% endif %}",
        "{% if {}.get(x) %}{% endif %}",
        "{% if {}[x] is defined %}{% endif %}",
        "{% if [x, y]|unique %}{% endif %}",
        "{% if [x, y]|sort %}{% endif %}",
        "{% if [[x], [y]]|max %}{% endif %}",
        "{% if x|string %}{% endif %}",
        "{% if [x].count(y) %}{% endif %}",
        "{% if loop.changed(x, i) %}{% endif %}",
    ] {
        let source = format!("{large}{step}{{% endfor %}}");
        let refused = refusal(&source);
        assert!(refused.contains("too much work"), "{step}: {refused}");
    }
    let key = format!("{large}{{{{ {{x: 1}} }}}}{{% endfor %}}");
    let refused = refusal(&key);
    assert!(refused.contains("a key is a text or a number, not a value of the type sequence"), "{refused}");
}

#[test]
fn an_expression_has_the_same_bounds() {
    for source in [
        "[1] * many",
        "(99999999 * [n])|tojson",
        "[[[[n] * 9999] * 9999] * 9999]",
        "'x' * 10 ** 9",
        "range(many * 99)|list",
    ] {
        let expression = Expression::new(source).unwrap();
        assert!(expression.evaluate(&fields()).is_err(), "{source}");
        assert!(expression.is_true(&fields()).is_err(), "{source}");
    }
    for odd in ["n }} {{ n", "n \u{2} x \u{1} n", "", "-", "n -", "{{ n }}", "\u{1} n"] {
        assert!(Expression::new(odd).is_err(), "{odd:?}");
    }
    for (source, value) in [
        ("-n", json!(-7)),
        ("{'a': {'b': 1}}", json!({ "a": { "b": 1 } })),
        ("'\u{1}\u{2}}}%}'", json!("\u{1}\u{2}}}%}")),
        ("'fixed'", json!("fixed")),
        ("list + list", json!([1, 2, 1, 2])),
        ("n if n > 9 else list * 2", json!([1, 2, 1, 2])),
        ("text[::-1] ~ list", json!("cba[1, 2]")),
        ("range(3)", json!([0, 1, 2])),
    ] {
        assert_eq!(Expression::new(source).unwrap().evaluate(&fields()), Ok(value), "{source}");
    }
    let missing = Expression::new("n > 1 and\n nn > 2").unwrap().is_true(&fields()).unwrap_err();
    assert_eq!((missing.line, missing.column, missing.text.as_str()), (2, Some(2), "nn"));
    let missing = Expression::new("n > nn").unwrap().is_true(&fields()).unwrap_err();
    assert_eq!((missing.line, missing.column, missing.text.as_str()), (1, Some(5), "nn"));
}

#[test]
fn what_templates_do_still_works() {
    for (source, text) in [
        ("{{ '-' * 5 }}|{{ [n] * 2 }}|{{ list + [3] }}", "-----|[7, 7]|[1, 2, 3]"),
        ("{{ text[1:] }}|{{ list[::-1]|join }}|{{ (n, 1)|list }}", "bc|21|[7, 1]"),
        ("{% for k, v in {'a': n, n: 'b'}|items %}{{ k }}{{ v }};{% endfor %}", "a7;7b;"),
        (
            "{% set ns = namespace(found=false) %}{% for x in list %}{% if x == 2 %}{% set ns.found = x %}{% endif %}{% endfor %}{{ ns.found }}",
            "2",
        ),
        ("{% for x in list if x > 1 %}{{ loop.index }}{{ loop.last }}{% else %}none{% endfor %}", "1True"),
        (
            "{% for x in [[1, [2]], 3] recursive %}{% if x is sequence %}({{ loop(x) }}){% else %}{{ x }}{% endif %}{% endfor %}",
            "(1(2))3",
        ),
        ("{% macro f(a, b=2) %}{{ a }}{{ b }};{% endmacro %}{{ f(*[1, 3]) }}{{ f(1, b=n) }}", "13;17;"),
        (
            "{{ text|replace(*['a', 'z']) }}{{ text.replace(*['b'], *['y']) }}{{ n is eq(*[7]) }}",
            "zbcaycTrue",
        ),
        ("{% macro f(a) %}<{{ caller(a) }}>{% endmacro %}{% call(x) f(n) %}{{ x }}{% endcall %}", "<7>"),
        (
            "{% filter upper %}{{ text }}{% if n > 9 or text is startingwith('a') and not nothing is defined %}!{% endif %}{% endfilter %}",
            "ABC!",
        ),
        (
            "{{ list|map('string')|join('+') }}={{ list|sum }} {{ list|select('odd')|list }} {{ text|replace('a', 'z')|upper }}",
            "1+2=3 [1] ZBC",
        ),
        ("{{ 0 < n < 9 }}{{ 3 in list }}{{ n not in list }}{{ 'b' in text }}", "TrueFalseTrueTrue"),
        (
            "{{ nothing|default('none') }}{{ deep.a[0] }}{{ deep['a']|first }}{{ deep.get('b', 5) }}{{ deep|tojson }}",
            "none115{\"a\": [1]}",
        ),
        (
            "{{ '{} of {:>3}'.format(n, text) }} {{ '%s-%03d'|format(text, n) }} {{ dict(a=1).a }} {{ text.split('b') }}",
            "",
        ),
        (
            "{% with x = list, y = n %}{% set a, b = x %}{{ a ~ b ~ y }}{% endwith %}{% set z %}{{ n }}{% endset %}{{ z }}",
            "1277",
        ),
        (
            "{% for x in range(9) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %}",
            "02",
        ),
    ] {
        let rendered = Template::new(source)
            .unwrap()
            .render(&fields())
            .unwrap_or_else(|error| panic!("{source}: {error}"));
        assert!(text.is_empty() || rendered == text, "{source}: {rendered}");
    }
}
