//! Passwords: Argon2id, and the same work for a name that nobody has.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// Shortest password: NIST SP 800-63B asks for at least 8, and 15 where it is the only factor; 12 is what people still type.
pub(crate) const SHORTEST: usize = 12;
/// Longest: more is only work for the server.
pub(crate) const LONGEST: usize = 1024;

/// Why a password is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Weak {
    #[error("a password has at least {SHORTEST} characters")]
    Short,
    #[error("a password has at most {LONGEST} bytes")]
    Long,
    #[error("a password does not contain one's own name")]
    Name,
    #[error("a password must not be a common one, with or without figures around it: add another word or two")]
    Common,
    #[error("a password must not repeat itself or follow the alphabet or the keyboard: add another word or two")]
    Pattern,
}

/// Is the password good enough? `names` are its owner's: log-in name, display name.
pub(crate) fn check(password: &str, names: &[&str]) -> Result<(), Weak> {
    if password.chars().count() < SHORTEST {
        return Err(Weak::Short);
    }
    if password.len() > LONGEST {
        return Err(Weak::Long);
    }
    let lower = password.to_lowercase();
    let parts = || names.iter().flat_map(|name| name.split([' ', '.', '-', '_'])).chain(names.iter().copied());
    if parts().any(|name| name.chars().count() > 3 && lower.contains(&name.to_lowercase())) {
        return Err(Weak::Name);
    }
    if follows_a_pattern(&lower) {
        return Err(Weak::Pattern);
    }
    if is_common(&lower) { Err(Weak::Common) } else { Ok(()) }
}

/// Is it one or two of the most frequent passwords, with letters swapped for figures or not, and whatever is not a letter around?
fn is_common(lower: &str) -> bool {
    static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let words = include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with('#'));
        words.chain(["kerbwatch", "chengguan"]).collect()
    });
    let plain = |c: char| match c {
        '@' | '4' => 'a',
        '3' => 'e',
        '1' | '!' => 'i',
        '0' => 'o',
        '$' | '5' => 's',
        '7' => 't',
        other => other,
    };
    let swapped: String = lower.chars().map(plain).collect();
    let guessed = |text: &str| {
        let core = text.trim_matches(|c: char| !c.is_alphabetic());
        let words: Vec<&str> = core.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
        COMMON.contains(core) || (words.len() <= 2 && words.iter().all(|word| COMMON.contains(word)))
    };
    // Without what is no letter at the end first: it would be read as letters.
    let end = lower.trim_end_matches(|c: char| !c.is_alphabetic()).len();
    guessed(lower) || guessed(&swapped) || guessed(&swapped[..end])
}

/// Few different characters, one piece again and again, or mostly runs of the alphabet, the figures or a keyboard row.
fn follows_a_pattern(lower: &str) -> bool {
    const ROWS: [&str; 5] = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let chars: Vec<char> = lower.chars().collect();
    if chars.iter().collect::<HashSet<_>>().len() < 5 {
        return true;
    }
    if (1..=chars.len() / 2).any(|piece| chars.iter().enumerate().all(|(index, c)| *c == chars[index % piece])) {
        return true;
    }
    let next_to = |a: char, b: char| {
        let pair: String = [a, b].iter().collect();
        let back: String = [b, a].iter().collect();
        ROWS.iter().any(|row| row.contains(&pair) || row.contains(&back))
    };
    let steps = chars.windows(2).filter(|pair| next_to(pair[0], pair[1])).count();
    steps * 4 >= chars.len() * 3
}

/// How dear a guess is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCost {
    /// 19 MiB, two passes (OWASP's first choice for Argon2id).
    Full,
    /// The least Argon2 allows: for tests, where no password is secret.
    ForTests,
}

/// Makes and checks password hashes, a few at a time: each takes 19 MiB.
#[derive(Clone)]
pub(crate) struct Passwords {
    argon: Argon2<'static>,
    /// The hash of a random password: what unknown names are checked against.
    nobody: Arc<str>,
    gate: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> Self {
        let params = match cost {
            PasswordCost::Full => Params::DEFAULT,
            PasswordCost::ForTests => Params::new(Params::MIN_M_COST, 1, 1, None).expect("the least parameters are valid"),
        };
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash_with(&argon, &hex::encode(rand::random::<[u8; 16]>())).expect("a short password can be hashed");
        Self { argon, nobody: nobody.into(), gate: Arc::new(Semaphore::new(4)) }
    }

    /// The PHC string of a password, with a fresh salt.
    pub(crate) async fn hash(&self, password: String) -> Result<String, ApiError> {
        let argon = self.argon.clone();
        self.work(move || hash_with(&argon, &password)).await?.map_err(|error| ApiError::internal("hashing a password", error))
    }

    /// Is it the password of this hash? Without a hash the same work is done, and the answer is no.
    pub(crate) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, ApiError> {
        let (argon, known) = (self.argon.clone(), hash.is_some());
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        let right = self.work(move || match PasswordHash::new(&hash) {
            Ok(parsed) => argon.verify_password(password.as_bytes(), &parsed).is_ok(),
            Err(_) => false,
        });
        Ok(right.await? && known)
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let _turn = self.gate.acquire().await.expect("the gate is never closed");
        tokio::task::spawn_blocking(job).await.map_err(|error| ApiError::internal("checking a password", error))
    }
}

fn hash_with(argon: &Argon2<'_>, password: &str) -> Result<String, argon2::password_hash::Error> {
    argon.hash_password(password.as_bytes()).map(|hash| hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_unusual_and_not_ones_name() {
        let check = |password: &str| check(password, &["ada.lovelace", "Ada Lovelace"]);
        assert_eq!(check("short one"), Err(Weak::Short));
        assert_eq!(check(&"long ".repeat(300)), Err(Weak::Long));
        assert_eq!(check("I am LOVELACE herself"), Err(Weak::Name));
        for common in ["password1234", "P@ssw0rd2024!", "monkey dragon", "kerbwatch123", "1234monkey5678"] {
            assert_eq!(check(common), Err(Weak::Common), "{common}");
        }
        for pattern in ["passwordpassword", "qwertyuiop12", "123456789012", "aaaaaaaaaaaa", "abcabcabcabca", "zyxwvutsrqpo"] {
            assert_eq!(check(pattern), Err(Weak::Pattern), "{pattern}");
        }
        for good in ["street lamps at noon", "七点钟的梧桐树下有三只黑猫", "c8#kQ!vw27Lp"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }
}
