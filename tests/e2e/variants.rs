use bytes::Bytes;
use harness::{Answer, corpus, pictures};
use http::Method;
use image::ImageFormat;
use shared::hash::ContentHash;

use crate::system;

fn decoded(answer: &Answer) -> image::DynamicImage {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    image::load_from_memory(&answer.body).unwrap()
}

fn close(pixel: [u8; 4], expected: [u8; 3]) -> bool {
    pixel.iter().zip(expected).all(|(found, wanted)| found.abs_diff(wanted) < 40)
}

#[tokio::test]
async fn a_variant_has_the_size_and_format_of_its_url_and_the_headers_of_a_year() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(1600, 1200, 1), "image/jpeg").await;
    for (extension, content_type, format) in [
        ("webp", "image/webp", ImageFormat::WebP),
        ("jpg", "image/jpeg", ImageFormat::Jpeg),
        ("png", "image/png", ImageFormat::Png),
    ] {
        let answer = system.get(&format!("/{hash}/640x480/80.{extension}")).await;
        let variant = decoded(&answer);
        assert_eq!((variant.width(), variant.height()), (640, 480));
        assert_eq!(image::guess_format(&answer.body).unwrap(), format);
        assert_eq!(answer.header("content-type"), content_type);
        let a_year =
            "public, max-age=31536000, immutable, stale-while-revalidate=86400, stale-if-error=604800";
        assert_eq!(answer.header("cache-control"), a_year);
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
        assert_eq!(answer.header("vary"), "Accept");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("timing-allow-origin"), "*");
        assert_eq!(answer.header("x-cache-lock"), "none");
        for stage in ["fetch", "decode", "resize", "encode"] {
            assert!(answer.header("server-timing").contains(stage), "{}", answer.header("server-timing"));
        }
        let corners = variant.to_rgba8();
        assert!(
            close(corners.get_pixel(5, 5).0, [225, 15, 15]),
            "{extension}: {:?}",
            corners.get_pixel(5, 5)
        );
        assert!(close(corners.get_pixel(634, 474).0, [228, 228, 228]));
    }
}

#[tokio::test]
async fn a_box_is_filled_at_its_ratio_and_a_small_original_is_never_enlarged() {
    let system = system().await;
    let wide = system.ready(&pictures::jpeg(1000, 300, 2), "image/jpeg").await;
    for (size, expected) in [
        ("320x240", (320, 240)),
        ("640x480", (400, 300)),
        ("1920x1080", (528, 297)),
        ("640x0", (640, 192)),
        ("1920x0", (1000, 300)),
    ] {
        let variant = decoded(&system.get(&format!("/{wide}/{size}/80.png")).await);
        assert_eq!((variant.width(), variant.height()), expected, "{size}");
    }
}

#[tokio::test]
async fn a_picture_is_shown_upright_whatever_its_orientation() {
    let system = system().await;
    let plain = pictures::jpeg(400, 200, 3);
    for (orientation, size, top_left) in [
        (1, (320, 160), [225, 15, 15]),
        (3, (320, 160), [228, 228, 228]),
        (6, (200, 400), [15, 15, 225]),
        (8, (200, 400), [15, 225, 15]),
    ] {
        let turned = pictures::with_orientation(&plain, orientation);
        let hash = system.ready(&turned, "image/jpeg").await;
        let variant = decoded(&system.get(&format!("/{hash}/320x0/90.png")).await).to_rgba8();
        assert_eq!(variant.dimensions(), size, "orientation {orientation}");
        let corner = variant.get_pixel(4, 4).0;
        assert!(close(corner, top_left), "orientation {orientation}: {corner:?}");
        let asset = system.get(&format!("/assets/{hash}")).await.json()["asset"].clone();
        let (width, height) = if orientation < 5 { (400, 200) } else { (200, 400) };
        assert_eq!((asset["width"].as_u64(), asset["height"].as_u64()), (Some(width), Some(height)));
    }
}

#[tokio::test]
async fn transparency_is_kept_or_laid_on_white() {
    let system = system().await;
    let hash = system.ready(&pictures::half_transparent_png(400, 300), "image/png").await;
    for extension in ["webp", "png"] {
        let variant = decoded(&system.get(&format!("/{hash}/320x240/90.{extension}")).await).to_rgba8();
        assert_eq!(variant.get_pixel(300, 120).0[3], 0, "{extension}");
        assert!(close(variant.get_pixel(20, 120).0, [255, 0, 0]), "{extension}");
    }
    let flat = decoded(&system.get(&format!("/{hash}/320x240/90.jpg")).await).to_rgba8();
    assert!(close(flat.get_pixel(300, 120).0, [255, 255, 255]));
}

#[tokio::test]
async fn a_second_request_is_a_hit_and_a_known_tag_needs_no_bytes() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(400, 300, 4), "image/jpeg").await;
    let path = format!("/{hash}/320x240/80.webp");
    let first = system.get(&path).await;
    assert_eq!((first.header("x-cache"), first.header("age")), ("Miss from hashfolio", ""));
    let second = system.get(&format!("{path}?utm_source=mail")).await;
    assert_eq!((second.header("x-cache"), second.body == first.body), ("Hit from hashfolio", true));
    assert_ne!(second.header("age"), "");
    let tag = first.header("etag");
    assert!(tag.starts_with('"') && tag.contains(&hash.to_string()) && tag.contains("320x240"), "{tag}");
    let known = system.get_with(&path, &[("if-none-match", tag)]).await;
    assert_eq!((known.status.as_u16(), known.body.len()), (304, 0));
    let head = system.http.send(Method::HEAD, &system.url(&path), &[], Bytes::new()).await;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, first.header("content-length")));
    assert_eq!(system.counter("variants_rendered").await, 1);
}

#[tokio::test]
async fn a_known_tag_is_confirmed_by_render_too() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(400, 300, 5), "image/jpeg").await;
    let path = format!("/{hash}/320x240/80.webp");
    let head = system.http.send(Method::HEAD, &system.url(&path), &[], Bytes::new()).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    let known = system.get_with(&path, &[("if-none-match", head.header("etag"))]).await;
    assert_eq!((known.status.as_u16(), known.header("x-cache")), (304, "Miss from hashfolio"));
    assert_eq!(system.counter("variants_rendered").await, 0);
}

#[tokio::test]
async fn of_32_that_ask_at_once_for_one_variant_one_makes_it_rendered() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(2000, 1500, 6), "image/jpeg").await;
    let path = format!("/{hash}/1024x768/80.webp");
    let answers = futures::future::join_all((0..32).map(|_| system.get(&path))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    assert_eq!(system.counter("variants_rendered").await, 1);
    let misses = answers.iter().filter(|answer| answer.header("x-cache") == "Miss from hashfolio").count();
    assert_eq!(misses, 1);
}

#[tokio::test]
async fn without_the_edges_cache_every_request_is_rendered() {
    let options =
        harness::StartOptions { arguments: vec!["--no-edge-cache".to_owned()], ..Default::default() };
    let system = harness::Hashfolio::start_with(crate::PROGRAM, options).await;
    let hash = system.ready(&pictures::jpeg(400, 300, 7), "image/jpeg").await;
    let path = format!("/{hash}/320x240/80.webp");
    let (first, second) = (system.get(&path).await, system.get(&path).await);
    assert_eq!(first.body, second.body);
    assert_eq!((first.status.as_u16(), second.header("x-cache")), (200, ""));
    assert_eq!(system.counter("variants_rendered").await, 2);
}

#[tokio::test]
async fn auto_is_what_the_client_names() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(400, 300, 8), "image/jpeg").await;
    for (accept, content_type) in
        [("image/avif,image/webp,*/*", "image/webp"), ("image/*,*/*;q=0.8", "image/jpeg")]
    {
        let answer = system.get_with(&format!("/{hash}/320x240/80.auto"), &[("accept", accept)]).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, content_type), "{accept}");
    }
}

#[tokio::test]
async fn what_is_off_the_grammar_or_the_whitelist_is_refused_for_a_day() {
    let system = system().await;
    let hash = ContentHash::of(b"any");
    for (path, status, code) in [
        (format!("/{hash}/0640x480/80.webp"), 400, "invalid_variant"),
        (format!("/{hash}/640x480/8.webp"), 400, "invalid_variant"),
        (format!("/{hash}/640x480/80.gif"), 400, "invalid_variant"),
        (format!("/{hash}/640x480/80.w%65bp"), 400, "invalid_variant"),
        (format!("/{hash}/640x480/80.webp/"), 400, "invalid_variant"),
        ("/favicon.ico".to_owned(), 400, "invalid_variant"),
        (format!("/{hash}/641x480/80.webp"), 403, "variant_not_allowed"),
        (format!("/{hash}/640x481/80.webp"), 403, "variant_not_allowed"),
        (format!("/{hash}/640x480/81.webp"), 403, "variant_not_allowed"),
    ] {
        let answer = system.get(&path).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{path}");
        assert!(answer.header("cache-control").contains("max-age=86400"), "{path}");
        assert_eq!(system.get(&path).await.header("x-cache"), "Hit from hashfolio", "{path}");
    }
}

#[tokio::test]
async fn an_unknown_asset_is_not_found_for_ten_seconds() {
    let system = system().await;
    let waiting = pictures::jpeg(400, 300, 9);
    system.post("/assets", &harness::Hashfolio::ask_for(&waiting, "image/jpeg")).await;
    for hash in [ContentHash::of(b"unknown"), ContentHash::of(&waiting)] {
        let answer = system.get(&format!("/{hash}/640x480/80.webp")).await;
        assert_eq!(answer.problem(), (404, "asset_not_found".to_owned()));
        assert!(answer.header("cache-control").contains("max-age=10"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_truncated_picture_is_undecodable_and_never_grey() {
    let system = system().await;
    let whole = pictures::jpeg(1600, 1200, 10);
    for kept in [whole.len() / 2, whole.len() * 9 / 10, whole.len() - 100] {
        let hash = system.ready(&whole.slice(..kept), "image/jpeg").await;
        let answer = system.get(&format!("/{hash}/640x480/80.webp")).await;
        assert_eq!(answer.problem(), (415, "undecodable_image".to_owned()), "{kept}");
        assert!(answer.header("cache-control").contains("max-age=3600"));
    }
}

#[tokio::test]
async fn bytes_that_changed_behind_the_record_are_not_served() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(400, 300, 11), "image/jpeg").await;
    // Another picture under the same key, as a careless tool may leave it: verify finds that it differs.
    system.put_object(&format!("raw/{hash}"), pictures::jpeg(400, 300, 12)).await;
    let answer = system.get(&format!("/{hash}/640x480/80.webp")).await;
    assert!([404, 503].contains(&answer.status.as_u16()), "{answer:?}");
    system.wait_for(&hash, "MISMATCH").await;
    assert_eq!(system.keys().await, [format!("raw/{hash}")]);
}

#[tokio::test]
async fn an_archived_original_must_be_restored_first() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(400, 300, 13), "image/jpeg").await;
    let key = format!("raw/{hash}");
    let copy = system.aws.s3().copy_object().bucket(system.variable("ASSETS_BUCKET")).key(&key);
    let copy = copy.copy_source(format!("{}/{key}", system.variable("ASSETS_BUCKET")));
    copy.storage_class(aws_sdk_s3::types::StorageClass::Glacier).send().await.unwrap();
    let answer = system.get(&format!("/{hash}/640x480/80.webp")).await;
    assert_eq!(answer.problem(), (409, "asset_archived".to_owned()));
}

#[tokio::test]
async fn other_methods_are_refused() {
    let system = system().await;
    let url = system.url(&format!("/{}/640x480/80.webp", ContentHash::of(b"x")));
    let answer = system.http.send(Method::POST, &url, &[], Bytes::new()).await;
    assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()));
    assert_eq!(answer.header("allow"), "GET, HEAD");
}

#[tokio::test]
async fn other_methods_are_refused_for_what_the_edge_has_kept() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(400, 300, 14), "image/jpeg").await;
    let path = format!("/{hash}/320x240/80.webp");
    system.get(&path).await;
    let answer = system.http.send(Method::DELETE, &system.url(&path), &[], Bytes::new()).await;
    assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()));
    assert_eq!(system.get(&path).await.header("x-cache"), "Hit from hashfolio");
}

#[tokio::test]
async fn a_real_photograph_comes_out_at_every_offered_size() {
    let photograph = corpus::files().into_iter().find(|file| file.ends_with("p08_iphone4s_o6.jpg"));
    let Some(photograph) = photograph else { return };
    let system = system().await;
    let hash = system.ready(&std::fs::read(photograph).unwrap().into(), "image/jpeg").await;
    let srcset = system.get(&format!("/assets/{hash}")).await.json()["variants"]["srcset"].clone();
    let candidates: Vec<&str> = srcset.as_str().unwrap().split(", ").collect();
    assert_eq!(candidates.len(), 4);
    for candidate in candidates {
        let (path, width) = candidate.split_once(' ').unwrap();
        let variant = decoded(&system.get(path).await);
        assert_eq!(format!("{}w", variant.width()), width);
        // Upright: it was taken in portrait.
        assert!(variant.height() > variant.width());
    }
}
