//! A submission that is read has one spelling, and one commitment whatever its spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overt_log::admission::Submission;

fuzz_target!(|bytes: &[u8]| {
    let Ok(submission) = Submission::parse(bytes) else { return };
    let spelled = submission.to_bytes().expect("what was read can be written");
    let again = Submission::parse(&spelled).expect("what was written can be read");
    assert_eq!(again, submission);
    assert_eq!(again.commit(), submission.commit());
    if let Ok(verified) = submission.verify() {
        assert_eq!(verified.digest, submission.digest());
    }
});
