//! The system under load, in a process of its own.

use harness::{Hashfolio, StartOptions};

/// Starts the system without a cache at its edge: every request reaches render.
pub(crate) async fn start() -> Hashfolio {
    let program = std::env::current_exe().unwrap();
    let options = StartOptions { arguments: vec!["--no-edge-cache".to_owned()], ..StartOptions::default() };
    Hashfolio::start_with(program.to_str().unwrap(), options).await
}

/// A process's memory as Linux counts it: what it holds now, and the most that it ever held, in MB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) now_mb: u64,
    pub(crate) peak_mb: u64,
}

pub(crate) fn memory(of: u32) -> Memory {
    let status = std::fs::read_to_string(format!("/proc/{of}/status")).unwrap_or_default();
    let kilobytes = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0)
    };
    Memory { now_mb: kilobytes("VmRSS:") / 1024, peak_mb: kilobytes("VmHWM:") / 1024 }
}
