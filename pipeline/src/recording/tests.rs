use super::*;

#[test]
fn days_are_utc_and_sort_as_they_pass() {
    assert_eq!(day(0), "1970-01-01");
    assert_eq!(day(1_777_626_000_000), "2026-05-01");
    assert!(day(86_399_999) < day(86_400_000));
}

#[test]
fn a_file_is_read_up_to_where_it_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("000000000000000-w.kwr");
    let block = |bytes: &[u8], from: i64| {
        use std::io::Write as _;
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        let packed = encoder.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(&packed);
        let mut out = (packed.len() as u32).to_le_bytes().to_vec();
        out.extend((bytes.len() as u32).to_le_bytes());
        out.extend(from.to_le_bytes());
        out.extend((from + 9).to_le_bytes());
        out.extend(crc.sum().to_le_bytes());
        out.extend(packed);
        out
    };
    let mut whole = MAGIC.to_vec();
    whole.push(scene::replay::Replay::VERSION);
    let head = whole.len();
    whole.extend(block(b"first first first", 10));
    let second = whole.len();
    whole.extend(block(b"second", 20));
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let mut blocks = Blocks::open(&path).unwrap();
        let (mut into, mut found) = (Vec::new(), Vec::new());
        while let Some((from, until)) = blocks.next(&mut into) {
            found.push((from, until, std::mem::take(&mut into)));
        }
        (found, blocks.torn)
    };
    let (found, torn) = read(&whole);
    assert_eq!((found.len(), torn), (2, false));
    assert_eq!(found[1], (20, 29, b"second".to_vec()));
    for cut in second + 1..whole.len() {
        let (found, torn) = read(&whole[..cut]);
        assert_eq!((found.len(), torn), (1, true), "cut at {cut}");
    }
    let mut flipped = whole.clone();
    flipped[second - 1] ^= 0x40;
    assert_eq!(read(&flipped), (Vec::new(), true));
    assert_eq!(read(&whole[..head]), (Vec::new(), false));
    whole[head - 1] += 1;
    std::fs::write(&path, &whole).unwrap();
    assert!(Blocks::open(&path).is_err(), "another version");
    std::fs::write(&path, b"video").unwrap();
    assert!(Blocks::open(&path).is_err());
}
