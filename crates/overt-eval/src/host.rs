//! What the machine says about itself: facts that a reader needs to judge timings and to repeat a run.

use std::collections::BTreeMap;
use std::fs;

/// Operating system, architecture, processor, cores, memory. A fact that cannot be read is left out.
pub fn facts() -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    facts.insert("os".into(), std::env::consts::OS.into());
    facts.insert("arch".into(), std::env::consts::ARCH.into());
    if let Ok(cores) = std::thread::available_parallelism() {
        facts.insert("cores".into(), cores.to_string());
    }
    if let Some(model) = field("/proc/cpuinfo", "model name") {
        facts.insert("processor".into(), model);
    }
    if let Some(kibibytes) = memory_kib("MemTotal") {
        facts.insert("memory_mib".into(), (kibibytes / 1024).to_string());
    }
    if let Ok(release) = fs::read_to_string("/proc/sys/kernel/osrelease") {
        facts.insert("kernel".into(), release.trim().into());
    }
    facts
}

/// The most memory that this process has held, in bytes.
pub fn peak_memory() -> Option<u64> {
    let line = field("/proc/self/status", "VmHWM")?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

fn memory_kib(name: &str) -> Option<u64> {
    field("/proc/meminfo", name)?.split_whitespace().next()?.parse().ok()
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
