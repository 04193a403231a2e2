//! Published folders in which samples are withheld.

use overt_eval::RunDirectory;
use overt_evidence::write_files;
use overt_record::SampleSecret;

use super::*;

#[test]
fn withheld_samples_are_listed_and_counted_and_say_that_they_are_withheld() {
    let site = Site::new();
    let run = site.run("alpha", &samples(60), &system());
    let directory = RunDirectory::open(&site.runs().join(&run)).unwrap();
    let folder = site.runs().join("published");
    let secret = SampleSecret::from_bytes([7; 32]);
    let withheld = write_files(&directory, &secret, &folder, |row| row.sample.id.ends_with('5')).unwrap();
    assert_eq!(withheld, 6);

    let page = site.page("/runs/published");
    assert!(
        page.main().contains("Some samples are withheld") && page.main().contains("6withheld"),
        "{}",
        page.main()
    );
    let strips = |page: &Document| {
        page.of_class("strip").map(|strip| strip.get("aria-label").unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(strips(&page), strips(&site.page(&format!("/runs/{run}"))), "the results are the same");

    let list = site.page("/runs/published/samples?outcome=withheld");
    assert_eq!(list.row_heads(), ["s005", "s015", "s025", "s035", "s045", "s055"]);
    let hidden = site.page(&list.link("s015"));
    assert!(
        hidden.main().contains("content of this sample is withheld")
            && !hidden.main().contains("question 15")
    );
    assert_eq!(site.get("/runs/published/samples/alpha/s015/0/texts/answer").0, StatusCode::NOT_FOUND);
    let shown = site.page("/runs/published/samples/alpha/s016/0");
    assert!(shown.main().contains("question 16 in fr"));
    assert_eq!(site.page("/runs/published/samples?text=question+15").row_heads().len(), 0);
    assert_eq!(site.page("/runs/published/samples?text=question+16").row_heads(), ["s016"]);
    assert_eq!(site.page("/runs/published/samples?tag=lang%3Dfr").row_heads().len(), 20 - 2);

    let path = folder.join("samples.jsonl.gz");
    let bytes = std::fs::read(&path).unwrap();
    for damaged in [&b""[..], &bytes[..bytes.len() / 2], b"not gzip at all"] {
        std::fs::write(&path, damaged).unwrap();
        let (status, body) = site.get("/runs/published");
        assert!(damaged.is_empty() || status == StatusCode::INTERNAL_SERVER_ERROR, "{status}");
        Document::checked(&body);
    }
}
