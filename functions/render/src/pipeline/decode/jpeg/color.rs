//! What the components of a JPEG mean: JFIF, Adobe's marker, or the components' names.

use super::frame::Frame;
use super::segments::Segment;
use crate::pipeline::decode::ColorModel;

/// Metadata that bears on colour.
#[derive(Debug, Default)]
pub(super) struct ColorHints {
    is_jfif: bool,
    /// The colour transform that Adobe's segment names.
    adobe_transform: Option<u8>,
    /// Parts of an ICC profile: their number, how many there are, and their bytes.
    icc_parts: Vec<(u8, u8, Vec<u8>)>,
}

impl ColorHints {
    /// Takes an APP0, APP2 or APP14 segment.
    pub(super) fn take(&mut self, segment: &Segment<'_>) {
        match segment.content {
            [b'J', b'F', b'I', b'F', 0, ..] => self.is_jfif = true,
            [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..] => {
                self.adobe_transform = Some(*transform);
            }
            content => {
                if let Some([number, total, part @ ..]) = content.strip_prefix(b"ICC_PROFILE\0") {
                    self.icc_parts.push((*number, *total, part.to_vec()));
                }
            }
        }
    }

    /// What the frame's components mean.
    pub(super) fn model(&self, frame: &Frame) -> ColorModel {
        let names: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
        match (names.len(), self.adobe_transform) {
            (1, _) => ColorModel::Grey,
            (3, Some(0)) => ColorModel::Rgb,
            (3, None) if !self.is_jfif && names == *b"RGB" => ColorModel::Rgb,
            (3, _) => ColorModel::YCbCr,
            (_, Some(2)) => ColorModel::Ycck,
            // Adobe's applications store how much ink is left out.
            (_, Some(_)) => ColorModel::CmykInverted,
            (_, None) => ColorModel::Cmyk,
        }
    }

    /// The ICC profile, if all its parts are there.
    pub(super) fn profile(mut self) -> Option<Vec<u8>> {
        self.icc_parts.sort_by_key(|(number, ..)| *number);
        let total = self.icc_parts.len();
        let in_order = |(index, (number, of, _)): (usize, &(u8, u8, Vec<u8>))| {
            usize::from(*number) == index + 1 && usize::from(*of) == total
        };
        let is_whole = total > 0 && self.icc_parts.iter().enumerate().all(in_order);
        is_whole.then(|| self.icc_parts.into_iter().flat_map(|(.., part)| part).collect())
    }
}
