//! Numbers as people read them.

/// A whole number with its thousands apart.
pub(crate) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Bytes in the unit that leaves one to three digits before the point.
pub(crate) fn bytes(bytes: u128) -> String {
    const UNITS: [&str; 6] = ["bytes", "KB", "MB", "GB", "TB", "PB"];
    let mut unit = 0;
    let mut tenths = bytes * 10;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} bytes")
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

/// A number of days.
pub(crate) fn days(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// Tenths as a decimal: `41` is 4.1.
pub(crate) fn tenths(tenths: u128) -> String {
    format!("{}.{}", grouped(tenths / 10), tenths % 10)
}

/// A part of a whole in percent, with one decimal; `None` of nothing.
pub(crate) fn percent(part: u128, whole: u128) -> Option<String> {
    let tenths = (part * 1000 + whole / 2).checked_div(whole)?;
    Some(format!("{}.{} %", tenths / 10, tenths % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_people_read_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(131_072), "128.0 KB");
        assert_eq!(bytes(2_100_000_000_000_000), "1.8 PB");
        assert_eq!(percent(1, 8), Some("12.5 %".to_owned()));
        assert_eq!(percent(1, 0), None);
    }
}
