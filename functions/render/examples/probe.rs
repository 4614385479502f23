use std::time::Instant;
use render::pipeline::{Limits, render};
use shared::variant::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let file = std::fs::read(&args[1]).unwrap();
    let (w, h): (u32, u32) = (args[2].parse().unwrap(), args[3].parse().unwrap());
    let spec = VariantSpec { size: TargetSize::new(w, h).unwrap(), quality: Quality::new(80).unwrap(), format: OutputFormat::WebP };
    let n = 8;
    let mut best = [f64::MAX; 3];
    for _ in 0..n {
        let t = render(&file, &spec, &Limits::default()).unwrap().timings;
        for (b, t) in best.iter_mut().zip([t.decode, t.resize, t.encode]) { *b = b.min(t.as_secs_f64() * 1e3); }
    }
    println!("ours decode/resize/encode {best:.1?}");
    let t = Instant::now();
    let im = image::load_from_memory(&file);
    println!("image decode {:?} {}", t.elapsed(), im.is_ok());
}
