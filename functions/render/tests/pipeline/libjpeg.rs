//! libjpeg (the C of mozjpeg, with its own ideas switched off): an encoder that leaves every choice open, and the oracle
//! that our decoder is held against. The one module of these tests that calls C.
#![expect(unsafe_code, reason = "libjpeg is written in C; each block says why it is sound")]

use std::ffi::{c_int, c_uint, c_ulong};
use std::mem::zeroed;

use image::{Rgb, RgbImage};
use mozjpeg_sys::{
    J_COLOR_SPACE, J_DCT_METHOD, JCP_FASTEST, JINT_COMPRESS_PROFILE, JSAMPROW, JSAMPROW_MUT,
    jpeg_c_set_int_param, jpeg_common_struct, jpeg_compress_struct, jpeg_create_compress,
    jpeg_create_decompress, jpeg_decompress_struct, jpeg_destroy_compress, jpeg_destroy_decompress,
    jpeg_error_mgr, jpeg_finish_compress, jpeg_finish_decompress, jpeg_mem_dest, jpeg_mem_src,
    jpeg_read_header, jpeg_read_scanlines, jpeg_set_colorspace, jpeg_set_defaults, jpeg_set_quality,
    jpeg_start_compress, jpeg_start_decompress, jpeg_std_error, jpeg_write_marker, jpeg_write_scanlines,
};

use crate::files::exif;
use crate::scans::Scans;

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jpeg {
    pub(crate) color: Color,
    /// The sampling factors of its components, across and down; those not named have 1 and 1.
    pub(crate) factors: &'static [(u8, u8)],
    pub(crate) scans: Scans,
    pub(crate) restarts: Restarts,
    pub(crate) quality: u8,
    /// What its EXIF says; 1 is none at all.
    pub(crate) orientation: u8,
}

/// What its components are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    Grey,
    YCbCr,
    Rgb,
    Cmyk,
    Ycck,
}

/// Where restart markers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restarts {
    None,
    /// After so many minimum coded units.
    Units(u8),
    Row,
}

impl Jpeg {
    /// 4:2:0 in one scan, without restarts.
    pub(crate) const PLAIN: Self = Self {
        color: Color::YCbCr,
        factors: &[(2, 2)],
        scans: Scans::One,
        restarts: Restarts::None,
        quality: 95,
        orientation: 1,
    };

    /// A picture as a file; grey is its luma, and inks are what its colours leave out.
    pub(crate) fn encode(&self, picture: &RgbImage) -> Vec<u8> {
        let samples: Vec<u8> = match self.color {
            Color::Grey => image::DynamicImage::from(picture.clone()).into_luma8().into_raw(),
            Color::YCbCr | Color::Rgb => picture.as_raw().clone(),
            // As Adobe has them: 255 is none.
            Color::Cmyk | Color::Ycck => {
                picture.pixels().flat_map(|Rgb([r, g, b])| [*r, *g, *b, 255]).collect()
            }
        };
        self.encode_samples(&samples, picture.dimensions())
    }

    fn encode_samples(&self, samples: &[u8], (width, height): (u32, u32)) -> Vec<u8> {
        let (channels, taken, written) = match self.color {
            Color::Grey => (1, J_COLOR_SPACE::JCS_GRAYSCALE, J_COLOR_SPACE::JCS_GRAYSCALE),
            Color::YCbCr => (3, J_COLOR_SPACE::JCS_RGB, J_COLOR_SPACE::JCS_YCbCr),
            Color::Rgb => (3, J_COLOR_SPACE::JCS_RGB, J_COLOR_SPACE::JCS_RGB),
            Color::Cmyk => (4, J_COLOR_SPACE::JCS_CMYK, J_COLOR_SPACE::JCS_CMYK),
            Color::Ycck => (4, J_COLOR_SPACE::JCS_CMYK, J_COLOR_SPACE::JCS_YCCK),
        };
        let row_bytes = width as usize * channels;
        assert_eq!(samples.len(), row_bytes * height as usize);
        // More than noise in so many blocks can take, with its restart markers in ten scans.
        let blocks = (width as usize / 8 + 4) * (height as usize / 8 + 4) * channels;
        let mut file = vec![0; 8192 + blocks * 512];
        let (mut start, mut length) = (file.as_mut_ptr(), c_ulong::try_from(file.len()).unwrap());
        let script = self.scans.script(channels);
        // SAFETY: all zeros is a value of these structures: null pointers, numbers, and enums whose first value is 0.
        let (mut errors, mut jpeg): (jpeg_error_mgr, jpeg_compress_struct) = unsafe { (zeroed(), zeroed()) };
        // SAFETY: calls come in the order that libjpeg asks for; an error unwinds through it (it is built for that). It
        // is given pointers to `errors`, `start`, `length`, `file`, `script` and a row, which all outlive `jpeg`; none of
        // them moves. `file` has `length` bytes, of which it says how many it has written; the components that are
        // changed are as many as it has made room for; a row has as many samples as width and channels ask for.
        unsafe {
            jpeg.common.err = with_errors_that_panic(&mut errors);
            jpeg_create_compress(&raw mut jpeg);
            jpeg_mem_dest(&mut jpeg, &raw mut start, &raw mut length);
            (jpeg.image_width, jpeg.image_height) = (width, height);
            (jpeg.input_components, jpeg.in_color_space) = (c_int::try_from(channels).unwrap(), taken);
            jpeg_c_set_int_param(&mut jpeg, JINT_COMPRESS_PROFILE, JCP_FASTEST as c_int);
            jpeg_set_defaults(&mut jpeg);
            jpeg_set_colorspace(&mut jpeg, written);
            jpeg_set_quality(&mut jpeg, self.quality.into(), 1);
            jpeg.dct_method = J_DCT_METHOD::JDCT_ISLOW;
            let components = std::slice::from_raw_parts_mut(jpeg.comp_info, channels);
            for (index, component) in components.iter_mut().enumerate() {
                let (across, down) = self.factors.get(index).copied().unwrap_or((1, 1));
                (component.h_samp_factor, component.v_samp_factor) = (across.into(), down.into());
            }
            (jpeg.restart_interval, jpeg.restart_in_rows) = match self.restarts {
                Restarts::None => (0, 0),
                Restarts::Units(units) => (units.into(), 0),
                Restarts::Row => (0, 1),
            };
            if !script.is_empty() {
                (jpeg.scan_info, jpeg.num_scans) = (script.as_ptr(), c_int::try_from(script.len()).unwrap());
            }
            jpeg_start_compress(&mut jpeg, 1);
            if self.orientation > 1 {
                let content = [b"Exif\0\0", &exif(self.orientation)[..]].concat();
                let bytes = c_uint::try_from(content.len()).unwrap();
                jpeg_write_marker(&mut jpeg, 0xe1, content.as_ptr(), bytes);
            }
            for row in samples.chunks_exact(row_bytes) {
                let rows: [JSAMPROW; 1] = [row.as_ptr()];
                jpeg_write_scanlines(&mut jpeg, rows.as_ptr(), 1);
            }
            jpeg_finish_compress(&mut jpeg);
            jpeg_destroy_compress(&mut jpeg);
        }
        assert_eq!(start, file.as_mut_ptr(), "libjpeg took a buffer of its own");
        file.truncate(usize::try_from(length).unwrap());
        file
    }
}

/// What libjpeg shows of a file: grey or in colour, at its full size, by its accurate transform; not yet upright.
pub(crate) fn decode(file: &[u8]) -> RgbImage {
    // SAFETY: as for the encoder.
    let (mut errors, mut jpeg): (jpeg_error_mgr, jpeg_decompress_struct) = unsafe { (zeroed(), zeroed()) };
    // SAFETY: as for the encoder: the order is libjpeg's, `errors` and `file` outlive `jpeg`, and a row has room for as
    // many samples as the width that libjpeg has worked out, in three channels.
    unsafe {
        jpeg.common.err = with_errors_that_panic(&mut errors);
        jpeg_create_decompress(&raw mut jpeg);
        jpeg_mem_src(&mut jpeg, file.as_ptr(), c_ulong::try_from(file.len()).unwrap());
        jpeg_read_header(&mut jpeg, 1);
        jpeg.out_color_space = J_COLOR_SPACE::JCS_RGB;
        jpeg.dct_method = J_DCT_METHOD::JDCT_ISLOW;
        jpeg.do_fancy_upsampling = 1;
        jpeg_start_decompress(&mut jpeg);
        let mut picture = RgbImage::new(jpeg.output_width, jpeg.output_height);
        for row in picture.chunks_exact_mut(jpeg.output_width as usize * 3) {
            let mut rows: [JSAMPROW_MUT; 1] = [row.as_mut_ptr()];
            assert_eq!(jpeg_read_scanlines(&mut jpeg, rows.as_mut_ptr(), 1), 1);
        }
        jpeg_finish_decompress(&mut jpeg);
        jpeg_destroy_decompress(&mut jpeg);
        assert_eq!(errors.num_warnings, 0, "libjpeg finds the file corrupt");
        picture
    }
}

/// Fills in an error manager that counts warnings and panics at errors.
fn with_errors_that_panic(errors: &mut jpeg_error_mgr) -> *mut jpeg_error_mgr {
    // SAFETY: it fills the structure in, and keeps nothing of it.
    unsafe { jpeg_std_error(errors) };
    errors.error_exit = Some(panic_at_error);
    errors.emit_message = Some(count_warning);
    errors
}

unsafe extern "C-unwind" fn panic_at_error(jpeg: &mut jpeg_common_struct) {
    // SAFETY: libjpeg calls with the error manager that it was given.
    let code = unsafe { (*jpeg.err).msg_code };
    panic!("libjpeg fails with its message number {code}");
}

unsafe extern "C-unwind" fn count_warning(jpeg: &mut jpeg_common_struct, level: c_int) {
    if level < 0 {
        // SAFETY: as above; nothing else holds a reference to it during the call.
        unsafe { (*jpeg.err).num_warnings += 1 };
    }
}
