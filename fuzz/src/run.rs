//! A run directory whose samples are any bytes, read in every way that there is.

use std::ops::ControlFlow;
use std::path::Path;

use overt_eval::{MANIFEST, RunDirectory};
use overt_schema::SampleRow;

/// So many rows are looked at: a small file may claim millions.
const MOST: u64 = 512;

/// Writes the manifest of a run with this status.
pub fn manifest(directory: &Path, status: &str) {
    let manifest = serde_json::json!({
        "format": "overt-run/1", "id": "x", "status": status, "created": "2026-11-24T16:00:00Z",
        "overt": { "version": "0.1.0", "build": "x86_64-linux" }, "host": {}, "tasks": [],
        "system": { "name": "x", "model": "x", "reach": "local", "engine": "x" },
        "settings": { "seed": 0, "concurrency": 1, "max_attempts": 1, "level": 0.95 },
    });
    std::fs::write(directory.join(MANIFEST), manifest.to_string()).expect("a disk");
    RunDirectory::open(directory).expect("a run").manifest().expect("a manifest");
}

/// Reads the samples from the first to the last, at their positions, at a glance and by their texts.
///
/// # Panics
/// When two ways give different rows.
pub fn read(directory: &Path) {
    let directory = RunDirectory::open(directory).expect("a run");
    let Ok(access) = directory.access() else {
        assert!(
            directory.rows().is_err()
                || directory.rows().is_ok_and(|rows| rows.take(1).all(|row| row.is_err()))
        );
        return;
    };
    let positions: Vec<u64> = (0..access.rows().min(MOST)).collect();
    let listed = directory.rows().and_then(|rows| rows.take(positions.len()).collect::<Result<Vec<_>, _>>());
    let found = access.at(&positions);
    if let (Ok(listed), Ok(found)) = (&listed, &found) {
        let found: Vec<&SampleRow> = found.iter().map(|(_, row)| row).collect();
        assert_eq!(
            format!("{:?}", listed.iter().collect::<Vec<_>>()),
            format!("{found:?}"),
            "two readers differ"
        );
        for row in listed {
            assert!(serde_json::to_string(row).is_ok(), "a row that is read is written");
        }
    }
    let mut glances = 0;
    if access.rows() <= MOST && access.glance(|_| glances += 1).is_ok() {
        assert_eq!(glances, access.rows());
    }
    let mut ids = Vec::new();
    let texts = access.texts(positions, |position, texts| {
        ids.push((position, texts.id.to_owned()));
        ControlFlow::Continue(())
    });
    if let (Ok(()), Ok(found)) = (texts, found) {
        let named = found.iter().map(|(position, row)| (*position, row.sample.id.as_str()));
        assert!(named.eq(ids.iter().map(|(position, id)| (*position, id.as_str()))));
    }
    assert!(access.memory() < 1 << 30);
}
