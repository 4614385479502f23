//! Lossy WebP, by libwebp: the one module that calls C.
#![expect(unsafe_code, reason = "libwebp is written in C; each call says why it is sound")]

use std::ffi::c_int;

use libwebp_sys::{
    WebPConfig, WebPEncode, WebPMemoryWrite, WebPMemoryWriter, WebPMemoryWriterClear, WebPMemoryWriterInit,
    WebPPicture, WebPPictureFree, WebPPictureImportRGB, WebPPictureImportRGBA, WebPValidateConfig,
};
use shared::variant::Quality;

use super::failed;
use crate::pipeline::RenderError;
use crate::pipeline::pixels::{Layout, Pixels};

/// How hard libwebp tries, 0 to 6. Below 4 files grow faster than time shrinks; above it, the other way round.
const METHOD: c_int = 4;

const STEP: &str = "WebP encoding";

/// Encodes a picture; its opacity is kept without loss.
pub(super) fn encode(pixels: Pixels, quality: Quality) -> Result<Vec<u8>, RenderError> {
    let config = config(quality)?;
    let mut picture = Picture::import(&pixels.in_rgb())?;
    let mut output = Output::new();
    picture.0.writer = Some(WebPMemoryWrite);
    picture.0.custom_ptr = (&raw mut output.0).cast();
    // SAFETY: both point to initialized structures that nothing else uses during the call. The picture has the planes
    // that its sides say (`Picture::import`), and `custom_ptr` is the initialized `WebPMemoryWriter` that
    // `WebPMemoryWrite` expects; it outlives the call and does not move in it.
    let is_encoded = unsafe { WebPEncode(&raw const config, &raw mut picture.0) };
    if is_encoded == 0 {
        return Err(failed(STEP, format!("{:?}", picture.0.error_code)));
    }
    Ok(output.bytes().to_vec())
}

fn config(quality: Quality) -> Result<WebPConfig, RenderError> {
    let mut config = WebPConfig::new().map_err(|()| failed(STEP, "another version of libwebp was linked"))?;
    config.quality = quality.get().into();
    config.method = METHOD;
    config.thread_level = 0;
    // SAFETY: it points to an initialized structure and only reads it.
    let is_valid = unsafe { WebPValidateConfig(&raw const config) };
    if is_valid == 0 { Err(failed(STEP, "libwebp refuses its settings")) } else { Ok(config) }
}

/// A picture in libwebp's own memory.
struct Picture(WebPPicture);

impl Picture {
    /// Takes RGB or RGBA in.
    fn import(pixels: &Pixels) -> Result<Self, RenderError> {
        let (width, height) = (pixels.dimensions.width(), pixels.dimensions.height());
        let channels = pixels.layout.channels();
        let is_complete = pixels.samples.len() as u64 == pixels.dimensions.pixels() * channels as u64;
        if !is_complete || channels < 3 {
            return Err(failed(STEP, "the picture is not complete"));
        }
        let side = |length: u32| c_int::try_from(length).map_err(|error| failed(STEP, error));
        let new = WebPPicture::new().map_err(|()| failed(STEP, "another version of libwebp was linked"))?;
        let mut picture = Self(new);
        picture.0.width = side(width)?;
        picture.0.height = side(height)?;
        let stride = c_int::try_from(width as usize * channels).map_err(|error| failed(STEP, error))?;
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
        if is_imported == 0 { Err(failed(STEP, "there is no memory for the picture")) } else { Ok(picture) }
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
    use shared::asset::Dimensions;

    use super::*;

    #[test]
    fn a_picture_with_samples_missing_never_reaches_libwebp() {
        let dimensions = Dimensions::new(4, 4).unwrap();
        let pixels = Pixels { dimensions, layout: Layout::Rgb, samples: vec![0; 47] };
        let refused = encode(pixels, Quality::new(80).unwrap());
        assert!(matches!(refused, Err(RenderError::Failed { step: STEP, .. })));
    }

    #[test]
    fn a_side_that_webp_can_not_have_is_an_error() {
        let dimensions = Dimensions::new(16_384, 1).unwrap();
        let pixels = Pixels { dimensions, layout: Layout::Rgb, samples: vec![0; 3 * 16_384] };
        assert!(encode(pixels, Quality::new(80).unwrap()).is_err());
    }
}
