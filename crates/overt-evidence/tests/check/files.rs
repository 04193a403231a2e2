//! Folders that were made to harm whoever opens them.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use overt_eval::RunDirectory;
use overt_evidence::{EvidenceError, SAMPLES_FILE, check_files, write_files};
use overt_record::SampleSecret;

use crate::forged::{Forged, fails};
use crate::made::{Made, PLAIN, Said, settings};

fn made() -> Made {
    Made::of(PLAIN, 3, settings(), |_| Said::Text("yes"))
}

#[test]
fn what_is_no_file_is_not_opened() {
    let made = made();
    let honest = Forged::of(&made);
    let record = honest.record();
    for name in ["run.json", "tasks.json", SAMPLES_FILE, "openings.json", "samples.parquet"] {
        let folder = &Forged::of(&made).folder;
        let path = folder.join(name);
        let check = |words: &str| fails(&check_files(&record, folder).unwrap().checks, "files", words);
        let _ = fs::remove_file(&path);
        // A link leads to a file of the reader's own, here even one that would fit.
        std::os::unix::fs::symlink(made.run.join(name), &path).unwrap();
        check(&format!("{name} is a link and no file"));
        fs::remove_file(&path).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        check(&format!("{name} is no file"));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        check(&format!("{name} is no file"));
        fs::remove_dir(&path).unwrap();
    }
}

#[test]
fn a_manifest_of_ten_gigabytes_is_refused_unread() {
    let made = made();
    let record = Forged::of(&made).record();
    for name in ["run.json", "tasks.json", "openings.json"] {
        let folder = Forged::of(&made).folder;
        File::create(folder.join(name)).unwrap().set_len(10 << 30).unwrap();
        let checks = check_files(&record, &folder).unwrap().checks;
        fails(&checks, "files", &format!("{name} has 10737418240 bytes"));
        if name != "openings.json" {
            let read = RunDirectory::open(&folder);
            let error = read.and_then(|read| read.manifest().and_then(|_| read.materials())).unwrap_err();
            assert!(error.to_string().contains("has more than"), "{error}");
        }
    }
}

#[test]
fn json_without_a_floor_is_an_error_and_no_crash() {
    let made = made();
    for name in ["run.json", "tasks.json"] {
        let forged = Forged::of(&made);
        let before = fs::read_to_string(forged.folder.join(name)).unwrap();
        let deep = before.replacen('{', &format!("{{\"settings\":{}", "[".repeat(4 << 20)), 1);
        let deep =
            if name == "run.json" { deep } else { before.replacen('{', &"{\"suite\":".repeat(1 << 20), 1) };
        fs::write(forged.folder.join(name), deep).unwrap();
        let directory = RunDirectory::open(&forged.folder).unwrap();
        let error = directory.manifest().and_then(|_| directory.materials()).unwrap_err();
        assert!(error.to_string().contains("a file of the run is damaged"), "{error}");
    }
    // A line of samples that nests, as its publisher has signed it.
    let forged = Forged::of(&made);
    let record = forged.record();
    let mut out =
        GzEncoder::new(File::create(forged.folder.join(SAMPLES_FILE)).unwrap(), Compression::fast());
    out.write_all(format!("{{\"shown\":{}\n", "{\"a\":".repeat(1 << 20)).as_bytes()).unwrap();
    out.finish().unwrap();
    let error = check_files(&record, &forged.folder).unwrap_err().to_string();
    assert!(error.contains("line 1"), "{error}");
}

#[test]
fn lines_that_expand_without_end_are_read_to_a_bound() {
    let made = made();
    let forged = Forged::of(&made);
    let mut record = forged.record();
    record.samples.count = u64::MAX;
    let line = |spaces: usize| {
        let path = forged.folder.join(SAMPLES_FILE);
        let mut text = String::new();
        let read = File::open(&path).unwrap();
        std::io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(read), &mut text).unwrap();
        let first = text.lines().next().unwrap().to_owned();
        [first.as_bytes(), &vec![b' '; spaces], b"\n"].concat()
    };
    // One line that is too long.
    let too_long = line(65 << 20);
    // Lines of sixty megabytes, most of it spaces, without an end.
    let long = line(60 << 20);
    let bomb = |lines: &[u8], times: usize| {
        let path = forged.folder.join(SAMPLES_FILE);
        // A gzip file may be several, one after the other.
        let mut member = GzEncoder::new(Vec::new(), Compression::default());
        member.write_all(lines).unwrap();
        fs::write(&path, member.finish().unwrap().repeat(times)).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 4 << 20, "the file itself is small");
        check_files(&record, &forged.folder).unwrap_err().to_string()
    };
    let error = bomb(&too_long, 1);
    assert!(error.contains("line 1: it is longer than"), "{error}");
    let error = bomb(&long, 6);
    assert!(error.contains("line 5: its samples expand to more than"), "{error}");
}

#[test]
fn a_run_is_not_published_into_itself() {
    let made = made();
    let directory = RunDirectory::open(&made.run).unwrap();
    let before = fs::read(made.run.join("samples.parquet")).unwrap();
    let secret = SampleSecret::from_bytes([7; 32]);
    let link = made.path("link");
    std::os::unix::fs::symlink(&made.run, &link).unwrap();
    for into in [made.run.clone(), made.run.join("."), link] {
        let error = write_files(&directory, &secret, &into, |_| true).unwrap_err();
        assert!(matches!(error, EvidenceError::Itself { .. }), "{error}");
        assert!(error.to_string().contains("name another folder"), "{error}");
        assert_eq!(fs::read(made.run.join("samples.parquet")).unwrap(), before, "nothing is lost");
        assert!(!made.run.join(SAMPLES_FILE).exists());
    }
}
