//! Files that end early, at any byte, whatever their lengths and check values say of it: an error, or the whole picture
//! where what is missing is not needed; never a part of a picture.

use std::ops::Range;

use render::RenderError;
use shared::variant::{OutputFormat, VariantSpec};

use crate::libjpeg::Jpeg;
use crate::parts::{crc32, mended, parts};
use crate::pictures::{rendered, scene, spec};
use crate::scans::{Scans, written};
use crate::seeds::{SEEDS, Seed};

/// All bits of a seed show at this size and without loss.
fn whole() -> VariantSpec {
    spec(9999, 0, OutputFormat::Png)
}

/// How many of the files are refused. The others must show what the whole file shows.
fn refused(of: &Seed, files: impl IntoIterator<Item = Vec<u8>>) -> usize {
    let expected = rendered(&of.file, whole()).unwrap().bytes;
    let mut count = 0;
    for (index, file) in files.into_iter().enumerate() {
        match rendered(&file, whole()) {
            Err(RenderError::Undecodable { .. } | RenderError::UnsupportedType(None)) => count += 1,
            Err(other) => panic!("{}, number {index}: {other}", of.name),
            Ok(variant) => assert!(variant.bytes == expected, "{}, number {index} shows a part", of.name),
        }
    }
    count
}

fn seeds(of: &str) -> impl Iterator<Item = &'static Seed> {
    SEEDS.iter().filter(move |seed| seed.name.contains(of))
}

#[test]
fn a_file_that_ends_anywhere_is_refused() {
    for seed in SEEDS.iter() {
        let needed = seed.file.len() - idle_bytes(seed.name);
        let prefixes = (0..needed).map(|end| seed.file[..end].to_vec());
        assert_eq!(refused(seed, prefixes), needed, "{}", seed.name);
    }
}

/// How many bytes at the end of a file nobody needs.
fn idle_bytes(name: &str) -> usize {
    match name {
        // The last tile's samples beyond the picture's last one.
        "TIFF in tiles" => (16 * 16 - (3 * 16 + 8)) * 3,
        // What says that there are no more runs, when all pixels are there.
        "BMP in runs" => 2,
        _ => 0,
    }
}

#[test]
fn a_jpeg_that_ends_within_its_scans_says_where() {
    for Seed { name, file } in seeds("JPEG") {
        for cut in written(file)[0].data.start..file.len() {
            let refused = rendered(&file[..cut], spec(20, 0, OutputFormat::WebP)).unwrap_err().to_string();
            assert!(refused.contains("cut short"), "{name} to {cut}: {refused}");
            let place: usize = refused.rsplit(' ').next().unwrap().parse().unwrap();
            // Of a marker that was cut through, what is left is no data.
            assert!((cut - 2..=cut).contains(&place), "{name} ends at {cut}, and not at {place}");
        }
    }
}

#[test]
fn a_jpeg_whose_scan_was_cut_and_ended_is_refused() {
    for scans in Scans::ALL {
        let file = Jpeg { scans, ..Jpeg::PLAIN }.encode(&scene(48, 36));
        for scan in written(&file) {
            for cut in scan.data.clone() {
                // The rest of the file follows, as if nothing were missing.
                let without = [&file[..cut], &file[scan.data.end..]].concat();
                assert!(rendered(&without, whole()).is_err(), "{scans:?}: {scan:?} is cut at {cut}");
            }
        }
    }
}

#[test]
fn a_png_whose_data_was_cut_and_checked_is_refused() {
    for seed in seeds("PNG") {
        let file = &seed.file;
        let chunk = parts(file).into_iter().find(|chunk| file[chunk.clone()][4..8] == *b"IDAT").unwrap();
        let data = &file[chunk.start + 8..chunk.end - 4];
        let cut = (0..data.len()).map(|kept| {
            let named = [b"IDAT", &data[..kept]].concat();
            let length = u32::try_from(kept).unwrap().to_be_bytes();
            [&file[..chunk.start], &length, &named, &crc32(&named).to_be_bytes(), &file[chunk.end..]].concat()
        });
        // No pixels are in the checksum behind the data, four bytes, and in the mark of its end.
        assert!(refused(seed, cut) >= data.len() - 6, "{}", seed.name);
    }
}

#[test]
fn a_webp_whose_data_was_cut_and_counted_is_refused() {
    for seed in seeds("WebP").filter(|seed| seed.name != "animated WebP") {
        let file = &seed.file;
        let is_data = |chunk: &Range<usize>| matches!(&file[chunk.clone()][..4], b"VP8 " | b"VP8L" | b"ALPH");
        for chunk in parts(file).into_iter().filter(is_data) {
            let (name, length) = file[chunk.start..chunk.start + 8].split_at(4);
            let length = u32::from_le_bytes(length.try_into().unwrap());
            // libwebp takes the byte that fills up to an even length for data too.
            let cut = (0..length - 1).map(|kept| {
                let data = &file[chunk.start + 8..][..kept as usize];
                let padding = vec![0; data.len() % 2];
                let parts =
                    [&file[..chunk.start], name, &kept.to_le_bytes(), data, &padding, &file[chunk.end..]];
                mended(parts.concat())
            });
            // The coder's last bits may be any.
            assert!(refused(seed, cut) + 4 >= length as usize, "{} in {name:?}", seed.name);
        }
    }
}

#[test]
fn a_tiff_whose_strip_was_cut_and_counted_is_refused_or_read_beyond() {
    for seed in seeds("TIFF with ") {
        // The entry that counts the strips' bytes; where there are many its value is where they stand.
        let is_count = |entry: &Range<usize>| seed.file[entry.clone()][..4] == [0x17, 1, 4, 0];
        let entry = parts(&seed.file).into_iter().find(is_count).unwrap();
        let word = |at: usize| u32::from_le_bytes(*seed.file[at..].first_chunk().unwrap());
        let at = if word(entry.start + 4) == 1 { entry.start + 8 } else { word(entry.start + 8) as usize };
        refused(
            seed,
            (0..word(at)).map(|kept| {
                let mut cut = seed.file.clone();
                cut[at..at + 4].copy_from_slice(&kept.to_le_bytes());
                cut
            }),
        );
    }
}
