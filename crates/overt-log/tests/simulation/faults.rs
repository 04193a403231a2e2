//! Each operation of the store breaks in each way.

use std::sync::Arc;

use overt_log::simulated::{Fault, Faults};
use overt_log::store::{MemoryStore, Store};

use crate::world::{Choices, Client, batches, check_promises, check_readable, names};

/// Plays one history to its end, and checks the promises. Returns how many operations it had.
fn play(sizes: &[usize], plan: &[(u64, Fault)]) -> u64 {
    let memory = Arc::new(MemoryStore::new());
    let faults = Arc::new(Faults::new(memory.clone(), plan.iter().copied()));
    let store: Arc<dyn Store> = faults.clone();
    let mut client = Client::new(batches(sizes));
    let mut published = false;
    for _ in 0..=plan.len() + 1 {
        client.run(&store);
        faults.restart();
        published |= names(&memory).contains("checkpoint");
        if published {
            check_readable(&memory);
        }
    }
    assert!(client.is_done(), "more failures than faults: {plan:?}");
    let operations = faults.count();
    let clean: Arc<dyn Store> = memory.clone();
    check_promises(&clean, &client.acknowledged, sizes.iter().sum::<usize>() as u64, &faults.written());
    let left: Vec<_> = names(&memory).into_iter().filter(|name| name.starts_with("staging")).collect();
    assert!(left.len() <= plan.len(), "{left:?}");
    operations
}

#[test]
fn without_faults_everything_is_written_once_and_nothing_is_left_behind() {
    let memory = Arc::new(MemoryStore::new());
    let store: Arc<dyn Store> = memory.clone();
    let mut client = Client::new(batches(&[2, 1, 254, 1]));
    client.run(&store);
    assert!(client.is_done());
    let expected = [
        "bodies/000/0-2",
        "bodies/000/2-1",
        "bodies/000/3-253",
        "bodies/001/0-1",
        "bodies/001/1-1",
        "checkpoint",
        "lock",
        "tile/0/000",
        "tile/0/000.p/2",
        "tile/0/000.p/3",
        "tile/0/001.p/1",
        "tile/0/001.p/2",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/000.p/2",
        "tile/entries/000.p/3",
        "tile/entries/001.p/1",
        "tile/entries/001.p/2",
    ];
    assert_eq!(names(&memory).into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn every_single_fault_in_three_batches_keeps_the_promises() {
    let sizes = [2, 1, 3];
    let operations = play(&sizes, &[]);
    let mut histories = 0;
    for at in 0..operations {
        for fault in Fault::ALL {
            play(&sizes, &[(at, fault)]);
            histories += 1;
        }
    }
    eprintln!("{histories} histories of {operations} operations");
}

#[test]
fn every_pair_of_faults_in_two_batches_keeps_the_promises() {
    let sizes = [2, 1];
    let mut histories = 0;
    for at in 0..play(&sizes, &[]) {
        for first in Fault::ALL {
            // The second one falls into the recovery from the first, or later.
            let operations = play(&sizes, &[(at, first)]);
            for then in at + 1..operations {
                for second in Fault::ALL {
                    play(&sizes, &[(at, first), (then, second)]);
                    histories += 1;
                }
            }
        }
    }
    eprintln!("{histories} histories");
}

#[test]
fn random_faults_across_full_tiles_keep_the_promises() {
    for seed in 0..60 {
        let mut choices = Choices(seed);
        let sizes: Vec<usize> = (0..4).map(|_| choices.pick(&[1, 2, 100, 254, 255, 256, 257])).collect();
        let plan: Vec<_> =
            (0..=choices.below(5)).map(|_| (choices.below(120), choices.pick(&Fault::ALL))).collect();
        play(&sizes, &plan);
    }
}
