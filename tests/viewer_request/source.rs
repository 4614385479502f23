//! The function's file.

use shared::variant::{Quality, Whitelist};

use crate::cloudfront::{SOURCE, ViewerRequest};
use crate::origin::Origin;
use harness::variant_paths::Asked;

/// CloudFront's limit for a function's code, in bytes, comments included.
const MAX_BYTES: usize = 10 * 1024;

#[test]
fn the_function_fits_into_what_cloudfront_takes() {
    assert!(SOURCE.len() < MAX_BYTES, "{} bytes", SOURCE.len());
}

/// A template that substitutes the whitelist may not find anything else to substitute.
#[test]
fn nothing_in_the_function_looks_like_a_substitution() {
    assert!(!SOURCE.contains("${") && !SOURCE.contains('`'));
    assert!(SOURCE.is_ascii());
}

/// The function with other lists, each as a parameter of a template holds it.
fn with_lists(widths: &str, heights: &str, qualities: &str) -> String {
    let lists = [("WIDTHS", widths), ("HEIGHTS", heights), ("QUALITIES", qualities)];
    lists.iter().fold(SOURCE.to_owned(), |source, (name, list)| {
        let (before, after) = source.split_once(&format!("const {name} = [")).unwrap();
        let (_, after) = after.split_once(']').unwrap();
        format!("{before}const {name} = [{list}]{after}")
    })
}

#[test]
fn another_whitelist_is_told_as_render_tells_it() {
    let function = ViewerRequest::new(&with_lists("800,400, 800", "600", "85,40"));
    let origin = Origin::new(Whitelist {
        widths: vec![400, 800],
        heights: vec![600],
        qualities: [40, 85].into_iter().filter_map(Quality::new).collect(),
    });
    let hash = "0".repeat(64);
    for variant in ["800x600/85.webp", "400x0/40.auto", "640x480/80.webp", "800x480/85.png", "800x600/80.jpg"]
    {
        let path = format!("/{hash}/{variant}");
        let asked = Asked { method: "GET".to_owned(), path, query: String::new(), accept: Vec::new() };
        assert_eq!(function.answer(&asked), origin.answer(&asked), "{variant}");
    }
}
