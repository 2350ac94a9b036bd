//! Which class each kind of artefact has: one table, shown where things leave the house.

use crate::dto::{ClassedArtefact, DataClass};

use DataClass::{C1, C2, C3, C4, C5};

const fn of(artefact: &'static str, class: DataClass, kept: &'static str, leaves: &'static str) -> ClassedArtefact {
    ClassedArtefact { artefact, class, kept, leaves }
}

/// All kinds of artefacts.
pub(crate) const CLASSES: &[ClassedArtefact] = &[
    of("clearance_figures", C1, "always", "free"),
    of("cameras_and_zones", C2, "always", "by_role"),
    of("candidates_and_decisions", C2, "always", "by_role"),
    of("stills", C3, "retention", "masked_or_by_right"),
    of("clips", C3, "retention", "with_the_case"),
    of("manifests", C2, "always", "with_the_case"),
    of("recorded_stills", C3, "recorder", "never"),
    of("training_export", C3, "retention", "masked_or_by_right"),
    of("case_packages", C4, "always", "with_the_case"),
    of("subjects", C4, "always", "with_the_case"),
    of("audit_log", C4, "always", "by_role"),
    of("keys_and_passwords", C5, "always", "never"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_never_below_c3_and_names_are_used_once() {
        let mut names: Vec<_> = CLASSES.iter().map(|one| one.artefact).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CLASSES.len());
        for name in ["stills", "clips", "recorded_stills", "training_export"] {
            assert_eq!(CLASSES.iter().find(|one| one.artefact == name).unwrap().class, C3, "{name}");
        }
        assert!(CLASSES.iter().all(|one| one.class != C5 || one.leaves == "never"));
    }
}
