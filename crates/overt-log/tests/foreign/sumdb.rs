//! Go's `golang.org/x/mod/sumdb` (Debian): the first implementation of a log in tiles.

use serde_json::json;

use crate::judge::{Folder, Judge};
use crate::world::{RunningLog, entry};

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_the_tiles_on_the_disk_and_proves_entries_and_growth() {
    let (folder, built) = (Folder::new(), Folder::new());
    let Some(sumdb) = Judge::go("sumdb.go", built.path()) else { return };
    let log = RunningLog::in_folder(&folder);
    for size in [1, 2, 256, 257, 600, 65_536 + 300] {
        log.grow(size).await;
        let below = |numbers: &[u64]| -> Vec<u64> {
            numbers.iter().copied().filter(|number| *number < size).chain([size - 1]).collect()
        };
        let indexes = below(&[0, 1, 255, 256, 511, 65_535, 65_536]);
        let sizes: Vec<u64> = below(&[0, 1, 254, 255, 256, 65_535]).iter().map(|index| index + 1).collect();
        let answer = sumdb.ask(&json!({
            "Directory": folder.path(), "Vkey": log.vkey(), "Indexes": indexes, "Sizes": sizes,
        }));
        assert_eq!(answer["Size"], size);
        for (place, index) in indexes.into_iter().enumerate() {
            assert_eq!(answer["Entries"][place], String::from_utf8(entry(index)).unwrap());
        }
        for (place, old) in sizes.into_iter().enumerate() {
            let root = log.log.reader().root_at(old, size).unwrap();
            assert_eq!(answer["Roots"][place], root.to_base64(), "{old}");
        }
    }
}
