//! What changed between two texts of bytes, and the way back.
//!
//! A thing's bytes change in a dozen short places from look to look, and now and then grow or shrink by a field. So a change is a
//! list of edits: so many bytes as before, then so many put in place of so many. Written and read without an allocation for
//! each: a week of a busy camera has twenty million of them.

use super::bytes::{Cursor, put_varint};

/// Unchanged bytes between two edits that cost less than a new edit.
const JOIN: usize = 3;

/// Equal bytes after which two texts of different length are taken to go on together.
const TOGETHER: usize = 4;

/// They are looked for this far ahead.
const AHEAD: usize = 48;

/// So many bytes as before, then `cut` bytes of the old text are replaced by `put` bytes of the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edit {
    copy: usize,
    cut: usize,
    put: usize,
}

/// Writes the edits that make `after` of `before`.
pub(super) fn write(before: &[u8], after: &[u8], out: &mut Vec<u8>) {
    let edits = if before.len() == after.len() { in_place(before, after) } else { with_moves(before, after) };
    put_varint(out, edits.len() as u64);
    let mut at = 0;
    for Edit { copy, cut, put } in edits {
        put_varint(out, copy as u64);
        put_varint(out, (put as u64) << 1 | u64::from(cut != put));
        if cut != put {
            put_varint(out, cut as u64);
        }
        at += copy;
        out.extend_from_slice(&after[at..at + put]);
        at += put;
    }
}

fn in_place(before: &[u8], after: &[u8]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut end = 0;
    for at in (0..after.len()).filter(|&at| before[at] != after[at]) {
        match edits.last_mut() {
            Some(last) if at - end < JOIN => (last.cut, last.put) = (last.cut + at + 1 - end, last.put + at + 1 - end),
            _ => edits.push(Edit { copy: at - end, cut: 1, put: 1 }),
        }
        end = at + 1;
    }
    edits
}

fn with_moves(before: &[u8], after: &[u8]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let (mut old, mut new) = (0, 0);
    loop {
        let copy = before[old..].iter().zip(&after[new..]).take_while(|(a, b)| a == b).count();
        (old, new) = (old + copy, new + copy);
        if old == before.len() && new == after.len() {
            return edits;
        }
        let (cut, put) = next_together(&before[old..], &after[new..]);
        edits.push(Edit { copy, cut, put });
        (old, new) = (old + cut, new + put);
    }
}

/// How many bytes of each text lie before they go on together; all of them where they do not soon.
fn next_together(before: &[u8], after: &[u8]) -> (usize, usize) {
    let meets = |cut: usize, put: usize| {
        let rest = (before.get(cut..), after.get(put..));
        let (Some(a), Some(b)) = rest else { return false };
        if a.len() < TOGETHER || b.len() < TOGETHER { a == b } else { a[..TOGETHER] == b[..TOGETHER] }
    };
    for most in 1..=AHEAD {
        if meets(most, most) {
            return (most, most);
        }
        for least in 0..most {
            if meets(least, most) {
                return (least, most);
            }
            if meets(most, least) {
                return (most, least);
            }
        }
    }
    (before.len(), after.len())
}

/// What an applied change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touched {
    /// Nothing that is guarded.
    Tail,
    /// Something of it, or where it lies.
    Head,
}

/// Reads edits and makes them in `body`. `guarded` are a first part and one byte behind it whose change is to be told.
pub(super) fn apply(from: &mut Cursor<'_>, body: &mut Vec<u8>, spare: &mut Vec<u8>, guarded: (usize, usize)) -> Option<Touched> {
    let edits = from.varint()?;
    let mut touched = Touched::Tail;
    let mut at = 0usize;
    let mut moved = false;
    for _ in 0..edits {
        let copy = usize::try_from(from.varint()?).ok()?;
        let head = usize::try_from(from.varint()?).ok()?;
        let put = head >> 1;
        let cut = if head & 1 == 1 { usize::try_from(from.varint()?).ok()? } else { put };
        let bytes = from.take(put)?;
        if cut != put && !moved {
            // From here on the new text is put together apart from the old one.
            moved = true;
            spare.clear();
            spare.extend_from_slice(body.get(..at)?);
        }
        let end = at.checked_add(copy)?.checked_add(cut)?;
        if end > body.len() {
            return None;
        }
        if moved {
            spare.extend_from_slice(&body[at..at + copy]);
            spare.extend_from_slice(bytes);
        } else {
            body[at + copy..end].copy_from_slice(bytes);
        }
        let from = at + copy;
        if from < guarded.0 || (from..end).contains(&guarded.1) || cut != put && from <= guarded.1 {
            touched = Touched::Head;
        }
        at = end;
    }
    if moved {
        spare.extend_from_slice(&body[at..]);
        std::mem::swap(body, spare);
    }
    Some(touched)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(before: &[u8], after: &[u8]) -> (usize, Touched) {
        let mut out = Vec::new();
        write(before, after, &mut out);
        let (mut body, mut spare) = (before.to_vec(), Vec::new());
        let mut cursor = Cursor::new(&out);
        let touched = apply(&mut cursor, &mut body, &mut spare, (10, 20)).unwrap();
        assert_eq!((body.as_slice(), cursor.rest().len()), (after, 0));
        for cut in 0..out.len() {
            let _ = apply(&mut Cursor::new(&out[..cut]), &mut before.to_vec(), &mut spare, (10, 20));
        }
        (out.len(), touched)
    }

    #[test]
    fn changed_bytes_put_in_place_give_the_new_ones() {
        let before: Vec<u8> = (0..=255).collect();
        for step in [1usize, 2, 3, 5, 17, 300] {
            let mut after = before.clone();
            after.iter_mut().step_by(step).for_each(|b| *b = b.wrapping_add(9));
            there_and_back(&before, &after);
        }
        assert_eq!(there_and_back(&before, &before), (1, Touched::Tail));
    }

    #[test]
    fn a_field_that_comes_or_goes_costs_little_more_than_itself() {
        let before: Vec<u8> = (0..600u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let mut longer = before.clone();
        longer.splice(200..200, [1, 9, 8, 7, 6, 5, 4, 3, 2]);
        let mut both = longer.clone();
        both.drain(400..408);
        both[450] ^= 1;
        for (a, b) in [(&before, &longer), (&longer, &before), (&before, &both), (&both, &longer)] {
            let (bytes, touched) = there_and_back(a, b);
            assert!(bytes < 40, "{bytes} bytes");
            assert_eq!(touched, Touched::Tail, "it comes behind what is guarded");
        }
        there_and_back(&[], &before);
        there_and_back(&before, &[]);
        there_and_back(&before, &longer[300..]);
    }

    #[test]
    fn what_is_guarded_is_told() {
        let before = [0u8; 64];
        for (at, told) in [(9, Touched::Head), (10, Touched::Tail), (19, Touched::Tail), (20, Touched::Head), (21, Touched::Tail)]
        {
            let mut after = before;
            after[at] = 1;
            assert_eq!(there_and_back(&before, &after).1, told, "{at}");
        }
        let text: Vec<u8> = (0..64).collect();
        for (at, told) in [(5, Touched::Head), (15, Touched::Head), (20, Touched::Head), (21, Touched::Tail)] {
            let mut longer = text.clone();
            longer.insert(at, 200);
            assert_eq!(there_and_back(&text, &longer).1, told, "put in at {at}");
        }
    }

    #[test]
    fn edits_outside_of_the_text_are_refused() {
        let mut spare = Vec::new();
        for wrong in
            [&[1u8, 200, 1, 2, 7][..], &[1, 0, 9, 200, 1, 1], &[9], &[1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 7]]
        {
            assert_eq!(apply(&mut Cursor::new(wrong), &mut vec![0; 16], &mut spare, (0, 0)), None, "{wrong:?}");
        }
    }
}
