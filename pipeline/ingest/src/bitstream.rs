//! The one thing that is read from coded video itself: does any other frame refer to this one? Pure.

/// Codecs whose packets say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// H.264 in length-prefixed NAL units.
    H264 { length_size: usize },
    /// H.265 in length-prefixed NAL units.
    H265 { length_size: usize },
    /// Not read.
    Other,
}

/// Looks for frames that nothing refers to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct References {
    syntax: Syntax,
    /// Highest temporal sub-layer seen (H.265): only there "sub-layer non-reference" means that nobody refers to it.
    top_layer: u8,
}

impl References {
    pub(crate) fn new(syntax: Syntax) -> Self {
        Self { syntax, top_layer: 0 }
    }

    /// Is this access unit one that no other refers to? When in doubt, no.
    pub(crate) fn droppable(&mut self, unit: &[u8]) -> bool {
        match self.syntax {
            // ITU-T H.264 7.4.1: nal_ref_idc 0 on all slices (types 1 to 5) of the picture.
            Syntax::H264 { length_size } => {
                let mut slices = nal_units(unit, length_size).filter(|nal| (1..=5).contains(&(nal[0] & 0x1f))).peekable();
                slices.peek().is_some() && slices.all(|nal| nal[0] & 0x60 == 0)
            }
            // ITU-T H.265 table 7-1: even VCL types below 16 are sub-layer non-reference pictures.
            Syntax::H265 { length_size } => {
                let mut any = false;
                for nal in nal_units(unit, length_size).filter(|nal| nal.len() >= 2 && (nal[0] >> 1) & 0x3f < 32) {
                    let (kind, layer) = ((nal[0] >> 1) & 0x3f, (nal[1] & 0x07).saturating_sub(1));
                    self.top_layer = self.top_layer.max(layer);
                    if kind >= 16 || kind % 2 == 1 || layer < self.top_layer {
                        return false;
                    }
                    any = true;
                }
                any
            }
            Syntax::Other => false,
        }
    }
}

/// Is this MPEG-4 part 2 packet the placeholder that stands in a "packed" AVI for a frame which came in the packet before? A VOP
/// with `vop_coded` 0 (ISO/IEC 14496-2, 6.2.5) is a start code and a time: 7 or 8 bytes, or a filler byte.
pub(crate) fn is_mpeg4_placeholder(unit: &[u8]) -> bool {
    unit.len() <= 8 && (unit.len() < 4 || unit.starts_with(&[0, 0, 1, 0xb6]))
}

/// Non-empty NAL units of a length-prefixed access unit; stops at the first that is cut off.
fn nal_units(mut unit: &[u8], length_size: usize) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        loop {
            let (prefix, rest) = unit.split_at_checked(length_size)?;
            let length = prefix.iter().fold(0_usize, |n, byte| n << 8 | usize::from(*byte));
            let (nal, after) = rest.split_at_checked(length)?;
            unit = after;
            if !nal.is_empty() {
                return Some(nal);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn h264(unit: &[u8]) -> bool {
        References::new(Syntax::H264 { length_size: 4 }).droppable(unit)
    }

    #[test]
    fn h264_frames_say_it_in_nal_ref_idc() {
        assert!(h264(&[0, 0, 0, 2, 0x09, 0x10, 0, 0, 0, 2, 0x01, 0xff]), "a delimiter and a slice with nal_ref_idc 0");
        assert!(!h264(&[0, 0, 0, 2, 0x41, 0xff]), "nal_ref_idc 2");
        assert!(!h264(&[0, 0, 0, 1, 0x01, 0, 0, 0, 1, 0x21]), "one slice of two is a reference");
        assert!(!h264(&[0, 0, 0, 1, 0x65]), "IDR");
        assert!(!h264(&[0, 0, 0, 9, 0x01]), "cut off");
    }

    #[test]
    fn h265_frames_say_it_in_their_type_on_the_top_layer_only() {
        let mut references = References::new(Syntax::H265 { length_size: 4 });
        assert!(references.droppable(&[0, 0, 0, 2, 0x00, 0x01]), "TRAIL_N");
        assert!(!references.droppable(&[0, 0, 0, 2, 0x02, 0x01]), "TRAIL_R");
        assert!(!references.droppable(&[0, 0, 0, 2, 0x28, 0x01]), "IDR_N_LP");
        assert!(references.droppable(&[0, 0, 0, 2, 0x04, 0x02]), "TSA_N on layer 1");
        assert!(!references.droppable(&[0, 0, 0, 2, 0x00, 0x01]), "layer 0 may now be referred to from layer 1");
    }

    #[test]
    fn placeholders_are_told_from_frames() {
        assert!(is_mpeg4_placeholder(&[0, 0, 1, 0xb6, 0x5b, 0x8a, 0x1f]));
        assert!(is_mpeg4_placeholder(&[0x7f]));
        assert!(!is_mpeg4_placeholder(&[0, 0, 1, 0xb6, 0x5b, 0x8a, 0x1f, 1, 2]));
        assert!(!is_mpeg4_placeholder(&[0, 0, 1, 0xb0, 0x5b, 0x8a]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(unit in prop::collection::vec(any::<u8>(), 0..200), length_size in 1_usize..5) {
            References::new(Syntax::H264 { length_size }).droppable(&unit);
            References::new(Syntax::H265 { length_size }).droppable(&unit);
            References::new(Syntax::Other).droppable(&unit);
        }
    }
}
