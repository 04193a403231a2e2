//! Filtering, sorting, searching, and going from page to page.

use super::*;

/// How many samples a list says there are.
fn found(page: &Document) -> String {
    page.of_class("lede").next().unwrap().text.clone()
}

#[test]
fn filters_leave_what_they_say() {
    let site = Site::new();
    let run = site.run("alpha", &samples(60), &system());
    let list = |query: &str| site.page(&format!("/runs/{run}/samples?{query}"));
    for (query, words) in [
        ("", "60 samples"),
        ("outcome=failed", "6 of 60"),
        ("outcome=timeout", "6 of 60"),
        ("outcome=ok", "54 of 60"),
        ("outcome=withheld", "0 of 60"),
        ("score=1", "36 of 60"),
        ("score=0", "18 of 60"),
        ("score=missing", "6 of 60"),
        ("scorer=includes&from=0.5", "36 of 60"),
        ("scorer=other&from=0.5", "0 of 60"),
        ("tag=lang%3Dfr", "20 of 60"),
        ("tag=n%3D3&outcome=ok", "12 of 60"),
        ("tag=lang%3Dfr&score=0", "0 of 60"),
        ("task=alpha", "60 of 60"),
        ("task=beta", "0 of 60"),
    ] {
        let page = list(query);
        assert!(found(&page).contains(words), "{query}: {}", found(&page));
    }
}

#[test]
fn pages_go_to_their_ends_and_no_further() {
    let site = Site::new();
    let run = site.run("alpha", &samples(101), &system());
    let list = |query: &str| site.page(&format!("/runs/{run}/samples?{query}"));
    let heads = |query: &str| list(query).row_heads().into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(heads("page=1")[0], "s000");
    assert_eq!(heads("page=3"), ["s100"]);
    for beyond in ["page=4", "page=18446744073709551615"] {
        assert_eq!(heads(beyond), ["s100"]);
    }
    for wrong in ["page=0", "page=-1", "page=x", "page="] {
        assert_eq!(heads(wrong)[0], "s000");
    }
    assert_eq!(heads("sort=score")[0], "s002");
    assert_eq!(heads("sort=-score")[0], "s000");
    let last = heads("sort=-score&page=3");
    assert_eq!(last, ["s099"], "missing scores come last");
    let page = list("page=2&score=1&sort=-score");
    assert_eq!(page.link("previous"), format!("/runs/{run}/samples?from=1&to=1&sort=-score&page=1"));
}

#[test]
fn a_transcript_knows_its_neighbours_in_the_list_that_led_to_it() {
    let site = Site::new();
    let run = site.run("alpha", &samples(60), &system());
    let list = site.page(&format!("/runs/{run}/samples?score=0&sort=-score"));
    let second = site.page(&list.link("s005"));
    assert!(second.main().contains("2 of 18"), "{}", second.main());
    let first = site.page(&second.link("← s002"));
    assert!(first.main().contains("first of the list") && first.main().contains("1 of 18"));
    let third = site.page(&second.link("s008 →"));
    assert!(third.main().contains("3 of 18"));
    assert!(third.link("Samples").ends_with("?from=0&to=0&sort=-score"));
}

#[test]
fn a_search_finds_texts_and_goes_on_where_it_stopped() {
    let site = Site::new();
    let run = site.run("alpha", &samples(170), &system());
    let list = |query: &str| site.page(&format!("/runs/{run}/samples?{query}"));
    assert_eq!(list("text=needle10").row_heads(), ["s010", "s100", "s102", "s103", "s105", "s106", "s108"]);
    assert_eq!(list("text=question+17+in").row_heads(), ["s017"]);
    assert_eq!(list("text=nothing+came").row_heads().len(), 17, "errors are searched, too");
    assert_eq!(list("text=arguments").row_heads().len(), 0, "names of JSON keys are no text");
    let page = list("text=YES%2C&tag=lang%3Den");
    assert_eq!(page.row_heads().len(), 50);
    let next = site.page(&page.link("Go on searching"));
    assert_eq!(next.row_heads().len(), 57 - 6 - 50, "57 are in English, of which 6 failed");
    assert!(!next.has_link("Go on searching"));
    let found = site.page(&list("text=needle10").link("s100"));
    assert!(found.has_link("← s010") && found.has_link("s102 →"));
}

#[test]
fn what_makes_no_sense_is_left_out_and_named() {
    let site = Site::new();
    let run = site.run("alpha", &samples(12), &system());
    let path = |query: &str| format!("/runs/{run}/samples?{query}");
    let page = site.page(&path("outcome=good&sort=best&from=NaN&to=1e999&tag=x&score=2"));
    for name in ["outcome", "sort", "from", "to", "tag", "score"] {
        assert!(page.main().contains("Not understood") && page.main().contains(name), "{name}");
    }
    assert_eq!(page.row_heads().len(), 12);
    let long = "x".repeat(5000);
    for hostile in [
        "text=%00",
        "text=%FF%FE",
        "tag=%3D",
        "tag=lang%3D%3Cscript%3E",
        "task=%22%3E%3Cb%3E",
        &format!("text={long}"),
        "&&=&=&",
        "after=99999999999999999999",
    ] {
        site.page(&path(hostile));
    }
    let many = "text=a&".repeat(1500);
    site.page(&path(&many));
}
