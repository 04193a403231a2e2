//! How much memory a model needs and how much there is.

use std::fs;
use std::path::Path;

use super::gguf::Header;

/// What a model needs in memory, from its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// Bytes of the weights.
    weights: u64,
    /// Bytes of keys and values for one token.
    per_token: u64,
    /// Bytes of work space, however long the context.
    work: u64,
}

/// Tokens that are computed at once (`n_batch` and `n_ubatch` of llama.cpp).
pub(crate) const BATCH: u32 = 512;

impl Need {
    /// What the model with this header needs when its weights take `weights` bytes.
    ///
    /// Keys and values are kept in F16: 2 bytes for each layer, key-value head and dimension, twice. The work space
    /// is dominated by the logits of one batch and by the widest activations.
    pub(crate) fn of(header: &Header, weights: u64) -> Self {
        let layers = header.architecture_integer("block_count").unwrap_or(0);
        let width = header.architecture_integer("embedding_length").unwrap_or(0);
        let heads = header.architecture_integer("attention.head_count").unwrap_or(1).max(1);
        let kv_heads = header.architecture_integer("attention.head_count_kv").unwrap_or(heads);
        let head = |key| header.architecture_integer(key).unwrap_or(width / heads);
        let dimensions = head("attention.key_length").saturating_add(head("attention.value_length"));
        let per_token = [layers, kv_heads, dimensions, 2].into_iter().fold(1, u64::saturating_mul);
        let vocabulary = header.architecture_integer("vocab_size").unwrap_or(128 * 1024);
        let feed_forward = header.architecture_integer("feed_forward_length").unwrap_or(4 * width);
        let activations = vocabulary.saturating_add(feed_forward.saturating_mul(4));
        let work = u64::from(BATCH).saturating_mul(4).saturating_mul(activations);
        Self { weights, per_token, work }
    }

    /// Bytes needed in all by so many workers with so many sequences of so many tokens together.
    pub(crate) fn bytes(self, workers: usize, sequences: usize, context: u32) -> u64 {
        let more_work = self.work.saturating_mul(workers.saturating_sub(1) as u64);
        self.weights.saturating_add(self.beside_weights(sequences, context)).saturating_add(more_work)
    }

    /// Bytes that one worker needs for cache and work space with so many sequences of so many tokens each.
    pub(crate) fn beside_weights(self, sequences: usize, context: u32) -> u64 {
        let tokens = (sequences as u64).saturating_mul(context.into());
        self.work.saturating_add(self.per_token.saturating_mul(tokens))
    }

    /// What a model needs that has no weights and no work space.
    #[cfg(test)]
    pub(crate) fn for_test(per_token: u64) -> Self {
        Self { weights: 0, per_token, work: 0 }
    }
}

/// Bytes that can be taken without swapping, or `None` where the system does not tell.
pub(crate) fn available() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let host = field(&meminfo, "MemAvailable:")?.saturating_mul(1024);
    Some(host.min(group_limit(Path::new("/sys/fs/cgroup")).unwrap_or(u64::MAX)))
}

/// Bytes free for us on the disk that holds `directory`, or `None` where the system does not tell.
pub(crate) fn disk_free(directory: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(directory).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The number after `name` in a text of `name value` lines.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// What the control group at `root` (version 2) still grants; page cache counts as free, since it gives way.
fn group_limit(root: &Path) -> Option<u64> {
    let number = |name: &str| fs::read_to_string(root.join(name)).ok()?.trim().parse::<u64>().ok();
    let used = number("memory.current")?;
    let cache =
        fs::read_to_string(root.join("memory.stat")).ok().and_then(|stat| field(&stat, "file ")).unwrap_or(0);
    Some(number("memory.max")?.saturating_sub(used.saturating_sub(cache)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_group_may_grant_less_than_the_machine_has() {
        let group = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(group.path().join(name), text).unwrap();
        assert_eq!(group_limit(group.path()), None);
        write("memory.current", "700\n");
        write("memory.max", "max\n");
        assert_eq!(group_limit(group.path()), None);
        write("memory.max", "1000\n");
        assert_eq!(group_limit(group.path()), Some(300));
        write("memory.stat", "anon 500\nfile 200\n");
        assert_eq!(group_limit(group.path()), Some(500));
    }

    #[test]
    fn the_number_is_read_from_the_named_line() {
        let text = "MemTotal:       24000 kB\nMemAvailable:   12345 kB\n";
        assert_eq!(field(text, "MemAvailable:"), Some(12345));
        assert_eq!(field(text, "SwapFree:"), None);
    }

    #[test]
    fn the_cache_of_a_small_llama_is_counted_as_its_shape_says() {
        // SmolLM2-135M: 30 layers, 3 key-value heads of 64 dimensions, keys and values, 2 bytes each.
        let need = Need { weights: 0, per_token: 30 * 3 * 128 * 2, work: 0 };
        assert_eq!(need.per_token, 23_040);
        assert_eq!(need.bytes(1, 16, 512), 188_743_680);
    }
}
