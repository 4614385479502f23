use std::fs;
use std::process::{Command, Output};

use harness::pictures;
use serde_json::Value;
use tempfile::TempDir;

fn render(arguments: &[&str]) -> Output {
    Command::new(crate::PROGRAM).arg("render").args(arguments).output().unwrap()
}

#[test]
fn a_file_is_rendered_without_a_server_and_what_it_took_is_told() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (input, output) = (path("photo.jpg"), path("small.webp"));
    fs::write(&input, pictures::jpeg(1200, 900, 1)).unwrap();
    let rendered =
        render(&[&input, "--size", "320x240", "--quality", "80", "-o", &output, "--repeat", "3", "--json"]);
    assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
    let report: Value = serde_json::from_slice(&rendered.stdout).unwrap();
    let variant = fs::read(&output).unwrap();
    assert_eq!(image::load_from_memory(&variant).unwrap().to_rgb8().dimensions(), (320, 240));
    assert_eq!(report["bytes"], variant.len());
    assert_eq!((&report["width"], &report["height"]), (&Value::from(320), &Value::from(240)));
    for time in ["cpuMs", "wallMs", "decodeMs", "resizeMs", "encodeMs"] {
        assert!(report[time].as_f64().is_some_and(|time| time >= 0.0), "{time}: {report}");
    }
    assert!(report["peakRssBytes"].as_u64().is_some_and(|bytes| bytes > variant.len() as u64), "{report}");
}

#[test]
fn what_can_not_be_rendered_is_told_and_nothing_is_written() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let whole = pictures::jpeg(640, 480, 1);
    fs::write(path("cut.jpg"), &whole[..whole.len() / 2]).unwrap();
    fs::write(path("photo.jpg"), &whole).unwrap();
    for (input, output, words) in [
        ("cut.jpg", "small.webp", "cut short"),
        ("missing.jpg", "small.webp", "cannot be read"),
        ("photo.jpg", "small.tiff", "does not say its format"),
        ("photo.jpg", "small.avif", "AVIF"),
    ] {
        let refused = render(&[&path(input), "-o", &path(output)]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{input}: {said}");
        assert!(said.contains(words), "{input}: {said}");
        assert!(!folder.path().join(output).exists(), "{output}");
    }
    assert_eq!(render(&[&path("photo.jpg"), "-o", "x.webp", "--size", "0x480"]).status.code(), Some(2));
}
