//! What `overt.toml` may say, and what is said when it is wrong.

use super::*;

fn mistakes(text: &str) -> Vec<String> {
    Config::parse("overt.toml", text).unwrap_err().to_string().lines().map(str::to_owned).collect()
}

#[test]
fn every_default_of_an_evaluation_is_read() {
    let text = "[eval]\njudge = \"b\"\nmodel = \"a\"\nconcurrency = 3\nruns = \"out\"\n";
    let eval = Config::parse("overt.toml", text).unwrap().eval;
    assert_eq!(
        (eval.judge.as_deref(), eval.model.as_deref(), eval.concurrency),
        (Some("b"), Some("a"), Some(3))
    );
    assert!(eval.runs.is_some_and(|runs| runs.ends_with("out")));
}

#[test]
fn the_reference_page_shows_a_file_that_is_valid() {
    let page = include_str!("../../../../docs/configuration.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let config = Config::parse("/project/overt.toml", example).unwrap();
    assert_eq!(config.eval.model.as_deref(), Some("assistant"));
    assert_eq!(config.eval.runs.as_deref(), Some(Path::new("/project/runs")));
    let Access::Http(http) = &config.systems["assistant"].access else { panic!("assistant is behind HTTP") };
    assert_eq!(http.base_url.to_string(), "https://api.example.org/v1");
    assert_eq!(http.api_key_env.as_deref(), Some("EXAMPLE_API_KEY"));
    assert_eq!(http.timeouts.first_byte, std::time::Duration::from_secs(120));
    assert_eq!(config.systems["assistant"].prices, Some(Prices { input: 0.15, output: 0.6 }));
    assert!(config.systems.values().any(|system| matches!(&system.access, Access::Named(_))));
}

#[test]
fn an_empty_file_is_the_default() {
    let config = Config::parse("overt.toml", "").unwrap();
    assert_eq!(config, Config::default());
}

#[test]
fn every_unknown_key_is_reported_with_its_line_and_the_nearest_known_one() {
    let text = "[eval]\nmodle = \"x\"\n\n[systems.a]\nbase_ulr = \"http://localhost/v1\"\nprices = { inputs = 1, output = 2 }\n[colours]\n";
    assert_eq!(
        mistakes(text),
        [
            "overt.toml:2:1: unknown key `modle` in [eval]; did you mean `model`?",
            "overt.toml:5:1: unknown key `base_ulr` in [systems.a]; did you mean `base_url`?",
            "overt.toml:6:12: unknown key `inputs` in [systems.a.prices]; did you mean `input`?",
            "overt.toml:7:2: unknown key `colours`; known are eval, systems, site",
        ]
    );
}

#[test]
fn broken_toml_and_wrong_types_have_their_place() {
    assert!(mistakes("[eval]\nmodel = \n")[0].starts_with("overt.toml:2:"));
    let wrong = mistakes("[eval]\nmodel = 7\n");
    assert!(wrong[0].starts_with("overt.toml:2:9: invalid type: integer"), "{wrong:?}");
    let wrong = mistakes("[systems.a]\nbase_url = \"http://localhost/v1\"\nomit = [\"temprature\"]\n");
    assert!(wrong[0].starts_with("overt.toml:3:9: unknown variant `temprature`"), "{wrong:?}");
    let wrong = mistakes("[systems.a]\nbase_url = \"http://localhost/v1\"\ndialect = \"latin\"\n");
    assert!(wrong[0].starts_with("overt.toml:3:11: unknown variant `latin`"), "{wrong:?}");
}

#[test]
fn values_out_of_range_are_reported_together() {
    let text = "[eval]\nconcurrency = 0\n[systems.a]\nbase_url = \"localhost\"\nprices = { input = -1, output = 2 }\ntimeouts = { whole = 0 }\nlimits = { concurrency = 0 }\n";
    let mistakes = mistakes(text);
    let lines: Vec<&str> = mistakes.iter().map(|mistake| &mistake[..13]).collect();
    assert_eq!(lines, ["overt.toml:2:", "overt.toml:4:", "overt.toml:5:", "overt.toml:6:", "overt.toml:7:"]);
}

#[test]
fn rates_are_numbers_above_nothing() {
    let limits =
        |limits: &str| format!("[systems.a]\nbase_url = \"http://localhost/v1\"\nlimits = {{ {limits} }}\n");
    let config =
        Config::parse("overt.toml", &limits("requests_per_minute = 50, tokens_per_minute = 30_000.5"))
            .unwrap();
    let read = config.systems["a"].limits;
    assert_eq!((read.requests_per_minute, read.tokens_per_minute), (Some(50.0), Some(30_000.5)));
    for wrong in [
        "requests_per_minute = 0",
        "tokens_per_minute = -1",
        "requests_per_minute = nan",
        "tokens_per_minute = inf",
    ] {
        let mistakes = mistakes(&limits(wrong));
        assert!(mistakes[0].starts_with("overt.toml:3:") && mistakes[0].contains("upwards"), "{mistakes:?}");
    }
    assert!(mistakes(&limits("requests_per_minutes = 1"))[0].contains("did you mean `requests_per_minute`?"));
    assert!(mistakes(&limits("requests_per_minute = \"many\""))[0].starts_with("overt.toml:3:"));
}

#[test]
fn a_dialect_may_be_chosen_and_what_it_lacks_cannot_be_sent() {
    let system = |rest: &str| format!("[systems.a]\nbase_url = \"http://localhost/v1\"\n{rest}\n");
    let text = system("dialect = \"anthropic\"\nsend = [\"temperature\", \"top_p\"]");
    let config = Config::parse("overt.toml", &text).unwrap();
    let Access::Http(http) = &config.systems["a"].access else { panic!("a is behind HTTP") };
    assert_eq!(http.dialect, Dialect::Anthropic);
    assert_eq!(http.send, [Setting::Temperature, Setting::TopP]);
    let mistakes = mistakes(&system("dialect = \"anthropic\"\nsend = [\"seed\"]"));
    assert_eq!(mistakes, ["overt.toml:4:8: `send`: this dialect has no `seed`; leave it out"]);
}

#[test]
fn a_key_in_the_file_is_refused_and_not_repeated() {
    for text in [
        "[systems.a]\nbase_url = \"http://localhost/v1\"\napi_key_env = \"sk-live-0123456789\"\n",
        "[systems.a]\nbase_url = \"http://me:sk-live-0123456789@localhost/v1\"\n",
        "[systems.a]\nbase_url = \"http://localhost/v1\"\nheaders = { api-key = \"sk-live-0123456789\" }\n",
        "[systems.a]\nbase_url = \"http://localhost/v1\"\nheaders = { x = { env = \"sk-live-0123456789\" } }\n",
    ] {
        let mistakes = mistakes(text);
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(!mistakes[0].contains("0123456789"), "{mistakes:?}");
    }
}

#[test]
fn a_system_without_an_address_names_another_one() {
    let text = "[systems.guarded]\nmodel = \"smollm2-135m\"\nsystem_prompt = \"Be brief.\"\n[systems.mine]\nmodel = \"weights/mine.gguf\"\n";
    let config = Config::parse("/project/overt.toml", text).unwrap();
    assert_eq!(config.systems["guarded"].access, Access::Named("smollm2-135m".into()));
    assert_eq!(config.systems["mine"].access, Access::Named("/project/weights/mine.gguf".into()));
    assert_eq!(
        mistakes("[systems.a]\napi_key_env = \"KEY\"\n"),
        [
            "overt.toml:1:1: [systems.a] has `api_key_env` but no `base_url`",
            "overt.toml:1:1: [systems.a] needs `base_url`, or `model` with the name of a system"
        ]
    );
}

#[test]
fn the_nearest_file_above_is_found() {
    let root = tempfile::tempdir().unwrap();
    let deep = root.path().join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(root.path().join(CONFIG_FILE), "").unwrap();
    assert_eq!(Config::find(&deep), Some(root.path().join(CONFIG_FILE)));
    std::fs::write(root.path().join("a").join(CONFIG_FILE), "").unwrap();
    assert_eq!(Config::find(&deep), Some(root.path().join("a").join(CONFIG_FILE)));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]{}=\"'#.,\\n a-z0-9_ü-]{0,200}") {
        let _ = Config::parse("overt.toml", &text);
    }
}
