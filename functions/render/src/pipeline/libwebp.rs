//! libwebp: the one module that calls C.
#![expect(unsafe_code, reason = "libwebp is written in C; each call says why it is sound")]

use std::ffi::c_int;
use std::num::TryFromIntError;

use libwebp_sys::{
    VP8StatusCode, WEBP_CSP_MODE, WebPBitstreamFeatures, WebPConfig, WebPDecode, WebPDecoderConfig,
    WebPEncCSP, WebPEncode, WebPGetFeatures, WebPPicture, WebPRGBABuffer, WebPValidateConfig, WebPYUVABuffer,
};
use shared::dimensions::Dimensions;
use shared::variant::Quality;

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

/// Decodes a still picture of this size: RGB, or with `has_alpha` RGBA.
pub(crate) fn decode(
    file: &[u8],
    (width, height): (u32, u32),
    has_alpha: bool,
) -> Result<Vec<u8>, LibwebpError> {
    let channels = if has_alpha { 4 } else { 3 };
    let row_bytes = width as usize * channels;
    let mut samples = vec![0; row_bytes * height as usize];
    let mut config = linked(WebPDecoderConfig::new())?;
    config.output.colorspace = if has_alpha { WEBP_CSP_MODE::MODE_RGBA } else { WEBP_CSP_MODE::MODE_RGB };
    config.output.is_external_memory = 1;
    config.output.u.RGBA = WebPRGBABuffer {
        rgba: samples.as_mut_ptr(),
        stride: c_int::try_from(row_bytes)?,
        size: samples.len(),
    };
    // SAFETY: of the file the call reads `len` bytes, which are there. It writes to `config`, which is initialized, and
    // to `samples`: at most the `size` bytes that `config` says, which libwebp checks against the picture's sides; nothing
    // else uses them during the call, and they outlive it. Being external, they are not libwebp's to free.
    let status = unsafe { WebPDecode(file.as_ptr(), file.len(), &raw mut config) };
    check(status)?;
    Ok(samples)
}

/// Decodes a still picture with loss to its planes as they are stored: luma, and both chromas at half its size, in limited
/// range. The filter that smooths the edges of blocks is left out where the picture `is_shown_smaller`, in which they
/// disappear; libwebp itself does so where it scales.
pub(crate) fn decode_planes(
    file: &[u8],
    picture: Dimensions,
    is_shown_smaller: bool,
) -> Result<[Vec<u8>; 3], LibwebpError> {
    let halved = picture.halved();
    let samples = |plane: Dimensions| usize::try_from(plane.pixels());
    let mut luma = vec![0; samples(picture)?];
    let mut chroma = [vec![0; samples(halved)?], vec![0; samples(halved)?]];
    let mut config = linked(WebPDecoderConfig::new())?;
    config.options.bypass_filtering = c_int::from(is_shown_smaller);
    config.output.colorspace = WEBP_CSP_MODE::MODE_YUV;
    config.output.is_external_memory = 1;
    let [blue, red] = &mut chroma;
    config.output.u.YUVA = WebPYUVABuffer {
        y: luma.as_mut_ptr(),
        u: blue.as_mut_ptr(),
        v: red.as_mut_ptr(),
        a: std::ptr::null_mut(),
        y_stride: c_int::try_from(picture.width())?,
        u_stride: c_int::try_from(halved.width())?,
        v_stride: c_int::try_from(halved.width())?,
        a_stride: 0,
        y_size: luma.len(),
        u_size: blue.len(),
        v_size: red.len(),
        a_size: 0,
    };
    // SAFETY: of the file the call reads `len` bytes, which are there. It writes to `config`, which is initialized, and
    // to the three planes: at most the sizes that `config` says, which libwebp checks against the picture's sides;
    // nothing else uses them during the call, and they outlive it. Being external, they are not libwebp's to free.
    let status = unsafe { WebPDecode(file.as_ptr(), file.len(), &raw mut config) };
    check(status)?;
    let [blue, red] = chroma;
    Ok([luma, blue, red])
}

/// How libwebp encodes: fields of its `WebPConfig`, which documents them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// How hard it tries: 0 to 6.
    pub(crate) method: c_int,
    /// Into how many classes of blocks it divides a picture, each with a quantizer of its own: 1 to 4.
    pub(crate) segments: c_int,
    /// How many more bits smooth blocks get than busy ones: 0 to 100.
    pub(crate) sns_strength: c_int,
    /// How much the decoder smooths the edges of blocks: 0 to 100.
    pub(crate) filter_strength: c_int,
    /// How much of sharp edges that filter spares: 0 to 7.
    pub(crate) filter_sharpness: c_int,
}

/// A picture in limited-range YCbCr with halved chroma (16 to 235 and to 240: ITU-R BT.601), the only one that lossy WebP
/// knows.
#[derive(Debug)]
pub(crate) struct LimitedRange {
    pub(crate) dimensions: Dimensions,
    pub(crate) luma: Vec<u8>,
    pub(crate) chroma: [Vec<u8>; 2],
    pub(crate) alpha: Option<Vec<u8>>,
}

impl LimitedRange {
    /// Whether every plane has the samples that the sides say.
    fn is_complete(&self) -> bool {
        let has = |plane: &[u8], size: Dimensions| plane.len() as u64 == size.pixels();
        has(&self.luma, self.dimensions)
            && self.chroma.iter().all(|plane| has(plane, self.dimensions.halved()))
            && self.alpha.as_ref().is_none_or(|alpha| has(alpha, self.dimensions))
    }

    /// Libwebp's view of the planes: they stay where they are.
    fn lend(&mut self) -> Result<WebPPicture, LibwebpError> {
        if !self.is_complete() {
            return Err(LibwebpError::Failed("the picture is not complete".to_owned()));
        }
        let mut picture = linked(WebPPicture::new())?;
        picture.use_argb = 0;
        picture.colorspace = WebPEncCSP::WEBP_YUV420;
        picture.width = c_int::try_from(self.dimensions.width())?;
        picture.height = c_int::try_from(self.dimensions.height())?;
        let [blue, red] = &mut self.chroma;
        (picture.y, picture.u, picture.v) = (self.luma.as_mut_ptr(), blue.as_mut_ptr(), red.as_mut_ptr());
        picture.y_stride = picture.width;
        picture.uv_stride = c_int::try_from(self.dimensions.halved().width())?;
        if let Some(alpha) = &mut self.alpha {
            picture.colorspace = WebPEncCSP::WEBP_YUV420A;
            picture.a = alpha.as_mut_ptr();
            picture.a_stride = picture.width;
        }
        Ok(picture)
    }
}

/// Encodes a picture with loss; its opacity is kept without.
pub(crate) fn encode(
    mut source: LimitedRange,
    quality: Quality,
    settings: Settings,
) -> Result<Vec<u8>, LibwebpError> {
    let config = encoder_config(quality, settings)?;
    let mut file = Vec::new();
    let mut picture = source.lend()?;
    picture.writer = Some(append);
    picture.custom_ptr = (&raw mut file).cast();
    // SAFETY: both point to initialized structures that nothing else uses during the call. Of the planes libwebp reads
    // and writes (it may simplify what is hidden) as many rows of as many samples as the sides say, and halved ones of
    // chroma: they are all there (`LimitedRange::lend`), belong to `source`, which is not touched before the call ends,
    // and overlap nowhere. `custom_ptr` is the vector that `append` expects; it outlives the call and does not move in
    // it. The picture owns nothing (its `memory_` stays null, since libwebp has nothing to convert), so nothing is left
    // to free.
    let is_encoded = unsafe { WebPEncode(&raw const config, &raw mut picture) };
    if is_encoded == 0 {
        return Err(LibwebpError::Failed(format!("{:?}", picture.error_code)));
    }
    Ok(file)
}

/// Takes a part of the file from libwebp.
///
/// # Safety
/// `data` has `length` bytes, and the picture's `custom_ptr` is a `Vec<u8>` that nothing else uses.
unsafe extern "C" fn append(data: *const u8, length: usize, picture: *const WebPPicture) -> c_int {
    if length > 0 {
        // SAFETY: `encode`, the only one to set this as a writer, vouches for the vector.
        let file = unsafe { &mut *(*picture).custom_ptr.cast::<Vec<u8>>() };
        // SAFETY: libwebp vouches for the bytes; a pointer to some is not null.
        file.extend_from_slice(unsafe { std::slice::from_raw_parts(data, length) });
    }
    1
}

fn encoder_config(quality: Quality, settings: Settings) -> Result<WebPConfig, LibwebpError> {
    let mut config = linked(WebPConfig::new())?;
    config.quality = quality.get().into();
    config.method = settings.method;
    config.segments = settings.segments;
    config.sns_strength = settings.sns_strength;
    config.filter_strength = settings.filter_strength;
    config.filter_sharpness = settings.filter_sharpness;
    // A render is one thread's work: a Lambda of this size has no more.
    config.thread_level = 0;
    // SAFETY: it points to an initialized structure and only reads it.
    let is_valid = unsafe { WebPValidateConfig(&raw const config) };
    if is_valid == 0 {
        return Err(LibwebpError::Failed("it refuses its settings".to_owned()));
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use shared::dimensions::Dimensions;

    use super::*;

    const DEFAULTS: Settings =
        Settings { method: 4, segments: 4, sns_strength: 50, filter_strength: 60, filter_sharpness: 0 };

    /// A grey picture with as many samples of luma.
    fn encoded(width: u32, height: u32, samples: usize) -> Result<Vec<u8>, LibwebpError> {
        let dimensions = Dimensions::new(width, height).unwrap();
        let chroma = vec![128; usize::try_from(dimensions.halved().pixels()).unwrap()];
        let picture = LimitedRange {
            dimensions,
            luma: vec![90; samples],
            chroma: [chroma.clone(), chroma],
            alpha: None,
        };
        encode(picture, Quality::new(80).unwrap(), DEFAULTS)
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let file = encoded(64, 48, 64 * 48).unwrap();
        let expected = Features { width: 64, height: 48, has_alpha: false, is_lossless: false };
        assert_eq!(features(&file), Ok(expected));
        let samples = decode(&file, (64, 48), false).unwrap();
        assert_eq!(samples.len(), 64 * 48 * 3);
        assert!(samples.iter().all(|sample| sample.abs_diff(86) < 4));
        assert!(decode(&file, (32, 24), false).is_err());
        assert_eq!(decode(&file, (64, 48), true).unwrap()[3], 255);
    }

    #[test]
    fn planes_come_as_they_were_stored() {
        let file = encoded(31, 17, 31 * 17).unwrap();
        let picture = Dimensions::new(31, 17).unwrap();
        for is_shown_smaller in [false, true] {
            let [luma, blue, red] = decode_planes(&file, picture, is_shown_smaller).unwrap();
            assert_eq!([luma.len(), blue.len(), red.len()], [31 * 17, 16 * 9, 16 * 9]);
            assert!(luma.iter().all(|sample| sample.abs_diff(90) < 4));
            assert!(blue.iter().chain(&red).all(|sample| sample.abs_diff(128) < 4));
        }
        assert!(decode_planes(&file, Dimensions::new(30, 17).unwrap(), false).is_err());
        assert!(decode_planes(&file[..file.len() / 2], picture, false).is_err());
    }

    #[test]
    fn a_cut_or_corrupt_file_is_an_error() {
        let file = encoded(64, 48, 64 * 48).unwrap();
        assert_eq!(features(&file[..20]), Err(LibwebpError::CutShort));
        assert_eq!(decode(&file[..file.len() / 2], (64, 48), false), Err(LibwebpError::CutShort));
        assert!(matches!(
            features(b"RIFF\x10\0\0\0WEBPVP8 \x03\0\0\0abcdefghij"),
            Err(LibwebpError::Corrupt(_))
        ));
    }

    #[test]
    fn a_picture_with_samples_missing_never_reaches_libwebp() {
        assert!(matches!(encoded(4, 4, 15), Err(LibwebpError::Failed(_))));
        let whole = || LimitedRange {
            dimensions: Dimensions::new(3, 3).unwrap(),
            luma: vec![90; 9],
            chroma: [vec![128; 4], vec![128; 4]],
            alpha: Some(vec![128; 9]),
        };
        let refused = |picture| encode(picture, Quality::new(80).unwrap(), DEFAULTS).is_err();
        assert!(!refused(whole()));
        assert!(refused(LimitedRange { chroma: [vec![128; 4], vec![128; 3]], ..whole() }));
        assert!(refused(LimitedRange { alpha: Some(vec![128; 8]), ..whole() }));
    }

    #[test]
    fn settings_that_libwebp_does_not_know_are_an_error() {
        let dimensions = Dimensions::new(1, 1).unwrap();
        let picture =
            LimitedRange { dimensions, luma: vec![90], chroma: [vec![128], vec![128]], alpha: None };
        let refused = encode(picture, Quality::new(80).unwrap(), Settings { method: 7, ..DEFAULTS });
        assert!(matches!(refused, Err(LibwebpError::Failed(_))));
    }

    #[test]
    fn a_side_that_webp_can_not_have_is_an_error() {
        assert!(matches!(encoded(16_384, 1, 16_384), Err(LibwebpError::Failed(_))));
    }
}
