//! The container of a WebP file: RIFF chunks (RFC 9649).

use shared::dimensions::Dimensions;

/// Flags of the `VP8X` chunk: there is an ICC profile, there is opacity.
const HAS_PROFILE: u8 = 0x20;
const HAS_ALPHA: u8 = 0x10;

/// A WebP file with an ICC profile in it; as it is without one.
///
/// The encoder writes a picture's chunks and nothing else. With a profile the file needs a `VP8X` chunk that announces
/// it, and the profile behind that and before the picture.
pub(crate) fn with_profile(file: Vec<u8>, dimensions: Dimensions, profile: Option<&[u8]>) -> Vec<u8> {
    let Some(icc) = profile else { return file };
    let picture: Vec<Chunk<'_>> = chunks(&file).filter(|chunk| chunk.name != *b"VP8X").collect();
    let has_alpha = picture.iter().any(Chunk::has_alpha);
    let header = extended_header(dimensions, has_alpha);
    let mut whole = b"RIFF\0\0\0\0WEBP".to_vec();
    push(&mut whole, *b"VP8X", &header);
    push(&mut whole, *b"ICCP", icc);
    for chunk in picture {
        push(&mut whole, chunk.name, chunk.content);
    }
    let length = le_length(whole.len() - 8);
    whole[4..8].copy_from_slice(&length);
    whole
}

/// A chunk of a file.
#[derive(Debug)]
pub(crate) struct Chunk<'a> {
    pub(crate) name: [u8; 4],
    pub(crate) content: &'a [u8],
}

impl Chunk<'_> {
    fn has_alpha(&self) -> bool {
        // Byte 4 of a lossless picture has, above 28 bits of size, the bit that says so.
        self.name == *b"ALPH"
            || self.name == *b"VP8L" && self.content.get(4).is_some_and(|byte| byte & 0x10 != 0)
    }
}

/// The chunks of a file, up to the first that is not whole.
pub(crate) fn chunks(file: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = file.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (name, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let content = after.get(..length)?;
        rest = after.get(length + length % 2..).unwrap_or_default();
        Some(Chunk { name: *name, content })
    })
}

/// The content of a `VP8X` chunk: flags, three reserved bytes, and each side less one in three bytes.
fn extended_header(dimensions: Dimensions, has_alpha: bool) -> [u8; 10] {
    let flags = HAS_PROFILE | if has_alpha { HAS_ALPHA } else { 0 };
    let [w0, w1, w2, _] = (dimensions.width() - 1).to_le_bytes();
    let [h0, h1, h2, _] = (dimensions.height() - 1).to_le_bytes();
    [flags, 0, 0, 0, w0, w1, w2, h0, h1, h2]
}

fn push(file: &mut Vec<u8>, name: [u8; 4], content: &[u8]) {
    file.extend(name);
    file.extend(le_length(content.len()));
    file.extend(content);
    if !content.len().is_multiple_of(2) {
        file.push(0);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a variant is far below 4 GiB")]
fn le_length(length: usize) -> [u8; 4] {
    (length as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_comes_before_the_picture_and_is_announced() {
        let plain = b"RIFF\x10\0\0\0WEBPVP8 \x03\0\0\0abc\0".to_vec();
        let size = Dimensions::new(640, 480).unwrap();
        assert_eq!(with_profile(plain.clone(), size, None), plain);
        let whole = with_profile(plain, size, Some(b"icc!!"));
        let found: Vec<_> = chunks(&whole).map(|chunk| (chunk.name, chunk.content.to_vec())).collect();
        let header = vec![0x20, 0, 0, 0, 0x7f, 2, 0, 0xdf, 1, 0];
        assert_eq!(found, [(*b"VP8X", header), (*b"ICCP", b"icc!!".to_vec()), (*b"VP8 ", b"abc".to_vec())]);
        assert_eq!(u32::from_le_bytes(*whole[4..].first_chunk().unwrap()) as usize, whole.len() - 8);
    }

    #[test]
    fn an_extended_file_keeps_its_opacity() {
        let extended =
            b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\0\0\0\0\0\0ALPH\x01\0\0\0z\0VP8 \x02\0\0\0ab";
        let whole = with_profile(extended.to_vec(), Dimensions::new(1, 1).unwrap(), Some(b"icc"));
        let found: Vec<_> = chunks(&whole).map(|chunk| (chunk.name, chunk.content[0])).collect();
        assert_eq!(found, [(*b"VP8X", 0x30), (*b"ICCP", b'i'), (*b"ALPH", b'z'), (*b"VP8 ", b'a')]);
    }
}
