//! The dependency rule of the design is a test, not a paragraph.

use std::collections::{BTreeMap, BTreeSet};

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn table() -> Arrows {
    include_str!("layering.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let (from, to) = line.split_once("->").unwrap_or_else(|| panic!("{line:?} has no ->"));
            (from.trim().to_owned(), to.split_whitespace().map(str::to_owned).collect())
        })
        .collect()
}

fn measured() -> Arrows {
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec().expect("cargo metadata");
    let ours: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let arrows = |package: &cargo_metadata::Package| {
        package
            .dependencies
            .iter()
            .filter(|dependency| ours.contains(&dependency.name))
            .map(|dependency| match dependency.kind {
                cargo_metadata::DependencyKind::Development => format!("{}(dev)", dependency.name),
                _ => dependency.name.clone(),
            })
            .collect()
    };
    metadata.packages.iter().map(|package| (package.name.to_string(), arrows(package))).collect()
}

#[test]
fn crates_import_only_whom_the_design_allows() {
    let (allowed, measured) = (table(), measured());
    for (from, to) in &measured {
        let allowed = allowed.get(from).unwrap_or_else(|| panic!("{from} is not in pipeline/tests/layering.txt"));
        let extra: Vec<_> = to.difference(allowed).collect();
        assert!(extra.is_empty(), "{from} imports {extra:?}, which pipeline/tests/layering.txt does not allow");
        let gone: Vec<_> = allowed.difference(to).collect();
        assert!(gone.is_empty(), "{from} no longer imports {gone:?}: take it out of pipeline/tests/layering.txt");
    }
    let gone: Vec<_> = allowed.keys().filter(|name| !measured.contains_key(*name)).collect();
    assert!(gone.is_empty(), "no such crates any more: {gone:?}");
}

#[test]
fn every_folder_of_the_design_has_a_readme() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace root");
    for folder in [
        "",
        "pipeline",
        "pipeline/events",
        "pipeline/ingest",
        "pipeline/bus",
        "pipeline/objects",
        "detectors",
        "detectors/inference",
        "detectors/scene",
        "console",
        "console/web",
        "models",
        "sample-streams",
        "benches",
        "deploy",
    ] {
        let readme = root.join(folder).join("README.md");
        assert!(readme.is_file(), "{} is missing", readme.display());
    }
}
