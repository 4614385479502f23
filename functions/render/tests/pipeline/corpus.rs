//! Real and awkward files, where they are at hand: beside the repository.

use std::path::{Path, PathBuf};

use shared::variant::OutputFormat;

use crate::pictures::{rendered, spec};

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension != "md"));
    files.sort();
    files
}

#[test]
fn every_file_is_rendered_or_refused_for_a_reason() {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    std::fs::create_dir_all(&output).unwrap();
    for path in corpus() {
        let file = std::fs::read(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy();
        for format in [OutputFormat::WebP, OutputFormat::Jpeg, OutputFormat::Png] {
            match rendered(&file, spec(640, 480, format)) {
                Ok(variant) => {
                    println!("{name} {format:?} {} {} bytes {:?}", variant.dimensions, variant.bytes.len(), variant.timings);
                    let target = output.join(format!("{name}.{}", format.extension()));
                    std::fs::write(target, variant.bytes).unwrap();
                }
                Err(refused) => println!("{name} {format:?} {refused}"),
            }
        }
    }
}
