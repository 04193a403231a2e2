//! Where what is asked comes from.
//!
//! **Charter.** Datasets, catalogues, embedded suites and their cache. This crate is the firewall for data files and
//! hubs: whatever a stranger's file holds, what leaves here is a [`Samples`] or an error that a person can act on. It
//! reads files and the network; it does not print, and knows neither systems nor scores.
//!
//! A tour, in the order in which data passes:
//!
//! 1. [`Catalogue::resolve`] turns names (`starter`, `./task.yaml`) into [`LoadedTask`]s. Built-in suites are part of
//!    the binary, and only what is named is parsed.
//! 2. [`LoadedTask::fetch`] brings a dataset at a URL or on a [`Hub`] into the cache, once, under its digest.
//! 3. [`LoadedTask::make`] runs the program that makes a dataset, if whoever runs the task allows it, and keeps what it
//!    writes in the cache too. [`Process`] is a program under supervision.
//! 4. [`LoadedTask::prepare`] reads the dataset once (Parquet; or JSONL, JSON or CSV; plain, gzip or zstd), maps,
//!    filters, shuffles and limits it, and digests what is used.
//! 5. [`Samples`] gives the samples one at a time, in order or by index, from outside memory.
//! 6. [`check()`] reports every mistake of a task at once; [`scaffold()`] writes a task to begin with.
//! 7. [`Images`] reads the images that prompts show.
//! 8. [`cached_datasets()`], [`verify_cache()`], [`find_waste()`] and [`remove_waste()`] look after what was fetched;
//!    [`LoadedTask::whereabouts`] tells which of it is a task's.
//!
//! ```
//! # let directory = tempfile::tempdir()?;
//! # let cache = directory.path().join("cache");
//! # for (path, text) in overt_task::scaffold("capitals")? {
//! #     let path = directory.path().join(path);
//! #     std::fs::create_dir_all(path.parent().ok_or("a parent")?)?;
//! #     std::fs::write(path, text)?;
//! # }
//! # std::env::set_current_dir(&directory)?;
//! use overt_task::{Catalogue, Selection};
//!
//! let resolved = Catalogue::new().resolve(&["capitals/capitals.yaml".into()])?;
//! let first_two = Selection { limit: Some(2), ..Selection::default() };
//! let samples = resolved.tasks[0].prepare(&first_two, &cache, &mut |_| {})?;
//! for sample in samples.iter() {
//!     let (index, sample) = sample?;
//!     println!("{index}: {} {:?}", sample.id, sample.text("question"));
//! }
//! assert_eq!(samples.dataset_ref().samples, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cache;
mod canonical;
mod catalogue;
mod check;
mod choices;
mod embedded;
mod error;
mod feed;
mod fetch;
mod hub;
mod images;
mod loaded;
mod located;
mod making;
mod mapping;
mod needs;
mod prepare;
mod process;
mod rows;
mod samples;
mod scaffold;
mod shuffle;
mod source;
mod spool;
mod whereabouts;

pub use cache::{
    CacheError, CachedDataset, Damage, Damaged, Keep, Swept, Waste, Why, add_to_cache, cached_datasets,
    find_waste, remove_waste, verify_cache,
};
pub use catalogue::{Catalogue, CatalogueError, Entry, ListError, Resolved};
pub use check::{Mistake, Preview, Report, Warning, check, check_task};
pub use error::{DatasetError, Place, RowError, RowProblem, Unit};
pub use hub::{Hub, HubProblem};
pub use images::{ImageError, Images};
pub use loaded::{BUILT_IN, LoadedTask, Origin, Progress};
pub use making::{Making, ProgramProblem};
pub use process::{Process, ProcessSpec};
pub use rows::TableProblem;
pub use samples::{Iter, Samples, Selection};
pub use scaffold::{BadName, scaffold};
pub use whereabouts::Whereabouts;
