//! A task that is read is written as JSON, which is YAML, and read as the same task; mistakes stand within the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_schema::Task;

fuzz_target!(|text: &str| match Task::parse("fuzz.yaml", text) {
    Ok(task) => {
        let json = serde_json::to_string(&task).expect("what was read can be written");
        assert_eq!(Task::parse("fuzz.json", &json).as_ref(), Ok(&task), "{json}");
    }
    Err(mistakes) => {
        assert!(!mistakes.to_string().is_empty());
        // YAML breaks lines at a lone carriage return too.
        let lines = text.split(['\n', '\r']).count();
        assert!(mistakes.0.iter().all(|mistake| (1..=lines + 1).contains(&mistake.line)), "{mistakes}");
    }
});
