//! Runs and their results.

use super::*;

#[test]
fn runs_are_listed_and_lead_to_their_results_samples_and_transcripts() {
    let site = Site::new();
    assert!(site.page("/").main().contains("There are no runs here yet"));
    let run = site.run("alpha", &samples(60), &system());
    let list = site.page("/");
    assert_eq!(list.row_heads().len(), 1);
    let page = site.page(&list.link("alpha"));
    assert!(page.main().contains("The task alpha") && page.main().contains("on table"));
    // 60 samples: 6 failed; of the others those with number % 3 == 2 are wrong.
    assert!(page.main().contains("6 missing"), "{}", page.main());
    assert_eq!(page.of_class("dot").count(), 1);
    assert!(page.main().contains("nothing came"), "failures say what happened");

    let list = site.page(&page.link("Read its samples"));
    assert_eq!(list.row_heads().len(), 50);
    let transcript = site.page(&list.link("s000"));
    let said: Vec<&str> = transcript.of_class("said").map(|said| said.text.as_str()).collect();
    assert_eq!(said, ["Be kind.", "question 0 in en", "yes, 0\nNeedle0."]);
    assert_eq!(site.get(&format!("/runs/{run}/files/run.json")).0, StatusCode::OK);
}

#[test]
fn groups_have_the_results_that_the_command_line_computes() {
    let site = Site::new();
    let run = site.run("alpha", &samples(60), &system());
    let page = site.page(&format!("/runs/{run}"));
    let grouped = site.page(&page.link("lang"));
    let values: Vec<&str> = grouped.row_heads().into_iter().filter(|head| head.len() == 2).collect();
    assert_eq!(values, ["de", "en", "fr"]);
    // Every sample in German has a number % 3 == 2: all wrong, apart from the two that failed.
    let strips: Vec<&str> = grouped.of_class("strip").filter_map(|strip| strip.get("aria-label")).collect();
    assert!(strips.iter().any(|label| label.starts_with("0.00, 98.33\u{202f}% interval")), "{strips:?}");
    assert!(strips.iter().any(|label| label.starts_with("1.00, 98.33\u{202f}% interval")), "{strips:?}");
    let nonsense = site.page(&format!("/runs/{run}?group=%00%3Cb%3E"));
    assert_eq!(nonsense.of_class("strip").count(), page.of_class("strip").count());
}

#[test]
fn a_run_that_goes_on_shows_what_is_there_and_looks_again() {
    let site = Site::new();
    let task = task(site.home.path(), "alpha", &samples(40));
    let run = make(
        &site.runs(),
        (None, vec![task]),
        settings(None, None),
        Systems::alone(&system()),
        Until::Samples(10),
    );
    let page = site.page(&format!("/runs/{}", name_of(&run)));
    assert!(page.main().contains("Not finished") && page.all("progress").count() == 1);
    assert!(page.all("main").any(|main| main.get("data-live").is_some()));
    let list = site.page(&format!("/runs/{}/samples", name_of(&run)));
    assert!(list.row_heads().len() >= 10);
    let first = list.row_heads()[0].to_owned();
    site.page(&list.link(&first));
}

#[test]
fn two_runs_are_compared_with_intervals_and_their_changed_samples_stand_side_by_side() {
    fn kinder(text: &str) -> Result<String, Failure> {
        Ok(if text.ends_with("de") { "yes indeed".into() } else { answer(text)? })
    }
    let site = Site::new();
    let a = site.run("alpha", &samples(60), &system());
    let b = site.run("alpha", &samples(60), &Table { name: "kinder", reply: kinder });
    let page = site.page(&format!("/compare?run={a}&run={b}"));
    assert!(page.main().contains("kinder beside table"));
    // The 18 answers in German that were wrong; the two that failed have no pair.
    assert!(page.main().contains("18 higher in the second, 0 lower"), "{}", page.main());
    assert_eq!(page.of_class("flip").count(), 18);
    let down = site.page(&format!("/compare?run={a}&run={b}&about=alpha%2Fincludes&way=down"));
    assert_eq!(down.of_class("flip").count(), 0);
    let other = site.run("beta", &samples(60), &system());
    assert!(site.page(&format!("/compare?run={a}&run={other}")).main().contains("does not have this task"));
    for too_few in ["/compare", &format!("/compare?run={a}")] {
        assert_eq!(site.get(too_few).0, StatusCode::BAD_REQUEST);
    }
    assert_eq!(site.get(&format!("/compare?run={a}&run=nothing")).0, StatusCode::NOT_FOUND);
}
