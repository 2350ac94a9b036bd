//! Notices: a template with names in braces, filled in. Pure.

/// What may stand in braces.
pub(crate) const PLACEHOLDERS: [&str; 9] =
    ["subject", "case_no", "matter", "basis", "place", "seen_at", "due_at", "fine", "query_page"];

/// What a template is filled in with, in the order of [`PLACEHOLDERS`]; what is not known is absent.
pub(crate) type Values = [Option<String>; PLACEHOLDERS.len()];

/// Why a template cannot be filled in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfilled {
    /// No such name is known, or a brace is not closed.
    Unknown(String),
    /// It is not known here.
    Missing(String),
}

/// Fills in a template.
pub(crate) fn render(body: &str, values: &Values) -> Result<String, Unfilled> {
    let mut out = String::with_capacity(body.len() * 2);
    let mut rest = body;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let inner = &rest[open + 1..];
        let Some(close) = inner.find('}') else { return Err(Unfilled::Unknown(inner.chars().take(30).collect())) };
        let name = &inner[..close];
        let Some(at) = PLACEHOLDERS.iter().position(|known| *known == name) else {
            return Err(Unfilled::Unknown(name.chars().take(30).collect()));
        };
        out.push_str(values[at].as_deref().ok_or_else(|| Unfilled::Missing(name.to_owned()))?);
        rest = &inner[close + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The first name in braces that is not known.
pub(crate) fn unknown(body: &str) -> Option<String> {
    let all: Values = std::array::from_fn(|_| Some(String::new()));
    match render(body, &all) {
        Ok(_) | Err(Unfilled::Missing(_)) => None,
        Err(Unfilled::Unknown(name)) => Some(name),
    }
}

/// The number of a case as people write it: the first twelve digits of its id in three groups.
pub(crate) fn case_no(id: &str) -> String {
    let digits: Vec<char> = id.chars().take(12).map(|c| c.to_ascii_uppercase()).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// The beginning of the id that a number means; a whole id does as well.
pub(crate) fn case_prefix(number: &str) -> Option<String> {
    let digits: String = number.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let fits = (12..=32).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| digits[..12].to_ascii_lowercase())
}

/// Crockford's base 32: no letter can be taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Ten random bytes as a code in four groups of four.
pub(crate) fn code_text(bytes: [u8; 10]) -> String {
    let bits = bytes.iter().fold(0u128, |bits, byte| bits << 8 | u128::from(*byte));
    let letters = (0..16).rev().map(|n| char::from(ALPHABET[(bits >> (5 * n)) as usize % 32]));
    let letters: Vec<char> = letters.collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// A code as it was typed, without its groups; `None` when it cannot be one.
pub(crate) fn code_read(typed: &str) -> Option<String> {
    let mut read = String::new();
    for c in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        if !c.is_ascii() || !ALPHABET.contains(&(c as u8)) || read.len() == 16 {
            return None;
        }
        read.push(c);
    }
    (read.len() == 16).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_in_or_says_what_is_missing() {
        let mut values: Values = Default::default();
        values[0] = Some("Noodles {fine}".to_owned());
        assert_eq!(render("To {subject}: put it right.", &values).unwrap(), "To Noodles {fine}: put it right.", "filled in once");
        assert_eq!(render("{fine} yuan", &values), Err(Unfilled::Missing("fine".to_owned())));
        assert_eq!(render("{colour}", &values), Err(Unfilled::Unknown("colour".to_owned())));
        assert_eq!(render("open {subject", &values), Err(Unfilled::Unknown("subject".to_owned())));
        assert_eq!(unknown("{subject} {fine}"), None);
        assert_eq!(unknown("{subject} {name}"), Some("name".to_owned()));
    }

    #[test]
    fn numbers_and_codes_are_read_however_they_are_typed() {
        let id = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
        assert_eq!(case_no(id), "0A1B-2C3D-4E5F");
        for typed in ["0A1B-2C3D-4E5F", " 0a1b 2c3d4e5f ", id] {
            assert_eq!(case_prefix(typed).as_deref(), Some("0a1b2c3d4e5f"), "{typed}");
        }
        for typed in ["", "0A1B-2C3D", "0A1B-2C3D-4E5G", "号0A1B-2C3D-4E5F", &"a".repeat(33)] {
            assert_eq!(case_prefix(typed), None, "{typed}");
        }
        let code = code_text([0xff, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(code.len(), 19);
        let plain = code.replace('-', "");
        assert_eq!(code_read(&code).as_deref(), Some(plain.as_str()));
        assert_eq!(code_read(&code.to_lowercase().replace('-', " ")).as_deref(), Some(plain.as_str()));
        assert_eq!(code_read("OIL0-0000-0000-0000").as_deref(), Some("0110000000000000"), "look-alikes");
        for typed in ["", "0000-0000-0000-000", "0000-0000-0000-00000", "U000-0000-0000-0000", "码000-0000-0000-0000"] {
            assert_eq!(code_read(typed), None, "{typed}");
        }
        assert_ne!(code_text([0; 10]), code_text([1; 10]));
        assert_eq!(code_text([0xff; 10]), "ZZZZ-ZZZZ-ZZZZ-ZZZZ", "all eighty bits are used");
    }
}
