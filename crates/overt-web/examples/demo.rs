//! demo
#[path = "../tests/viewer/made.rs"]
mod made;
use overt_schema::{Failure, FailureKind, Retry, Digest};
use overt_eval::Systems;
use overt_task::Catalogue;
use made::*;
fn h(text: &str, salt: u64) -> u64 { u64::from_str_radix(&Digest::of(format!("{salt}{text}")).to_string()[..12], 16).unwrap() }
fn reply(text: &str, salt: u64, p: u64) -> Result<String, Failure> {
    let n = h(text, salt);
    if n % 97 == 0 { return Err(Failure { kind: FailureKind::Timeout, message: "no answer within 60 s".into(), retry: Retry::Never, status: None, request_id: None }); }
    let letter = ["A","B","C"][(n/7 % 3) as usize];
    let body = if n % 100 < p { format!("I'm sorry, but I can't help with that request. Please consider asking something else.") } else {
      format!("The answer is ({letter}). Let me explain in some detail why.\n\nFirst, the question asks: {}\n\nConfidence: {}%", text.chars().take(160).collect::<String>(), n % 101) };
    Ok(body)
}
fn one(text: &str) -> Result<String, Failure> { reply(text, 1, 12) }
fn two(text: &str) -> Result<String, Failure> { reply(text, 2, 40) }
fn judge(_: &str) -> Result<String, Failure> { Ok(r#"{"reason":"so","verdict":"yes"}"#.into()) }
fn main() {
    let root = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    std::fs::create_dir_all(&root).unwrap();
    let cat = Catalogue::new();
    let starter = || { let r = cat.resolve(&["starter".into()]).unwrap(); (r.suite, r.tasks) };
    let j = Table { name: "judge", reply: judge };
    for (t, lim) in [(Table { name: "small-model", reply: one }, None), (Table { name: "other-model-with-a-long-name", reply: two }, None)] {
        let s = Systems { system: &t, judge: Some(&j) };
        println!("{:?}", make(&root, starter(), settings(lim, None), s, Until::TheEnd));
    }
    let t = Table { name: "small-model", reply: one };
    println!("{:?}", make(&root, starter(), settings(Some(20), Some(2)), Systems{system:&t, judge: Some(&j)}, Until::Samples(60)));
    let hostile = "{\"id\":\"a/b <script>alert(1)</script>\",\"question\":\"\\u202eevil\\u0000 <b>x</b>\",\"target\":\"yes\",\"lang\":\"fr\"}\n{\"id\":\"..\",\"question\":\"q2\",\"target\":\"yes\",\"lang\":\"en\"}";
    println!("{:?}", make(&root, (None, vec![task(&root, "t", hostile)]), settings(None, None), Systems::alone(&t), Until::TheEnd));
    std::fs::create_dir_all(root.join("damaged")).unwrap();
    std::fs::write(root.join("damaged/run.json"), "{\"format\":\"overt-run/1\",").unwrap();
    std::fs::create_dir_all(root.join("something-else")).unwrap();
}
