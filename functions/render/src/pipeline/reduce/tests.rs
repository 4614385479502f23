use super::*;

fn plenty() -> MemoryBudget {
    MemoryBudget::new(1 << 24)
}

fn framing(region: (f64, f64, f64, f64), output: (u32, u32)) -> Framing {
    let (left, top, width, height) = region;
    let output = Dimensions::new(output.0, output.1).unwrap();
    Framing { region: Region { left, top, width, height }, output }
}

fn reduced(plane: Plane, samples: &[u8], framing: Framing) -> Vec<u8> {
    let mut reducer = Reducer::new(plane, framing, &mut plenty()).unwrap();
    reducer.push(samples, plane.width as usize * usize::from(plane.channels)).unwrap();
    reducer.finish().unwrap().samples
}

#[test]
fn planes_of_different_pitch_come_together() {
    // Another value on the left, at full size, at half, and in one sample; the right is shown.
    let plane = |width, height, pitch| Plane { width, height, channels: 1, has_alpha: false, pitch };
    let right = framing((12.0, 0.0, 4.0, 4.0), (4, 4));
    let fine = [[10; 8], [200; 8]].concat().repeat(4);
    assert_eq!(reduced(plane(16, 4, (1.0, 1.0)), &fine, right), [200; 16]);
    let coarse = [20, 20, 100, 100, 100, 100, 100, 100].repeat(2);
    assert_eq!(reduced(plane(8, 2, (2.0, 2.0)), &coarse, right), [100; 16]);
    assert_eq!(reduced(plane(1, 1, (16.0, 4.0)), &[7], right), [7; 16]);
}

#[test]
fn what_is_transparent_does_not_bleed() {
    let plane = |width, height| Plane::whole(Dimensions::new(width, height).unwrap(), 4, true);
    let samples = [[255, 0, 0, 255], [0, 255, 0, 0]].concat();
    assert_eq!(reduced(plane(2, 1), &samples, framing((0.0, 0.0, 2.0, 1.0), (1, 1))), [255, 0, 0, 128]);
    // The same where many pixels become one.
    let samples = [[255, 0, 0, 255], [0, 255, 0, 0]].concat().repeat(20 * 40);
    let found = reduced(plane(40, 40), &samples, framing((0.0, 0.0, 40.0, 40.0), (2, 2)));
    assert_eq!(found, [255, 0, 0, 128].repeat(4));
}

#[test]
fn inks_are_not_taken_for_opacity() {
    let plane = Plane::whole(Dimensions::new(2, 1).unwrap(), 4, false);
    let samples = [[200, 0, 0, 0], [100, 0, 0, 0]].concat();
    assert_eq!(reduced(plane, &samples, framing((0.0, 0.0, 2.0, 1.0), (1, 1))), [150, 0, 0, 0]);
}

/// A picture with something going on in every row.
fn waves(width: u32, height: u32) -> Vec<u8> {
    let value =
        |x: u32, y: u32| (f64::from(x) / 9.0).sin() * 60.0 + (f64::from(y) / 7.0).cos() * 60.0 + 128.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 8 to 248")]
    (0..height).flat_map(|y| (0..width).map(move |x| value(x, y) as u8)).collect()
}

#[test]
fn it_does_not_matter_in_how_many_bands_and_pieces_a_picture_comes() {
    let (width, height) = (3000, 2000);
    let samples = waves(width, height);
    let plane = Plane::whole(Dimensions::new(width, height).unwrap(), 1, false);
    for output in [(1500, 1000), (1999, 1333)] {
        let framing = framing((0.0, 0.0, 3000.0, 2000.0), output);
        let mut reducer = Reducer::new(plane, framing, &mut plenty()).unwrap();
        for piece in samples.chunks(7 * width as usize) {
            reducer.push(piece, width as usize).unwrap();
        }
        let found = reducer.finish().unwrap().samples;
        // In one piece, by the resampler's own filter.
        let mut whole = vec![0; output.0 as usize * output.1 as usize];
        let source = fast_image_resize::images::TypedImageRef::<fast_image_resize::pixels::U8>::from_buffer(
            width, height, &samples,
        );
        let target = fast_image_resize::images::TypedImage::<fast_image_resize::pixels::U8>::from_buffer(
            output.0, output.1, &mut whole,
        );
        let options = fast_image_resize::ResizeOptions::new();
        let mut resizer = fast_image_resize::Resizer::new();
        resizer.resize_typed(&source.unwrap(), &mut target.unwrap(), &options).unwrap();
        let off = found.iter().zip(&whole).map(|(one, other)| one.abs_diff(*other)).max();
        // Each of the two passes rounds its weights, which are a millionth apart.
        assert!(off <= Some(2), "{output:?}: {off:?}");
    }
}

#[test]
fn what_is_not_shown_is_not_looked_at() {
    let plane = Plane::whole(Dimensions::new(100, 100).unwrap(), 1, false);
    let framing = framing((40.0, 40.0, 20.0, 20.0), (10, 10));
    let reducer = Reducer::new(plane, framing, &mut plenty()).unwrap();
    let (rows, columns) = (reducer.rows(), reducer.columns());
    assert!(rows.start > 20 && rows.end < 80 && columns == rows, "{rows:?} {columns:?}");
    let mut samples = vec![255; 100 * 100];
    for row in rows {
        samples[row as usize * 100..][columns.start as usize..columns.end as usize].fill(33);
    }
    assert_eq!(reduced(plane, &samples, framing), [33; 100]);
}

#[test]
fn rows_that_are_missing_are_an_error() {
    let plane = Plane::whole(Dimensions::new(10, 10).unwrap(), 1, false);
    let mut reducer = Reducer::new(plane, framing((0.0, 0.0, 10.0, 10.0), (5, 5)), &mut plenty()).unwrap();
    reducer.push(&[0; 50], 10).unwrap();
    assert!(matches!(reducer.finish(), Err(RenderError::Failed { .. })));
}

#[test]
fn memory_is_claimed_before_it_is_taken() {
    let plane = Plane::whole(Dimensions::new(10_000, 10_000).unwrap(), 4, true);
    let framing = framing((0.0, 0.0, 10_000.0, 10_000.0), (5_000, 5_000));
    let refused = Reducer::new(plane, framing, &mut MemoryBudget::new(1 << 20));
    assert!(matches!(refused, Err(RenderError::TooMuchMemory { .. })));
}
