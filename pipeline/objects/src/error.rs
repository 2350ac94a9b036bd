//! What can be wrong with an object, or with the store.

use std::fmt;

/// What is wrong, so that one can do something about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It is not there.
    Missing,
    /// Something else is there under this key.
    Different,
    /// It has more bytes than any good one.
    TooLarge,
    /// The key cannot be one.
    Key,
    /// There is no such bucket.
    Bucket,
    /// The access key is not known, or the secret does not fit it.
    Credentials,
    /// The credentials are good and may not do this.
    Rights,
    /// The clocks differ by more than the store allows: signatures are void.
    Clock,
    /// The store does not answer, or not sensibly; it may come back.
    Away(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it is not there"),
            Self::Different => f.write_str("something else is there already under this name, and nothing is written over"),
            Self::TooLarge => f.write_str("it is larger than any good one"),
            Self::Key => f.write_str("this cannot be a key"),
            Self::Bucket => f.write_str("the store has no such bucket"),
            Self::Credentials => f.write_str("the store does not know the access key, or the secret is wrong"),
            Self::Rights => f.write_str("the credentials are not allowed to do this"),
            Self::Clock => f.write_str("this machine's clock and the store's differ too much: signatures are refused"),
            Self::Away(why) => write!(f, "the store is away: {why}"),
        }
    }
}

/// An operation that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation} {}: {trouble}", if .key.is_empty() { "the evidence store" } else { .key })]
pub struct ObjectError {
    operation: &'static str,
    key: String,
    trouble: Trouble,
}

/// The text between two tags of an answer in XML.
fn tagged<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    Some(rest.split_once(&format!("</{tag}>"))?.0)
}

impl ObjectError {
    pub(crate) fn new(operation: &'static str, key: &str, trouble: Trouble) -> Self {
        Self { operation, key: key.to_owned(), trouble }
    }

    /// By the code that the store's answer names (S3 API, error responses). Of the answer nothing else is kept: to a wrong
    /// signature it holds what was signed.
    pub(crate) fn of(operation: &'static str, key: &str, error: &object_store::Error) -> Self {
        use object_store::Error;
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        let trouble = match (tagged(&text, "Code"), error) {
            (Some("NoSuchBucket"), _) => Trouble::Bucket,
            (Some("NoSuchKey"), _) => Trouble::Missing,
            (Some("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "ExpiredToken"), _) => Trouble::Credentials,
            (Some("RequestTimeTooSkewed"), _) => Trouble::Clock,
            (Some("AccessDenied" | "AllAccessDisabled"), _) => Trouble::Rights,
            (Some(code), _) => Trouble::Away(format!("it answers {code}")),
            (None, Error::NotFound { .. }) => Trouble::Missing,
            // An answer without a body: to a question about one object the store gives no reason.
            (None, Error::PermissionDenied { .. }) => Trouble::Rights,
            (None, Error::Unauthenticated { .. }) => Trouble::Credentials,
            (None, _) => Trouble::Away(short(&text)),
        };
        Self { operation, key: key.to_owned(), trouble }
    }

    /// What is wrong.
    pub fn trouble(&self) -> &Trouble {
        &self.trouble
    }

    /// Will it be well again without anybody doing anything to *this object*? Everything but a contradiction may: a store comes
    /// back, rights and clocks are put right.
    pub fn may_pass(&self) -> bool {
        !matches!(self.trouble, Trouble::Different | Trouble::TooLarge | Trouble::Key)
    }
}

/// The innermost causes say most; addresses and stacks say nothing.
fn short(text: &str) -> String {
    let parts: Vec<&str> = text.split(": ").collect();
    let last = parts[parts.len().saturating_sub(2)..].join(": ");
    last.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: text.to_owned().into() }
    }

    #[test]
    fn the_code_of_an_answer_says_what_is_wrong_and_no_signature_is_repeated() {
        for (code, trouble) in [
            ("NoSuchBucket", Trouble::Bucket),
            ("NoSuchKey", Trouble::Missing),
            ("SignatureDoesNotMatch", Trouble::Credentials),
            ("InvalidAccessKeyId", Trouble::Credentials),
            ("AccessDenied", Trouble::Rights),
            ("RequestTimeTooSkewed", Trouble::Clock),
            ("SlowDown", Trouble::Away("it answers SlowDown".to_owned())),
        ] {
            let answer = generic(&format!("<Error><Code>{code}</Code><StringToSign>AWS4 secret</StringToSign></Error>"));
            let error = ObjectError::of("reading", "a/b", &answer);
            assert_eq!(error.trouble(), &trouble, "{code}");
            assert!(!error.to_string().contains("AWS4"), "{error}");
        }
        let refused =
            ObjectError::of("writing", "", &generic("HTTP error: error sending request: Connection refused (os error 111)"));
        assert_eq!(
            refused.to_string(),
            "writing the evidence store: the store is away: error sending request: Connection refused (os error 111)"
        );
        assert!(refused.may_pass() && !ObjectError::new("writing", "a", Trouble::Different).may_pass());
    }
}
