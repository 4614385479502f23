//! The forward cosine transform of a block (T.81, A.3.3).

/// Eight rows of eight numbers.
pub(super) type Square = [[f32; 8]; 8];

/// The coefficients of a block of samples, transposed (the row is the horizontal frequency), and too large by what
/// [`descale`] says.
///
/// The algorithm is Arai's, Agui's and Nakajima's (Transactions of the IEICE E71, 1988): five products for eight numbers,
/// all others being left to the quantizer. Each step does eight columns at once, as a compiler's vectors like it.
#[inline]
pub(super) fn forward(samples: &Square) -> Square {
    columns(&transposed(&columns(samples)))
}

/// What to multiply a coefficient that [`forward`] gave by, at a horizontal and a vertical frequency.
pub(super) fn descale(horizontal: usize, vertical: usize) -> f32 {
    // cos(n * pi / 16) * sqrt(2), and 1 for n = 0.
    const FACTORS: [f64; 8] =
        [1.0, 1.387_039_845, 1.306_562_965, 1.175_875_602, 1.0, 0.785_694_958, 0.541_196_100, 0.275_899_379];
    #[expect(clippy::cast_possible_truncation, reason = "a factor near one")]
    let factor = (1.0 / (8.0 * FACTORS[horizontal] * FACTORS[vertical])) as f32;
    factor
}

fn transposed(square: &Square) -> Square {
    std::array::from_fn(|row| std::array::from_fn(|column| square[column][row]))
}

type Row = [f32; 8];

fn plus(one: Row, other: Row) -> Row {
    std::array::from_fn(|column| one[column] + other[column])
}

fn minus(one: Row, other: Row) -> Row {
    std::array::from_fn(|column| one[column] - other[column])
}

fn times(row: Row, factor: f32) -> Row {
    row.map(|number| number * factor)
}

/// Transforms each column.
#[inline]
fn columns(rows: &Square) -> Square {
    let sums: [Row; 4] = std::array::from_fn(|row| plus(rows[row], rows[7 - row]));
    let differences: [Row; 4] = std::array::from_fn(|row| minus(rows[row], rows[7 - row]));
    let [zeroth, second, fourth, sixth] = even(&sums);
    let [first, third, fifth, seventh] = odd(&differences);
    [zeroth, first, second, third, fourth, fifth, sixth, seventh]
}

/// The even frequencies.
#[inline]
fn even(sums: &[Row; 4]) -> [Row; 4] {
    let (outer, inner) = (plus(sums[0], sums[3]), plus(sums[1], sums[2]));
    let (far, near) = (minus(sums[0], sums[3]), minus(sums[1], sums[2]));
    let turned = times(plus(near, far), std::f32::consts::FRAC_1_SQRT_2);
    [plus(outer, inner), plus(far, turned), minus(outer, inner), minus(far, turned)]
}

/// The odd frequencies.
#[inline]
fn odd(differences: &[Row; 4]) -> [Row; 4] {
    // The cosine of 3 pi / 8, and the cosine of pi / 8 less and plus that.
    const MIDDLE: f32 = 0.382_683_43;
    const LESS: f32 = 0.541_196_1;
    const MORE: f32 = 1.306_562_9;
    let low = plus(differences[3], differences[2]);
    let mid = plus(differences[2], differences[1]);
    let high = plus(differences[1], differences[0]);
    let shared = times(minus(low, high), MIDDLE);
    let low = plus(times(low, LESS), shared);
    let high = plus(times(high, MORE), shared);
    let mid = times(mid, std::f32::consts::FRAC_1_SQRT_2);
    let (up, down) = (plus(differences[0], mid), minus(differences[0], mid));
    [plus(up, high), minus(down, low), plus(down, low), minus(up, high)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T.81, A.3.3, word for word.
    fn by_definition(samples: &Square, horizontal: usize, vertical: usize) -> f64 {
        let weight = |frequency| if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let wave = |frequency: usize, place: usize| {
            let steps = u32::try_from((2 * place + 1) * frequency).unwrap();
            (f64::from(steps) * std::f64::consts::PI / 16.0).cos()
        };
        let mut sum = 0.0;
        for (y, row) in samples.iter().enumerate() {
            for (x, sample) in row.iter().enumerate() {
                sum += f64::from(*sample) * wave(horizontal, x) * wave(vertical, y);
            }
        }
        sum * weight(horizontal) * weight(vertical) / 4.0
    }

    #[test]
    fn it_is_the_transform_of_the_standard() {
        let mut state = 1_u32;
        let mut samples = [[0.0; 8]; 8];
        for sample in samples.iter_mut().flatten() {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
            *sample = f32::from(u16::try_from(state >> 24).unwrap()) - 128.0;
        }
        let found = forward(&samples);
        for (horizontal, of_row) in found.iter().enumerate() {
            for (vertical, scaled) in of_row.iter().enumerate() {
                let coefficient = f64::from(scaled * descale(horizontal, vertical));
                let expected = by_definition(&samples, horizontal, vertical);
                assert!((coefficient - expected).abs() < 1e-3, "{horizontal} {vertical}: {coefficient}");
            }
        }
    }
}
