//! libwebp: the one module that calls C.
#![expect(unsafe_code, reason = "libwebp is written in C; each call says why it is sound")]

use std::ffi::c_int;
use std::num::TryFromIntError;

use libwebp_sys::{
    VP8StatusCode, WEBP_CSP_MODE, WebPBitstreamFeatures, WebPConfig, WebPDecode, WebPDecoderConfig,
    WebPEncode, WebPGetFeatures, WebPMemoryWrite, WebPMemoryWriter, WebPMemoryWriterClear,
    WebPMemoryWriterInit, WebPPicture, WebPPictureFree, WebPPictureImportRGB, WebPPictureImportRGBA,
    WebPRGBABuffer, WebPValidateConfig,
};
use shared::variant::Quality;

use super::pixels::{Layout, Pixels};

/// What libwebp says instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LibwebpError {
    /// The file ends early.
    #[error("the file is cut short")]
    CutShort,
    /// The file makes no sense, or is of a kind that is not decoded.
    #[error("the file is corrupt ({0:?})")]
    Corrupt(VP8StatusCode),
    /// It could not do what it must be able to do.
    #[error("libwebp failed: {0}")]
    Failed(String),
}

/// What a decoder's status means.
fn check(status: VP8StatusCode) -> Result<(), LibwebpError> {
    match status {
        VP8StatusCode::VP8_STATUS_OK => Ok(()),
        VP8StatusCode::VP8_STATUS_SUSPENDED | VP8StatusCode::VP8_STATUS_NOT_ENOUGH_DATA => {
            Err(LibwebpError::CutShort)
        }
        VP8StatusCode::VP8_STATUS_BITSTREAM_ERROR | VP8StatusCode::VP8_STATUS_UNSUPPORTED_FEATURE => {
            Err(LibwebpError::Corrupt(status))
        }
        VP8StatusCode::VP8_STATUS_OUT_OF_MEMORY
        | VP8StatusCode::VP8_STATUS_INVALID_PARAM
        | VP8StatusCode::VP8_STATUS_USER_ABORT => Err(LibwebpError::Failed(format!("{status:?}"))),
    }
}

impl From<TryFromIntError> for LibwebpError {
    fn from(error: TryFromIntError) -> Self {
        Self::Failed(format!("the picture is too long on a side: {error}"))
    }
}

const WRONG_VERSION: &str = "another version of it was linked";

fn linked<T>(initialized: Result<T, ()>) -> Result<T, LibwebpError> {
    initialized.map_err(|()| LibwebpError::Failed(WRONG_VERSION.to_owned()))
}

/// What the header of a still picture says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Features {
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
    /// Whether some of it may be transparent.
    pub(crate) has_alpha: bool,
    /// Whether it was encoded without loss, which takes more memory to decode.
    pub(crate) is_lossless: bool,
}

/// Reads the header of a still picture: a file, or an animation's frame.
pub(crate) fn features(file: &[u8]) -> Result<Features, LibwebpError> {
    const LOSSLESS: c_int = 2;
    let mut found =
        WebPBitstreamFeatures { width: 0, height: 0, has_alpha: 0, has_animation: 0, format: 0, pad: [0; 5] };
    // SAFETY: of the file the call reads `len` bytes, which are there; it writes to an initialized structure.
    let status = unsafe { WebPGetFeatures(file.as_ptr(), file.len(), &raw mut found) };
    check(status)?;
    Ok(Features {
        width: u32::try_from(found.width)?,
        height: u32::try_from(found.height)?,
        has_alpha: found.has_alpha != 0,
        is_lossless: found.format == LOSSLESS,
    })
}

/// Decodes a still picture at a size, its own or a smaller one: RGB, or with `has_alpha` RGBA.
pub(crate) fn decode(
    file: &[u8],
    (width, height): (u32, u32),
    has_alpha: bool,
) -> Result<Vec<u8>, LibwebpError> {
    let channels = if has_alpha { 4 } else { 3 };
    let row_bytes = width as usize * channels;
    let mut samples = vec![0; row_bytes * height as usize];
    let mut config = linked(WebPDecoderConfig::new())?;
    config.options.use_scaling = 1;
    config.options.scaled_width = c_int::try_from(width)?;
    config.options.scaled_height = c_int::try_from(height)?;
    config.output.colorspace = if has_alpha { WEBP_CSP_MODE::MODE_RGBA } else { WEBP_CSP_MODE::MODE_RGB };
    config.output.is_external_memory = 1;
    config.output.u.RGBA = WebPRGBABuffer {
        rgba: samples.as_mut_ptr(),
        stride: c_int::try_from(row_bytes)?,
        size: samples.len(),
    };
    // SAFETY: of the file the call reads `len` bytes, which are there. It writes to `config`, which is initialized, and
    // to `samples`: at most the `size` bytes that `config` says, which libwebp checks against the scaled sides; nothing
    // else uses them during the call, and they outlive it. Being external, they are not libwebp's to free.
    let status = unsafe { WebPDecode(file.as_ptr(), file.len(), &raw mut config) };
    check(status)?;
    Ok(samples)
}

/// How hard libwebp tries, 0 to 6. Below 4 files grow faster than time shrinks; above it, the other way round.
const METHOD: c_int = 4;

/// Encodes a picture with loss; its opacity is kept without.
pub(crate) fn encode(pixels: &Pixels, quality: Quality) -> Result<Vec<u8>, LibwebpError> {
    let config = encoder_config(quality)?;
    let mut picture = Picture::import(pixels)?;
    let mut output = Output::new();
    picture.0.writer = Some(WebPMemoryWrite);
    picture.0.custom_ptr = (&raw mut output.0).cast();
    // SAFETY: both point to initialized structures that nothing else uses during the call. The picture has the planes
    // that its sides say (`Picture::import`), and `custom_ptr` is the initialized `WebPMemoryWriter` that
    // `WebPMemoryWrite` expects; it outlives the call and does not move in it.
    let is_encoded = unsafe { WebPEncode(&raw const config, &raw mut picture.0) };
    if is_encoded == 0 {
        return Err(LibwebpError::Failed(format!("{:?}", picture.0.error_code)));
    }
    Ok(output.bytes().to_vec())
}

fn encoder_config(quality: Quality) -> Result<WebPConfig, LibwebpError> {
    let mut config = linked(WebPConfig::new())?;
    config.quality = quality.get().into();
    config.method = METHOD;
    config.thread_level = 0;
    // SAFETY: it points to an initialized structure and only reads it.
    let is_valid = unsafe { WebPValidateConfig(&raw const config) };
    if is_valid == 0 {
        return Err(LibwebpError::Failed("it refuses its settings".to_owned()));
    }
    Ok(config)
}

/// A picture in libwebp's own memory.
struct Picture(WebPPicture);

impl Picture {
    /// Takes RGB or RGBA in.
    fn import(pixels: &Pixels) -> Result<Self, LibwebpError> {
        let (width, height) = (pixels.dimensions.width(), pixels.dimensions.height());
        let channels = pixels.layout.channels();
        let is_complete = pixels.samples.len() as u64 == pixels.dimensions.pixels() * channels as u64;
        if !is_complete || channels < 3 {
            return Err(LibwebpError::Failed("the picture is not complete".to_owned()));
        }
        let mut picture = Self(linked(WebPPicture::new())?);
        picture.0.width = c_int::try_from(width)?;
        picture.0.height = c_int::try_from(height)?;
        let stride = c_int::try_from(width as usize * channels)?;
        let (samples, into) = (pixels.samples.as_ptr(), &raw mut picture.0);
        let is_imported = match pixels.layout {
            // SAFETY: `into` is an initialized picture that owns no planes yet. Of `samples` the call reads `height` rows
            // of `width` times 4 bytes, `stride` apart: all of them, by the check above.
            Layout::Rgba => unsafe { WebPPictureImportRGBA(into, samples, stride) },
            // SAFETY: the same with 3 bytes; grey was refused above.
            Layout::Rgb | Layout::Grey | Layout::GreyAlpha => unsafe {
                WebPPictureImportRGB(into, samples, stride)
            },
        };
        if is_imported == 0 {
            return Err(LibwebpError::Failed(format!("{:?}", picture.0.error_code)));
        }
        Ok(picture)
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: the picture is initialized, and what it owns is freed once: nothing uses it after this.
        unsafe { WebPPictureFree(&raw mut self.0) }
    }
}

/// Where libwebp writes to, in its own memory.
struct Output(WebPMemoryWriter);

impl Output {
    fn new() -> Self {
        let mut writer = WebPMemoryWriter { mem: std::ptr::null_mut(), size: 0, max_size: 0, pad: [0; 1] };
        // SAFETY: it points to a structure of the right type, and sets all its fields.
        unsafe { WebPMemoryWriterInit(&raw mut writer) };
        Self(writer)
    }

    fn bytes(&self) -> &[u8] {
        if self.0.mem.is_null() {
            return &[];
        }
        // SAFETY: `mem` is not null, so `WebPMemoryWrite` has allocated it, and has written its first `size` bytes. They
        // live as long as `self`, and only a call through `&mut` could change them.
        unsafe { std::slice::from_raw_parts(self.0.mem, self.0.size) }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: the writer is initialized, and its memory is freed once: nothing uses it after this.
        unsafe { WebPMemoryWriterClear(&raw mut self.0) }
    }
}

#[cfg(test)]
mod tests {
    use shared::dimensions::Dimensions;

    use super::*;

    fn encoded(width: u32, height: u32, samples: usize) -> Result<Vec<u8>, LibwebpError> {
        let dimensions = Dimensions::new(width, height).unwrap();
        let pixels = Pixels { dimensions, layout: Layout::Rgb, samples: vec![90; samples] };
        encode(&pixels, Quality::new(80).unwrap())
    }

    #[test]
    fn what_was_encoded_is_decoded_at_its_size_and_at_smaller_ones() {
        let file = encoded(64, 48, 64 * 48 * 3).unwrap();
        let expected = Features { width: 64, height: 48, has_alpha: false, is_lossless: false };
        assert_eq!(features(&file), Ok(expected));
        for (width, height) in [(64, 48), (32, 24), (9, 7), (1, 1)] {
            let samples = decode(&file, (width, height), false).unwrap();
            assert_eq!(samples.len(), (width * height * 3) as usize);
            assert!(samples.iter().all(|sample| sample.abs_diff(90) < 4));
        }
        assert_eq!(decode(&file, (64, 48), true).unwrap()[3], 255);
    }

    #[test]
    fn a_cut_or_corrupt_file_is_an_error() {
        let file = encoded(64, 48, 64 * 48 * 3).unwrap();
        assert_eq!(features(&file[..20]), Err(LibwebpError::CutShort));
        assert_eq!(decode(&file[..file.len() / 2], (64, 48), false), Err(LibwebpError::CutShort));
        assert!(matches!(
            features(b"RIFF\x10\0\0\0WEBPVP8 \x03\0\0\0abcdefghij"),
            Err(LibwebpError::Corrupt(_))
        ));
    }

    #[test]
    fn a_picture_with_samples_missing_never_reaches_libwebp() {
        assert!(matches!(encoded(4, 4, 47), Err(LibwebpError::Failed(_))));
    }

    #[test]
    fn a_side_that_webp_can_not_have_is_an_error() {
        assert!(matches!(encoded(16_384, 1, 3 * 16_384), Err(LibwebpError::Failed(_))));
    }
}
