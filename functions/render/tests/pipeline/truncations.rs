//! Files that end early, at any byte: an error, whatever comes before; never a part of a picture.

use shared::variant::OutputFormat;

use crate::libjpeg::Jpeg;
use crate::parts::{crc32, parts};
use crate::pictures::{rendered, scene, spec};
use crate::scans::{Scans, written};
use crate::seeds::{SEEDS, Seed};

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
fn a_file_that_ends_anywhere_is_refused() {
    let small = spec(20, 0, OutputFormat::WebP);
    for Seed { name, file } in SEEDS.iter() {
        for cut in 0..file.len() - idle_bytes(name) {
            let refused = rendered(&file[..cut], small);
            assert!(refused.is_err(), "{name} of {} bytes ends at {cut}", file.len());
        }
    }
}

#[test]
fn a_jpeg_that_ends_within_its_scans_says_where() {
    for Seed { name, file } in SEEDS.iter().filter(|seed| seed.name.contains("JPEG")) {
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
    // All bits are read at this size and without loss.
    let large = spec(48, 0, OutputFormat::Png);
    for scans in Scans::ALL {
        let file = Jpeg { scans, ..Jpeg::PLAIN }.encode(&scene(48, 36));
        for scan in written(&file) {
            for cut in scan.data.clone() {
                // The rest of the file follows, as if nothing were missing.
                let without = [&file[..cut], &file[scan.data.end..]].concat();
                let refused = rendered(&without, large);
                assert!(refused.is_err(), "{scans:?}: {scan:?} is cut at {cut}");
            }
        }
    }
}

#[test]
fn a_png_whose_data_was_cut_and_checked_is_refused() {
    for Seed { name, file } in SEEDS.iter().filter(|seed| seed.name.contains("PNG")) {
        let chunk = parts(file).into_iter().find(|chunk| file[chunk.clone()][4..8] == *b"IDAT").unwrap();
        let data = &file[chunk.start + 8..chunk.end - 4];
        // No pixels are in the checksum behind the data, four bytes, and in the mark of its end.
        for kept in 0..data.len() - 6 {
            let named = [b"IDAT", &data[..kept]].concat();
            let length = u32::try_from(kept).unwrap().to_be_bytes();
            let cut =
                [&file[..chunk.start], &length, &named, &crc32(&named).to_be_bytes(), &file[chunk.end..]];
            let refused = rendered(&cut.concat(), spec(20, 0, OutputFormat::WebP));
            assert!(refused.is_err(), "{name} with {kept} of {} bytes", data.len());
        }
    }
}
