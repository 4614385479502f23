//! What a file that is no image may be, so that a refusal says more than "no".

/// How many leading bytes are looked at: a comment may stand before a page's first element.
const LEADING_BYTES: usize = 1024;

/// What is known by how a file starts.
const SIGNATURES: [(&[u8], &str); 12] = [
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\0\0\x01\0", "an icon (ICO)"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"RIFF", "an audio or video file (RIFF)"),
    (b"\x1a\x45\xdf\xa3", "a video (Matroska)"),
    (b"ID3", "an audio file (MP3)"),
];

/// Which kinds of HEIF there are, by brand.
const HEIF_BRANDS: [&[u8]; 10] =
    [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"];

/// What text is known by its first element, in lower case.
const ELEMENTS: [(&str, &str); 5] = [
    ("<!doctype html", "an HTML page"),
    ("<html", "an HTML page"),
    ("<head", "an HTML page"),
    ("<svg", "an SVG drawing"),
    ("<!doctype svg", "an SVG drawing"),
];

/// What the leading bytes of a file look like, with an article; `None` when they look like nothing that people upload.
pub(crate) fn recognize(leading: &[u8]) -> Option<&'static str> {
    let leading = &leading[..leading.len().min(LEADING_BYTES)];
    let signature =
        SIGNATURES.into_iter().find(|(start, _)| leading.starts_with(start)).map(|(_, what)| what);
    signature.or_else(|| media_container(leading)).or_else(|| markup(leading))
}

/// ISO media files name what they are behind their first box's type.
fn media_container(leading: &[u8]) -> Option<&'static str> {
    let brand = leading.get(4..12)?.strip_prefix(b"ftyp")?;
    Some(if HEIF_BRANDS.contains(&brand) { "a HEIC photo" } else { "a video (MP4 or QuickTime)" })
}

fn markup(leading: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(leading).to_lowercase();
    let text = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    let is_prolog = text.starts_with("<?xml") || text.starts_with("<!--");
    let element = ELEMENTS
        .into_iter()
        .find(|(element, _)| text.starts_with(element) || (is_prolog && text.contains(element)));
    element.map(|(_, what)| what).or_else(|| text.starts_with("<?xml").then_some("an XML document"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_upload_by_mistake_is_recognized() {
        let cases: [(&[u8], Option<&str>); 12] = [
            (b"\n <!DOCTYPE HTML>\n<html>", Some("an HTML page")),
            (b"<!-- saved --><html>", Some("an HTML page")),
            (b"\xef\xbb\xbf<html lang=en>", Some("an HTML page")),
            (b"<?xml version='1.0'?>\n<svg xmlns='x'>", Some("an SVG drawing")),
            (b"<svg/>", Some("an SVG drawing")),
            (b"<?xml version='1.0'?><rss>", Some("an XML document")),
            (b"%PDF-1.7", Some("a PDF document")),
            (b"\0\0\0\x18ftypheic\0\0\0\0", Some("a HEIC photo")),
            (b"\0\0\0\x18ftypisom\0\0\0\0", Some("a video (MP4 or QuickTime)")),
            (b"PK\x03\x04....", Some("a ZIP archive or an office document")),
            (b"dear diary", None),
            (b"", None),
        ];
        for (leading, expected) in cases {
            assert_eq!(recognize(leading), expected, "{leading:?}");
        }
    }
}
