//! What is known here of containers' outer structure: makes the muxers' files repeatable (replaces clock and chance by the
//! clip's own time), and tells whether a file was cut off. A file whose structure is not as expected is left alone.

use std::io::{Read, Seek, SeekFrom};

/// Seconds from 1904-01-01 (MP4's epoch, ISO/IEC 14496-12, 8.2.2) to 1970-01-01.
const MP4_EPOCH_S: i64 = 2_082_844_800;

/// Seconds from 1970-01-01 to 2001-01-01 (Matroska's epoch, RFC 9559, 5.1.2.11).
const MATROSKA_EPOCH_S: i64 = 978_307_200;

/// Sets creation and modification time in `mvhd`, `tkhd` and `mdhd`; 0 ("not known") when there is none.
pub(crate) fn settle_mp4(file: &mut [u8], unix_ns: Option<i64>) {
    let seconds = unix_ns.map_or(0, |ns| u64::try_from(ns.div_euclid(1_000_000_000) + MP4_EPOCH_S).unwrap_or(0));
    settle_boxes(file, seconds);
}

fn settle_boxes(mut rest: &mut [u8], seconds: u64) {
    while let Some(header) = rest.first_chunk::<8>() {
        let short = u32::from_be_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let kind = [header[4], header[5], header[6], header[7]];
        let (size, start) = match short {
            0 => (rest.len(), 8),
            1 => match rest.get(8..16).and_then(|long| long.try_into().ok()).map(u64::from_be_bytes) {
                Some(long) => (usize::try_from(long).unwrap_or(usize::MAX), 16),
                None => return,
            },
            size => (size, 8),
        };
        if size < start || size > rest.len() {
            return;
        }
        let (this, after) = std::mem::take(&mut rest).split_at_mut(size);
        rest = after;
        let body = &mut this[start..];
        match &kind {
            b"moov" | b"trak" | b"mdia" => settle_boxes(body, seconds),
            b"mvhd" | b"tkhd" | b"mdhd" => settle_times(body, seconds),
            _ => {}
        }
    }
}

/// A full box: version, 3 bytes of flags, creation and modification time in 4 or 8 bytes each.
fn settle_times(body: &mut [u8], seconds: u64) {
    match body.first() {
        Some(0) => {
            if let Some(times) = body.get_mut(4..12) {
                let time = u32::try_from(seconds).unwrap_or(0).to_be_bytes();
                times[..4].copy_from_slice(&time);
                times[4..].copy_from_slice(&time);
            }
        }
        Some(1) => {
            if let Some(times) = body.get_mut(4..20) {
                times[..8].copy_from_slice(&seconds.to_be_bytes());
                times[8..].copy_from_slice(&seconds.to_be_bytes());
            }
        }
        _ => {}
    }
}

/// Sets SegmentUID, TrackUID (with what refers to it) and DateUTC. They stand before the first cluster. Gives whether the
/// TrackUID is written in eight bytes: one time in 256 the muxer's random number fits into fewer, and then other bytes of the
/// file are in other places.
pub(crate) fn settle_matroska(file: &mut [u8], unix_ns: Option<i64>) -> bool {
    const CLUSTER: [u8; 4] = [0x1f, 0x43, 0xb6, 0x75];
    const TRACK_UID: [u8; 3] = [0x73, 0xc5, 0x88];
    let end = file.windows(4).position(|window| window == CLUSTER).unwrap_or(file.len());
    let date = unix_ns.map_or(0, |ns| ns.saturating_sub(MATROSKA_EPOCH_S * 1_000_000_000)).to_be_bytes();
    // Element id and size as they stand in the file, and the value: UIDs must not be 0.
    let track = 1_u64.to_be_bytes();
    let segment = [&[0; 15][..], &[1]].concat();
    let mut whole = true;
    for (start, value) in [
        (&[0x73, 0xa4, 0x90][..], &segment[..]),
        (&TRACK_UID[..], &track),
        (&[0x63, 0xc5, 0x88], &track),
        (&[0x44, 0x61, 0x88], &date),
    ] {
        let found = file[..end].windows(start.len()).position(|window| window == start);
        whole &= found.is_some() || start != TRACK_UID;
        if let Some(body) = found.and_then(|at| file.get_mut(at + start.len()..at + start.len() + value.len())) {
            body.copy_from_slice(value);
        }
    }
    whole
}

/// What a file lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Missing {
    /// Bytes that its outer boxes (MP4, MOV) or its RIFF header (AVI) promise; 0 for other containers.
    pub(crate) bytes: u64,
    /// An MP4 without its index, without which nothing of it can be read.
    pub(crate) index: bool,
}

/// What does a file lack of what it promises? The demuxers play what is there and say nothing.
pub(crate) fn missing(file: &mut (impl Read + Seek)) -> std::io::Result<Missing> {
    let none = Missing::default();
    let mut index = false;
    let length = file.seek(SeekFrom::End(0))?;
    let mut at = 0_u64;
    while at + 16 <= length {
        file.seek(SeekFrom::Start(at))?;
        let mut header = [0; 16];
        file.read_exact(&mut header)?;
        let [a, b, c, d, kind @ ..] = header;
        if [a, b, c, d] == *b"RIFF" {
            // Streaming recorders leave 0 or all ones: nothing is promised.
            let size = u32::from_le_bytes([kind[0], kind[1], kind[2], kind[3]]);
            let bytes = if size == u32::MAX { 0 } else { (u64::from(size) + 8).saturating_sub(length) };
            return Ok(Missing { bytes, index: false });
        }
        if !kind[..4].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ') || (at == 0 && kind[..4] != *b"ftyp") {
            return Ok(none);
        }
        index |= [b"moov", b"moof"].iter().any(|name| kind[..4] == **name);
        let size = match u32::from_be_bytes([a, b, c, d]) {
            0 => return Ok(none),
            1 => header[8..].try_into().map(u64::from_be_bytes).unwrap_or(0),
            short => u64::from(short),
        };
        if size < 8 {
            return Ok(none);
        }
        at = at.saturating_add(size);
    }
    Ok(Missing { bytes: at.saturating_sub(length), index: at > 0 && !index })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_set_in_nested_boxes() {
        let mvhd = [&[0, 0, 0, 24][..], b"mvhd", &[0, 0, 0, 0], &[9; 8], &[7; 4]].concat();
        let moov = [&[0, 0, 0, 32][..], b"moov", &mvhd].concat();
        let mut file = [&[0, 0, 0, 8][..], b"free", &moov].concat();
        settle_mp4(&mut file, Some(0));
        let time = u32::try_from(MP4_EPOCH_S).unwrap().to_be_bytes();
        assert_eq!(&file[8 + 8 + 8 + 4..8 + 8 + 8 + 12], [time, time].concat());
        assert_eq!(&file[36..40], &[7; 4]);
        settle_mp4(&mut file, None);
        assert_eq!(&file[28..36], &[0; 8]);
    }

    #[test]
    fn a_file_that_was_cut_off_is_told_from_a_whole_one() {
        let missing = |bytes: &[u8]| super::missing(&mut std::io::Cursor::new(bytes)).unwrap().bytes;
        let mp4 = [&[0, 0, 0, 16][..], b"ftypisom", &[0; 4], &[0, 0, 0, 40], b"mdat", &[7; 32]].concat();
        assert_eq!(missing(&mp4), 0);
        assert_eq!(missing(&mp4[..46]), 10);
        let avi = [&b"RIFF"[..], &[24, 0, 0, 0], b"AVI ", &[7; 20]].concat();
        assert_eq!((missing(&avi), missing(&avi[..30])), (0, 2));
        assert_eq!(missing(b"This is a text and not a video at all."), 0);
    }

    #[test]
    fn a_short_track_number_is_told_from_a_whole_one() {
        let with = |number: &[u8]| [&[0x73, 0xc5, 0x80 | number.len() as u8][..], number, &[0x1f, 0x43, 0xb6, 0x75]].concat();
        let mut whole = with(&[9; 8]);
        assert!(settle_matroska(&mut whole, None));
        assert_eq!(whole, with(&[0, 0, 0, 0, 0, 0, 0, 1]));
        assert!(!settle_matroska(&mut with(&[9; 7]), None));
    }

    proptest! {
        #[test]
        fn any_file_is_survived(mut file in prop::collection::vec(any::<u8>(), 0..300)) {
            settle_mp4(&mut file, Some(1));
            settle_matroska(&mut file, Some(1));
            missing(&mut std::io::Cursor::new(file)).unwrap();
        }
    }
}
