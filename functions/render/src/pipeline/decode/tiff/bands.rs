//! A TIFF's strips, or rows of its tiles, one after the other.

use super::samples::Stored;
use super::{Layout, Reader, undecodable};
use crate::pipeline::RenderError;
use crate::pipeline::decode::Request;

/// Reads a picture whose pixels lie together, some rows at a time.
#[derive(Debug)]
pub(super) struct Bands {
    /// How many strips or tiles there are, across and down.
    chunks: (u32, u32),
    /// The next row of them.
    next: u32,
    width: u32,
    bits_of_pixel: usize,
}

impl Bands {
    /// Starts at the top.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`].
    pub(super) fn new(
        reader: &mut Reader<'_>,
        layout: &Layout,
        request: &mut Request<'_>,
    ) -> Result<Self, RenderError> {
        let (width, height) = (request.stored.width(), request.stored.height());
        let (chunk_width, chunk_height) = reader.chunk_dimensions();
        let (chunk_width, chunk_height) = (chunk_width.max(1), chunk_height.max(1));
        let band_pixels = u64::from(width) * u64::from(chunk_height.min(height));
        let chunk_pixels = u64::from(chunk_width).saturating_mul(chunk_height.into());
        // A strip or tile, the rows that it belongs to, and the same as pixels of 8 bits.
        let pixels = chunk_pixels.saturating_add(band_pixels * 2);
        request.memory.claim(pixels.saturating_mul(layout.pixel_bytes()))?;
        Ok(Self {
            chunks: (width.div_ceil(chunk_width), height.div_ceil(chunk_height)),
            next: 0,
            width,
            bits_of_pixel: usize::from(layout.bits) * usize::from(layout.count),
        })
    }

    /// The next rows; `None` behind the last.
    ///
    /// # Errors
    /// [`RenderError::Undecodable`].
    pub(super) fn next(&mut self, reader: &mut Reader<'_>) -> Result<Option<Stored>, RenderError> {
        let (across, down) = self.chunks;
        if self.next == down {
            return Ok(None);
        }
        let first = self.next * across;
        self.next += 1;
        if across == 1 {
            return read(reader, first).map(Some);
        }
        let mut band = None;
        let mut left = 0;
        for index in first..first + across {
            let tile = read(reader, index)?;
            let (tile_width, rows) = reader.chunk_data_dimensions(index);
            match (band.get_or_insert_with(|| tile.empty()), tile) {
                (Stored::Eight(band), Stored::Eight(tile)) => {
                    let bytes = |pixels: u32| (pixels as usize * self.bits_of_pixel).div_ceil(8);
                    band.resize(bytes(self.width) * rows as usize, 0);
                    place(band, bytes(self.width), bytes(left), &tile, bytes(tile_width));
                }
                (Stored::Sixteen(band), Stored::Sixteen(tile)) => {
                    let samples = |pixels: u32| pixels as usize * self.bits_of_pixel / 16;
                    band.resize(samples(self.width) * rows as usize, 0);
                    place(band, samples(self.width), samples(left), &tile, samples(tile_width));
                }
                // All tiles of a picture have samples of one size.
                (Stored::Eight(_), Stored::Sixteen(_)) | (Stored::Sixteen(_), Stored::Eight(_)) => {}
            }
            left += tile_width;
        }
        Ok(band)
    }
}

fn read(reader: &mut Reader<'_>, chunk: u32) -> Result<Stored, RenderError> {
    Stored::of(reader.read_chunk(chunk).map_err(undecodable)?)
}

/// Puts the rows of a tile where they belong in wider ones.
fn place<T: Copy>(band: &mut [T], band_row: usize, left: usize, tile: &[T], tile_row: usize) {
    for (to, from) in band.chunks_mut(band_row).zip(tile.chunks(tile_row)) {
        if let Some(to) = to.get_mut(left..left + tile_row) {
            to.copy_from_slice(from);
        }
    }
}
