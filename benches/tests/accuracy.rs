//! The accuracy harness is Python, as its judge TrackEval is; its own tests are run with all others.

use std::path::Path;
use std::process::Command;

#[test]
fn the_harness_passes_its_own_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("accuracy");
    // It reads TOML with the standard library, which can since 3.11.
    let able = Command::new("python3").args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).status();
    if !able.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: python3, 3.11 or newer, is not installed");
        return;
    }
    let ran = Command::new("python3").args(["-B", "-m", "unittest"]).current_dir(folder).output().expect("it ran a moment ago");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && said.contains("\nOK"), "{said}");
}
