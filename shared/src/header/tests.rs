use std::path::Path;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

/// Parts of a file, one after the other.
fn file(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// A JPEG segment: marker, length, content.
fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    file(&[&[0xff, marker], &length, content])
}

/// A baseline frame header of one component.
fn frame(width: u16, height: u16) -> Vec<u8> {
    segment(0xc0, &file(&[&[8], &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]]))
}

fn jpeg(segments: &[&[u8]]) -> Vec<u8> {
    file(&[&[0xff, 0xd8], &segments.concat()])
}

/// A directory with one entry of one value per (tag, type, value), in a TIFF of either byte order.
fn tiff(big_endian: bool, entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let short = |n: u16| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
    let long = |n: u32| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
    let count = u16::try_from(entries.len()).unwrap();
    let mut bytes = file(&[if big_endian { b"MM" } else { b"II" }, &short(42), &long(8), &short(count)]);
    for (tag, kind, value) in entries {
        bytes.extend([short(*tag), short(*kind)].concat());
        bytes.extend(long(1));
        match kind {
            3 => bytes.extend([short(u16::try_from(*value).unwrap()), [0, 0]].concat()),
            _ => bytes.extend(long(*value)),
        }
    }
    bytes.extend([0; 4]);
    bytes
}

fn exif(big_endian: bool, orientation: u16) -> Vec<u8> {
    let order = tiff(big_endian, &[(271, 3, 7), (274, 3, u32::from(orientation))]);
    file(&[b"Exif\0\0", &order])
}

fn big_tiff(entries: &[(u16, u16, u64)]) -> Vec<u8> {
    let mut bytes =
        file(&[b"II\x2b\0\x08\0\0\0", &16_u64.to_le_bytes(), &(entries.len() as u64).to_le_bytes()]);
    for (tag, kind, value) in entries {
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend([1_u64.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend([0; 8]);
    bytes
}

fn chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
    file(&[&u32::try_from(content.len()).unwrap().to_be_bytes(), kind, content, &[0; 4]])
}

fn png(width: u32, height: u32, chunks: &[&[u8]]) -> Vec<u8> {
    let header = file(&[&width.to_be_bytes(), &height.to_be_bytes(), &[8, 2, 0, 0, 0]]);
    file(&[b"\x89PNG\r\n\x1a\n", &chunk(b"IHDR", &header), &chunks.concat()])
}

fn riff(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let padding = vec![0; content.len() % 2];
    file(&[kind, &u32::try_from(content.len()).unwrap().to_le_bytes(), content, &padding])
}

fn webp(chunks: &[&[u8]]) -> Vec<u8> {
    riff(b"RIFF", &file(&[b"WEBP", &chunks.concat()]))
}

fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let side = |pixels: u32| (pixels - 1).to_le_bytes()[..3].to_vec();
    riff(b"VP8X", &file(&[&[flags, 0, 0, 0], &side(width), &side(height)]))
}

fn bmp(header: &[u8]) -> Vec<u8> {
    file(&[b"BM", &[0; 12], header])
}

fn boxed(kind: &[u8], content: &[u8]) -> Vec<u8> {
    file(&[&u32::try_from(content.len() + 8).unwrap().to_be_bytes(), kind, content])
}

/// An AVIF whose primary item 2 has the second size, and what comes after it.
fn avif(transforms: &[&[u8]]) -> Vec<u8> {
    let size = |width: u32, height: u32| {
        boxed(b"ispe", &file(&[&[0; 4], &width.to_be_bytes(), &height.to_be_bytes()]))
    };
    let numbers: Vec<u8> = (2..).take(1 + transforms.len()).map(|number| 0x80 | number).collect();
    let count = u8::try_from(numbers.len()).unwrap();
    let of_items = file(&[&[0, 0, 0, 2], &[0, 1, 1, 1], &[0, 2, count], &numbers]);
    let properties = boxed(b"ipco", &file(&[&size(64, 64), &size(300, 200), &transforms.concat()]));
    let iprp = boxed(b"iprp", &file(&[&properties, &boxed(b"ipma", &file(&[&[0; 4], &of_items]))]));
    let meta = boxed(b"meta", &file(&[&[0; 4], &boxed(b"pitm", &[0, 0, 0, 0, 0, 2]), &iprp]));
    file(&[
        &boxed(b"ftyp", b"avif\0\0\0\0avifmif1"),
        &boxed(b"free", &[0; 40]),
        &meta,
        &boxed(b"mdat", &[0; 9]),
    ])
}

/// What a file is, its bytes, its type and upright size, its orientation.
type Case = (&'static str, Vec<u8>, &'static str, u8);

fn good_jpegs() -> Vec<Case> {
    let frame = frame(640, 480);
    let with_exif = |exif: Vec<u8>| jpeg(&[&segment(0xe1, &exif), &frame]);
    let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0");
    let stray = jpeg(&[&[0xff, 0xff, 0], b"stray", &[0xff], &frame]);
    vec![
        ("a baseline JPEG", jpeg(&[&frame]), "image/jpeg 640x480", 1),
        ("big-endian EXIF", with_exif(exif(true, 6)), "image/jpeg 480x640", 6),
        ("little-endian EXIF", with_exif(exif(false, 3)), "image/jpeg 640x480", 3),
        ("an orientation of 0", with_exif(exif(true, 0)), "image/jpeg 640x480", 1),
        ("an orientation of 9", with_exif(exif(false, 9)), "image/jpeg 640x480", 1),
        ("EXIF that is cut off", with_exif(exif(true, 6)[..20].to_vec()), "image/jpeg 640x480", 1),
        ("fill and stray bytes", stray, "image/jpeg 640x480", 1),
        ("XMP before EXIF", jpeg(&[&xmp, &segment(0xe1, &exif(true, 8)), &frame]), "image/jpeg 480x640", 8),
    ]
}

fn good_pngs_and_webps() -> Vec<Case> {
    let (data, text) = (chunk(b"IDAT", b".."), chunk(b"tEXt", b"a\0b"));
    let orientation = chunk(b"eXIf", &exif(true, 5)[6..]);
    let vp8 = file(&[&[0x30, 1, 0], &[0x9d, 1, 0x2a], &[0x80, 0x42, 0xe0, 0x81]]);
    let (lossy, odd) = (riff(b"VP8 ", &vp8), riff(b"VP8 ", &vp8[..9]));
    let lossless = riff(b"VP8L", &file(&[&[0x2f], &(639_u32 + (479 << 14)).to_le_bytes()]));
    let exif = riff(b"EXIF", &exif(false, 7));
    vec![
        ("a PNG", png(640, 480, &[&data]), "image/png 640x480", 1),
        ("a PNG with eXIf", png(640, 480, &[&text, &orientation, &data]), "image/png 480x640", 5),
        ("eXIf behind the data", png(640, 480, &[&data, &orientation]), "image/png 640x480", 1),
        ("a PNG cut after IHDR", png(640, 480, &[]), "image/png 640x480", 1),
        ("a lossy WebP", webp(&[&lossy]), "image/webp 640x480", 1),
        ("a lossless WebP", webp(&[&lossless]), "image/webp 640x480", 1),
        ("WebP with EXIF", webp(&[&extended(8, 640, 480), &odd, &exif]), "image/webp 480x640", 7),
        ("EXIF without its flag", webp(&[&extended(0, 640, 480), &exif]), "image/webp 640x480", 1),
        ("an animated WebP", webp(&[&extended(10, 640, 480), &exif]), "image/webp 640x480", 1),
    ]
}

fn other_good_files() -> Vec<Case> {
    let info = file(&[&40_u32.to_le_bytes(), &640_i32.to_le_bytes(), &(-480_i32).to_le_bytes(), &[0; 28]]);
    let core = file(&[&12_u32.to_le_bytes(), &[0x80, 2, 0xe0, 1, 1, 0, 24, 0]]);
    let sides = |orientation| [(256, 4, 640), (257, 3, 480), (274, 3, orientation)];
    let (rotated, mirrored) = (boxed(b"irot", &[1]), boxed(b"imir", &[1]));
    vec![
        ("a GIF", b"GIF87a\x80\x02\xe0\x01\0\0\0".to_vec(), "image/gif 640x480", 1),
        ("a top-down BMP", bmp(&info), "image/bmp 640x480", 1),
        ("a core BMP", bmp(&core), "image/bmp 640x480", 1),
        ("a big-endian TIFF", tiff(true, &sides(1)), "image/tiff 640x480", 1),
        ("a rotated TIFF", tiff(false, &sides(8)), "image/tiff 480x640", 8),
        ("a BigTIFF", big_tiff(&[(256, 16, 640), (257, 4, 480), (274, 3, 2)]), "image/tiff 640x480", 2),
        ("an AVIF", avif(&[]), "image/avif 300x200", 1),
        ("a rotated AVIF", avif(&[&rotated]), "image/avif 200x300", 8),
        ("a rotated and mirrored AVIF", avif(&[&rotated, &mirrored]), "image/avif 200x300", 7),
    ]
}

fn good_files() -> Vec<Case> {
    [good_jpegs(), good_pngs_and_webps(), other_good_files()].concat()
}

fn shown(header: ImageHeader) -> (String, u8) {
    (format!("{} {}", header.media_type, header.dimensions), header.orientation.to_exif())
}

/// Reads a file through ranges alone, as verify does; how many reads that took.
fn read_in_ranges(bytes: &[u8]) -> (Result<ImageHeader, HeaderError>, usize) {
    let mut sparse = SparseBytes::new(bytes.len() as u64);
    for reads in 0.. {
        match ImageHeader::read(&sparse) {
            Ok(Progress::Read(header)) => return (Ok(header), reads),
            Err(error) => return (Err(error), reads),
            Ok(Progress::Needs(range)) => {
                assert!(range.start < range.end && range.end <= bytes.len() as u64, "{range:?}");
                let slice =
                    &bytes[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
                sparse.add(range.start, Bytes::copy_from_slice(slice));
            }
        }
    }
    unreachable!("reads are limited")
}

#[test]
fn every_format_tells_its_size_and_orientation() {
    for (case, bytes, expected, orientation) in good_files() {
        let header = ImageHeader::of(&bytes).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(shown(header), (expected.to_owned(), orientation), "{case}");
    }
}

#[test]
fn the_stored_sides_are_those_before_turning() {
    let header = ImageHeader::of(&jpeg(&[&segment(0xe1, &exif(true, 6)), &frame(640, 480)])).unwrap();
    assert_eq!(header.stored_dimensions().to_string(), "640x480");
    assert_eq!(header.dimensions.to_string(), "480x640");
}

fn assert_described(cases: &[(Vec<u8>, &str)]) {
    for (bytes, expected) in cases {
        let described = ImageHeader::of(bytes).map_err(|error| error.to_string());
        assert_eq!(described, Err((*expected).to_owned()));
    }
}

#[test]
fn what_is_no_image_is_said_to_be_none() {
    let unknown = "the first bytes match no image type that Hashfolio knows";
    assert_described(&[(Vec::new(), unknown), (b"<!DOCTYPE html>".to_vec(), unknown)]);
    assert_eq!(HeaderError::UnknownType.media_type(), None);
}

#[test]
fn a_broken_jpeg_is_described_in_words() {
    let jfif = segment(0xe0, b"JFIF");
    assert_described(&[
        (b"\xff\xd8\xff".to_vec(), "the JPEG ends before its frame header"),
        (jpeg(&[&jfif, &[0xff, 0xd9]]), "the JPEG ends before its frame header"),
        (jpeg(&[&jfif, &[0xff, 0xda]]), "the JPEG starts its picture's data before its frame header"),
        (jpeg(&[&[0xff, 0xe0, 0, 1]]), "the JPEG has a segment that is shorter than its own length field"),
        (
            jpeg(&[&segment(0xc0, &[8, 0, 1, 0, 1, 0])]),
            "the JPEG has a frame header whose length does not fit its components",
        ),
        (
            jpeg(&[&jfif, &[0; 5000]]),
            "the JPEG has more than 4096 bytes between two segments that belong to neither",
        ),
        (jpeg(&[&frame(640, 0)]), "the JPEG says that it is 640 pixels wide and 0 high"),
    ]);
}

#[test]
fn a_broken_png_or_webp_is_described_in_words() {
    let png_of = |chunk: &[u8]| file(&[b"\x89PNG\r\n\x1a\n", chunk]);
    assert_described(&[
        (png(0, 480, &[]), "the PNG says that it is 0 pixels wide and 480 high"),
        (png_of(&chunk(b"CgBI", b"....")), "the PNG does not start with its header chunk (IHDR)"),
        (
            png_of(&chunk(b"IHDR", b"....")),
            "the PNG has a header chunk (IHDR) of another length than 13 bytes",
        ),
        (png_of(b"\0\0"), "the PNG ends before its header chunk (IHDR)"),
        (webp(&[&riff(b"ANIM", b"......")]), "the WebP starts with a chunk that is no picture header"),
        (webp(&[&riff(b"VP8 ", &[1; 10])]), "the WebP does not start with a key frame"),
        (webp(&[&riff(b"VP8L", &[1; 10])]), "the WebP has a lossless picture without its signature"),
        (webp(&[&riff(b"VP8L", &[0x2f])]), "the WebP ends before its picture header"),
    ]);
}

#[test]
fn a_broken_gif_or_bmp_is_described_in_words() {
    let negative = file(&[&40_u32.to_le_bytes(), &(-1_i32).to_le_bytes(), &[0; 4]]);
    assert_described(&[
        (b"GIF89a\x01\0\x01".to_vec(), "the GIF ends before its screen descriptor"),
        (b"GIF89a\0\0\x01\0".to_vec(), "the GIF says that it is 0 pixels wide and 1 high"),
        (
            b"BMW is a maker of cars".to_vec(),
            "the BMP has an info header of a length that no version of the format has",
        ),
        (bmp(&negative), "the BMP has a negative width"),
        (bmp(&[40, 0]), "the BMP ends before its info header's end"),
    ]);
}

#[test]
fn a_broken_tiff_or_avif_is_described_in_words() {
    let no_sides = "the TIFF has no width or no height in its first directory";
    let brand = boxed(b"ftyp", b"avif\0\0\0\0");
    assert_described(&[
        (tiff(true, &[(256, 3, 640)]), no_sides),
        (tiff(true, &[(256, 2, 640), (257, 3, 480)]), no_sides),
        (b"II*\0\xff\xff\xff\x7f".to_vec(), "the TIFF ends before its first directory's end"),
        (b"II*\0\x08\0\0\0\xff\xff".to_vec(), "the TIFF has more than 4096 entries in its first directory"),
        (
            big_tiff(&[(256, 16, u64::MAX), (257, 3, 1)]),
            "the TIFF says that it is 18446744073709551615 pixels wide and 1 high",
        ),
        (brand.clone(), "the AVIF ends before its picture description (meta box)"),
        (file(&[&brand, &[0, 0, 0, 7], b"meta"]), "the AVIF has a box that is shorter than its own head"),
        (file(&[&brand, &boxed(b"meta", &[0; 4])]), "the AVIF names no primary picture (pitm)"),
    ]);
}

#[test]
fn four_megabytes_of_segments_before_the_frame_take_few_reads() {
    let depth_map = segment(0xe1, &vec![7; 65_000]).repeat(63);
    let (header, reads) = read_in_ranges(&jpeg(&[&depth_map, &frame(640, 480)]));
    assert_eq!(shown(header.unwrap()).0, "image/jpeg 640x480");
    assert!(reads <= 8, "{reads} reads");
}

#[test]
fn a_directory_behind_the_pixels_takes_two_reads() {
    let mut bytes = tiff(false, &[(256, 3, 640), (257, 3, 480)]);
    let directory = bytes.split_off(8);
    bytes[4..].copy_from_slice(&3_000_000_u32.to_le_bytes());
    bytes.resize(3_000_000, 0);
    bytes.extend(directory);
    let (header, reads) = read_in_ranges(&bytes);
    assert_eq!((shown(header.unwrap()).0.as_str(), reads), ("image/tiff 640x480", 2));
}

#[test]
fn a_header_that_is_spread_too_widely_is_refused_and_not_read_for_ever() {
    let endless = jpeg(&[&segment(0xe2, &vec![7; 65_000]).repeat(200), &frame(640, 480)]);
    let (header, reads) = read_in_ranges(&endless);
    assert_eq!(header, Err(HeaderError::Scattered { media_type: MediaType::Jpeg }));
    assert!(reads <= SparseBytes::MAX_READS);
    // Who has it all in memory is not limited.
    assert!(ImageHeader::of(&endless).is_ok());
}

#[test]
fn reads_that_bring_nothing_end_as_an_error() {
    let mut sparse = SparseBytes::new(1000);
    while let Ok(Progress::Needs(range)) = ImageHeader::read(&sparse) {
        sparse.add(range.start, Bytes::new());
    }
    assert!(ImageHeader::read(&sparse).is_err());
}

proptest! {
    #[test]
    fn ranges_tell_the_same_as_the_whole_file(case in 0..good_files().len(), padding in 0..200_000_usize, cut in 0..400_usize) {
        let mut bytes = good_files().swap_remove(case).1;
        bytes.truncate(bytes.len().saturating_sub(cut));
        if cut == 0 {
            bytes.resize(bytes.len() + padding, 0);
        }
        let (in_ranges, reads) = read_in_ranges(&bytes);
        prop_assert_eq!(in_ranges, ImageHeader::of(&bytes));
        prop_assert!(reads <= SparseBytes::MAX_READS);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(case in 0..good_files().len(), bytes: Vec<u8>, at in 0..200_usize) {
        let mut mutated = good_files().swap_remove(case).1;
        let at = at.min(mutated.len());
        let end = (at + bytes.len()).min(mutated.len());
        mutated.splice(at..end, bytes.iter().copied());
        let (in_ranges, _) = read_in_ranges(&mutated);
        prop_assert_eq!(in_ranges, ImageHeader::of(&mutated));
        let _any = ImageHeader::of(&bytes);
    }
}

/// Width and height as stored, with the EXIF orientation, as another program reads them.
const CORPUS: [(&str, &str, u8); 39] = [
    ("a_99mp.jpg", "9643x10328", 1),
    ("a_alpha_2048.png", "2048x1536", 1),
    ("a_anim.gif", "80x80", 1),
    ("a_anim.webp", "80x80", 1),
    ("a_avif_o6.avif", "3024x4032", 1),
    ("a_bomb65536.png", "65536x65536", 1),
    ("a_cmyk_icc.jpg", "500x333", 1),
    ("a_cmyk_noicc.jpg", "500x333", 1),
    ("a_ga16.png", "109x96", 1),
    ("a_giant.jpg", "20000x14000", 1),
    ("a_gray.jpg", "258x222", 1),
    ("a_gray.png", "768x512", 1),
    ("a_lab.tiff", "400x266", 1),
    ("a_noninterleaved.jpg", "640x480", 1),
    ("a_p3.png", "8x8", 1),
    ("a_photo.webp", "1024x772", 1),
    ("a_prog_small.jpg", "320x240", 1),
    ("a_rgb.tiff", "246x345", 1),
    ("a_sample.tif", "290x442", 1),
    ("a_truncated.gif", "575x800", 1),
    ("a_truncated.jpg", "2725x2225", 1),
    ("a_truncated.png", "294x240", 1),
    ("o_landscape_1.jpg", "600x450", 1),
    ("o_landscape_2.jpg", "600x450", 2),
    ("o_landscape_3.jpg", "600x450", 3),
    ("o_landscape_4.jpg", "600x450", 4),
    ("o_landscape_5.jpg", "450x600", 5),
    ("o_landscape_6.jpg", "450x600", 6),
    ("o_landscape_7.jpg", "450x600", 7),
    ("o_landscape_8.jpg", "450x600", 8),
    ("p06_sharp.jpg", "2725x2225", 1),
    ("p08_iphone4s_o6.jpg", "3264x2448", 6),
    ("p12_imagers.jpg", "4032x3024", 1),
    ("p12_s7edge_prog.jpg", "4032x3024", 1),
    ("p_clic1.png", "1391x2048", 1),
    ("s03_lzw.tif", "2016x1512", 1),
    ("s03_rgb16.png", "2016x1512", 1),
    ("s12_p3.jpg", "4032x3024", 1),
    ("s12_webp.webp", "4032x3024", 1),
];

#[test]
fn real_images_tell_what_other_programs_read_in_them() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    for (name, stored, orientation) in CORPUS {
        let Ok(bytes) = std::fs::read(corpus.join(name)) else { continue };
        let (header, reads) = read_in_ranges(&bytes);
        let header = header.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(Ok(header), ImageHeader::of(&bytes), "{name}");
        let told = (header.stored_dimensions().to_string(), header.orientation.to_exif());
        assert_eq!(told, (stored.to_owned(), orientation), "{name}");
        assert!(reads <= 4, "{name}: {reads} reads");
    }
    if let Ok(bytes) = std::fs::read(corpus.join("a_corrupt_header.jpg")) {
        assert_eq!(ImageHeader::of(&bytes), Err(HeaderError::CutShort { media_type: MediaType::Jpeg }));
    }
}
