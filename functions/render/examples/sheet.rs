// contact sheet: sheet out.png a b c ...
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let ims: Vec<_> = args[2..].iter().map(|p| image::open(p).unwrap().thumbnail(400, 300).to_rgba8()).collect();
    let cols = 4u32;
    let rows = (ims.len() as u32).div_ceil(cols);
    let mut sheet = image::RgbaImage::from_pixel(cols * 404, rows * 304, image::Rgba([90, 90, 110, 255]));
    for (i, im) in ims.iter().enumerate() {
        let (x, y) = (i as u32 % cols * 404, i as u32 / cols * 304);
        image::imageops::overlay(&mut sheet, im, x.into(), y.into());
    }
    sheet.save(&args[1]).unwrap();
}
