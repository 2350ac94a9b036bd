//! Simple or ordinary procedure (繁简分流; Administrative Penalty Law, article 51).

use crate::dto::{EvidenceMode, SubjectKind, Track};
use crate::error::ApiError;

/// The most a fine may be in the simple procedure, whole yuan.
pub(crate) fn limit_yuan(subject: SubjectKind) -> i64 {
    match subject {
        SubjectKind::Person => 200,
        SubjectKind::Organisation => 3000,
    }
}

/// The track that follows. A case has one matter, and legal review has found its facts clear; what is left is whether the
/// subject is known and what fine is to be expected. `wish`: an officer may choose the ordinary one, never the simple one.
///
/// # Errors
/// The simple one is wished for and does not fit.
pub(crate) fn track(
    mode: EvidenceMode,
    subject: Option<SubjectKind>,
    expected_fine_yuan: i64,
    wish: Option<Track>,
) -> Result<Track, ApiError> {
    let fits = mode == EvidenceMode::OffsiteEvidence && subject.is_some_and(|kind| expected_fine_yuan <= limit_yuan(kind));
    match (wish, fits) {
        (Some(Track::Simple), false) => Err(ApiError::Refused {
            code: "not_simple",
            message: "the simple procedure is for a known subject and a fine of at most 200 yuan (person) or 3000 (organisation)"
                .to_owned(),
        }),
        (Some(Track::Ordinary), _) | (None, false) => Ok(Track::Ordinary),
        (Some(Track::Simple) | None, true) => Ok(Track::Simple),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_of_article_51() {
        use SubjectKind::{Organisation, Person};
        let evidence = EvidenceMode::OffsiteEvidence;
        for (subject, yuan, want) in [
            (Some(Person), 200, Track::Simple),
            (Some(Person), 201, Track::Ordinary),
            (Some(Organisation), 3000, Track::Simple),
            (Some(Organisation), 3001, Track::Ordinary),
            (None, 0, Track::Ordinary),
        ] {
            assert_eq!(track(evidence, subject, yuan, None).unwrap(), want, "{subject:?} {yuan}");
            assert_eq!(track(evidence, subject, yuan, Some(Track::Ordinary)).unwrap(), Track::Ordinary);
            assert_eq!(track(evidence, subject, yuan, Some(Track::Simple)).is_ok(), want == Track::Simple);
        }
        assert_eq!(track(EvidenceMode::ClueOnly, Some(Person), 10, None).unwrap(), Track::Ordinary);
    }
}
