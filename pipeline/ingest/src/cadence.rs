//! How far apart the key frames of a file are, read off its index before anything is decoded.
//!
//! Only MP4 and MOV say so in one place (ISO/IEC 14496-12, 8.6: `stss` names the samples one can begin with, `stts` how long
//! each sample lasts). Of other files it is learnt while they play, as of a camera; that costs decoding two groups of pictures.

use std::io::{Read, Seek, SeekFrom};

/// An index larger than this is not read: it is of a file of many hours, in which two groups of pictures cost nothing.
const LARGEST: u64 = 64 << 20;

/// Longest time between two key frames of the file's first track of video, in ns, the end of the file counted as one. `None`
/// where the file does not say, or where each frame is a key frame.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn longest_gop(file: &mut (impl Read + Seek)) -> std::io::Result<Option<i64>> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut at = 0_u64;
    while at + 8 <= length {
        file.seek(SeekFrom::Start(at))?;
        let mut header = [0; 16];
        let long = at + 16 <= length;
        file.read_exact(if long { &mut header } else { &mut header[..8] })?;
        let (size, start) = match u32::from_be_bytes([header[0], header[1], header[2], header[3]]) {
            0 => (length - at, 8),
            1 if long => (header[8..].try_into().map(u64::from_be_bytes).unwrap_or(0), 16),
            short => (u64::from(short), 8),
        };
        if size < start || (at == 0 && header[4..8] != *b"ftyp") {
            return Ok(None);
        }
        if header[4..8] == *b"moov" && size <= LARGEST && at + size <= length {
            file.seek(SeekFrom::Start(at + start))?;
            let mut moov = vec![0; usize::try_from(size - start).unwrap_or(0)];
            file.read_exact(&mut moov)?;
            return Ok(boxes(&moov).filter(|(kind, _)| kind == b"trak").find_map(|(_, trak)| of_video(trak)));
        }
        at = at.saturating_add(size);
    }
    Ok(None)
}

/// The boxes in a box's body, as far as they are whole.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let header = rest.first_chunk::<8>()?;
        let size = u32::from_be_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let kind = [header[4], header[5], header[6], header[7]];
        let body = rest.get(8..size)?;
        rest = &rest[size..];
        Some((kind, body))
    })
}

fn child<'a>(body: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(body).find(|(found, _)| found == kind).map(|(_, body)| body)
}

fn word(body: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?))
}

/// The longest gap of one track, if it is one of video.
fn of_video(trak: &[u8]) -> Option<i64> {
    let mdia = child(trak, b"mdia")?;
    // A full box: version and flags, then a word that is 0, then the kind of media.
    if child(mdia, b"hdlr")?.get(8..12)? != b"vide" {
        return None;
    }
    let mdhd = child(mdia, b"mdhd")?;
    let timescale = word(mdhd, if mdhd.first() == Some(&1) { 20 } else { 12 }).filter(|scale| *scale > 0)?;
    let stbl = child(child(mdia, b"minf")?, b"stbl")?;
    let (stts, stss) = (child(stbl, b"stts")?, child(stbl, b"stss")?);
    let keys = (0..word(stss, 4)? as usize).map(|n| word(stss, 8 + 4 * n));
    let mut runs = (0..word(stts, 4)? as usize).map(|n| Some((word(stts, 8 + 8 * n)?, word(stts, 12 + 8 * n)?)));
    // Walks both tables at once: how many samples, and how much time, lie before the current run of equal samples.
    let (mut samples, mut ticks) = (0_u64, 0_u64);
    let (mut count, mut each) = runs.next()??;
    let mut time_of = |sample: u64| {
        while sample >= samples + u64::from(count) {
            samples += u64::from(count);
            ticks += u64::from(count) * u64::from(each);
            (count, each) = runs.next()??;
        }
        Some(ticks + (sample - samples) * u64::from(each))
    };
    let (mut longest, mut before, mut number) = (0, None, 0_u64);
    for key in keys {
        let sample = u64::from(key?).checked_sub(1).filter(|sample| number == 0 || *sample > number)?;
        let time = time_of(sample)?;
        longest = longest.max(before.map_or(time, |before| time - before));
        (before, number) = (Some(time), sample);
    }
    let last = boxes_end(stts)?;
    longest = longest.max(last.checked_sub(before?)?);
    i64::try_from(u128::from(longest) * 1_000_000_000 / u128::from(timescale)).ok().filter(|ns| *ns > 0)
}

/// Length of a track in ticks.
fn boxes_end(stts: &[u8]) -> Option<u64> {
    (0..word(stts, 4)? as usize)
        .try_fold(0_u64, |sum, n| sum.checked_add(u64::from(word(stts, 8 + 8 * n)?) * u64::from(word(stts, 12 + 8 * n)?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(u32::try_from(body.len()).unwrap() + 8).to_be_bytes(), &kind[..], body].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// 100 samples of 40 ms at a timescale of 1000, the last ten of 80 ms.
    fn file(keys: &[u32], handler: &[u8; 4]) -> Vec<u8> {
        let stts = boxed(b"stts", &words(&[0, 2, 90, 40, 10, 80]));
        let stss = boxed(b"stss", &[words(&[0, u32::try_from(keys.len()).unwrap()]), words(keys)].concat());
        let minf = boxed(b"minf", &boxed(b"stbl", &[stts, stss].concat()));
        let hdlr = boxed(b"hdlr", &[&words(&[0, 0]), &handler[..], &words(&[0, 0, 0])].concat());
        let mdhd = boxed(b"mdhd", &words(&[0, 0, 0, 1000, 4400, 0]));
        let trak = boxed(b"trak", &boxed(b"mdia", &[mdhd, hdlr, minf].concat()));
        [boxed(b"ftyp", b"isom"), boxed(b"mdat", &[0; 9]), boxed(b"moov", &trak)].concat()
    }

    fn of(file: &[u8]) -> Option<i64> {
        longest_gop(&mut std::io::Cursor::new(file)).unwrap()
    }

    #[test]
    fn the_longest_gap_counts_also_at_the_end() {
        assert_eq!(of(&file(&[1, 51], b"vide")), Some(2_400_000_000), "50 to 89 at 40 ms and ten at 80");
        assert_eq!(of(&file(&[1, 76], b"vide")), Some(3_000_000_000));
        assert_eq!(of(&file(&[1, 26, 51, 76], b"vide")), Some(1_400_000_000));
    }

    #[test]
    fn what_does_not_say_is_not_guessed() {
        assert_eq!(of(&file(&[1, 51], b"soun")), None);
        assert_eq!(of(&file(&[51, 1], b"vide")), None, "out of order");
        assert_eq!(of(&file(&[1, 500], b"vide")), None, "beyond the end");
        assert_eq!(of(b"RIFF and so on, which is no MP4"), None);
        let whole = file(&[1, 51], b"vide");
        assert_eq!(of(&whole[..whole.len() - 30]), None, "cut off");
    }

    proptest! {
        #[test]
        fn any_file_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0_usize..300) {
            let _ = of(&bytes);
            let mut good = file(&[1, 26, 51], b"vide");
            let at = at % good.len();
            let end = (at + bytes.len().min(9)).min(good.len());
            good[at..end].copy_from_slice(&bytes[..end - at]);
            let _ = of(&good);
        }
    }
}
