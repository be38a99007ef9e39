//! Replays the corpus of the fuzz targets: every input holds what its target checks.

#![forbid(unsafe_code)]

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::{fs, io};

#[path = "src/lib.rs"]
pub mod targets;

use targets::TARGETS;

fn paths_in(folder: &str) -> io::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// The inputs of a target that break its law.
fn failures(name: &str, check: fn(&[u8])) -> io::Result<Vec<PathBuf>> {
    let mut failed = Vec::new();
    for path in paths_in(&format!("corpus/{name}"))? {
        let data = fs::read(&path)?;
        if catch_unwind(|| check(&data)).is_err() {
            failed.push(path);
        }
    }
    Ok(failed)
}

#[test]
fn every_input_of_the_corpus_holds() -> io::Result<()> {
    for (name, check) in TARGETS {
        assert!(paths_in(&format!("corpus/{name}"))?.len() > 10, "{name} has a corpus");
        assert_eq!(failures(name, check)?, Vec::<PathBuf>::new());
    }
    Ok(())
}

/// A target that is not listed would have a corpus that nothing replays.
#[test]
fn every_target_is_listed() -> io::Result<()> {
    let mut listed: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    for folder in ["targets", "corpus"] {
        let paths = paths_in(folder)?;
        let stems: Vec<_> = paths.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
        assert_eq!(stems, listed);
    }
    Ok(())
}

#[test]
fn an_input_that_breaks_a_law_is_named() -> io::Result<()> {
    let long = |data: &[u8]| assert!(data.len() < 100);
    let failed = failures("token", long)?;
    assert!(!failed.is_empty() && failed.len() < paths_in("corpus/token")?.len());
    Ok(())
}
