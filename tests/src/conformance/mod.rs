//! Replays recorded decisions of kube-scheduler and counts where bayplan decides otherwise.
//!
//! A replay follows the recording: after every decision the cluster becomes what the recording says,
//! so that one wrong decision does not spoil those after it.

mod asked;
mod compare;
mod perf;
mod profile;
pub mod read;
mod recording;
mod replay;
pub mod report;
mod reserve;

use anyhow::{Context, Result};
use report::Report;
use std::path::{Path, PathBuf};

/// Where the inputs of the throughput recordings come from.
#[derive(Clone, Debug, Default)]
pub struct PerfInputs {
    /// A directory with a `<workload>-<nodes>.jsonl` for each recording.
    pub directory: Option<PathBuf>,
    /// A Python program that prints one of them; where not given, `bench/gen_perf.py` beside the
    /// directory of the recording, if there is one.
    pub generator: Option<PathBuf>,
}

/// The recordings that the repository has.
pub fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The plain rules.
    Plain,
    /// Columns, kept and repaired from one decision to the next.
    Fast,
    /// Columns, made anew for every question.
    Anew,
}

/// Replays every recording in these files and directories.
///
/// # Errors
/// When a file cannot be read or is no recording.
pub fn judge(
    paths: &[PathBuf],
    perf_inputs: &PerfInputs,
    way: Way,
    report: &mut Report,
) -> Result<()> {
    for path in recordings(paths)? {
        let lines = read::lines(&path)?;
        let judged = if recording::is_perf(&lines) {
            perf::judge(&path, &lines, perf_inputs, way, report)
        } else {
            replay::judge(&family(&path), &lines, way, report)
        };
        judged.with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// The files themselves and those in the directories, in order of their names.
fn recordings(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = path.read_dir().with_context(|| path.display().to_string())?;
        let mut inside: Vec<_> =
            entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        inside.retain(|file| is_recording(file));
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn is_recording(file: &Path) -> bool {
    let name = file.to_string_lossy();
    name.ends_with(".jsonl") || name.ends_with(".jsonl.gz")
}

/// The name of a file up to the first dot.
fn family(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}
