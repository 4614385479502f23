//! Uploads in parts: how an original is cut, and how an upload of one is named.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use crate::asset::Principal;
use crate::hash::ContentHash;
use crate::time::Timestamp;

/// How an original is cut into parts: all of one size, but for the last, which has what is left.
///
/// ```
/// use shared::multipart::PartPlan;
/// let plan = PartPlan::new(25 << 20, 10 << 20).unwrap();
/// assert_eq!(plan.sizes().collect::<Vec<_>>(), [10 << 20, 10 << 20, 5 << 20]);
/// assert!(PartPlan::new(25 << 20, 1 << 20).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartPlan {
    size_bytes: u64,
    part_size_bytes: NonZeroU64,
}

/// A size that parts can't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartPlanError {
    /// It is out of S3's bounds.
    #[error("must be a number of bytes from {least} to {most}", least = PartPlan::LEAST_BYTES, most = PartPlan::MOST_BYTES)]
    Size,
    /// It makes too many parts.
    #[error("makes {0} parts, and an upload has at most {most}", most = PartPlan::MOST_PARTS)]
    Count(u64),
}

impl PartPlan {
    /// The smallest part in bytes that S3 takes, but for the last.
    pub const LEAST_BYTES: u64 = 5 << 20;

    /// The largest part in bytes that S3 takes.
    pub const MOST_BYTES: u64 = 5 << 30;

    /// The most parts. S3 takes ten times as many, but lists this many at once, and each has a URL of its own.
    pub const MOST_PARTS: u64 = 1000;

    /// The size of parts in bytes unless somebody has reason for another: little is lost with one that breaks off, and
    /// the largest original has 320.
    pub const USUAL_BYTES: u64 = 16 << 20;

    /// Cuts an original of `size_bytes` into parts of `part_size_bytes`.
    ///
    /// # Errors
    /// [`PartPlanError`] for a size that S3 does not take, or too many parts.
    pub fn new(size_bytes: u64, part_size_bytes: u64) -> Result<Self, PartPlanError> {
        let size = NonZeroU64::new(part_size_bytes)
            .filter(|size| (Self::LEAST_BYTES..=Self::MOST_BYTES).contains(&size.get()));
        let plan = Self { size_bytes, part_size_bytes: size.ok_or(PartPlanError::Size)? };
        match plan.count() {
            count if count > Self::MOST_PARTS => Err(PartPlanError::Count(count)),
            _ => Ok(plan),
        }
    }

    /// The usual cut.
    ///
    /// # Errors
    /// [`PartPlanError::Count`] for an original past every limit.
    pub fn usual(size_bytes: u64) -> Result<Self, PartPlanError> {
        Self::new(size_bytes, Self::USUAL_BYTES)
    }

    /// The size of the original in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The size of every part but the last, in bytes.
    pub fn part_size_bytes(&self) -> u64 {
        self.part_size_bytes.get()
    }

    /// How many parts there are.
    pub fn count(&self) -> u64 {
        self.size_bytes.div_ceil(self.part_size_bytes.get())
    }

    /// The size of each part in bytes, in order.
    pub fn sizes(&self) -> impl Iterator<Item = u64> {
        let (whole, part) = (self.size_bytes, self.part_size_bytes());
        (0..self.count()).map(move |index| part.min(whole - index * part))
    }
}

/// Names an upload in parts: 32 lowercase hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UploadId([u8; 16]);

/// A text that names no upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 lowercase hexadecimal digits")]
pub struct ParseUploadIdError;

impl UploadId {
    /// The name of what a caller begins at a time. Two that one caller begins in one millisecond have the same name,
    /// which does no harm: S3 tells them apart, and the last that is completed counts.
    pub fn of(hash: &ContentHash, caller: &Principal, now: Timestamp) -> Self {
        let begun = format!("{hash} {} {caller}", now.epoch_millis());
        let mut leading = [0; 16];
        leading.copy_from_slice(&ContentHash::of(begun.as_bytes()).as_bytes()[..16]);
        Self(leading)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for UploadId {
    type Err = ParseUploadIdError;

    fn from_str(text: &str) -> Result<Self, ParseUploadIdError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(is_digit) {
            return Err(ParseUploadIdError);
        }
        u128::from_str_radix(text, 16)
            .map(|number| Self(number.to_be_bytes()))
            .map_err(|_| ParseUploadIdError)
    }
}

/// The store's own name for an upload in parts, which nobody else reads anything from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadToken(String);

impl UploadToken {
    /// A name of 1 to 1,024 visible ASCII characters; `None` for anything else.
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=1024).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_parts_are_the_whole(size_bytes in 1..=PartPlan::MOST_BYTES, part in PartPlan::LEAST_BYTES..1 << 33) {
            if let Ok(plan) = PartPlan::new(size_bytes, part) {
                let sizes: Vec<u64> = plan.sizes().collect();
                prop_assert_eq!(sizes.iter().sum::<u64>(), size_bytes);
                prop_assert_eq!(sizes.len() as u64, plan.count());
                let (last, others) = sizes.split_last().unwrap();
                prop_assert!(others.iter().all(|size| *size == part) && (1..=part).contains(last));
            }
        }

        #[test]
        fn an_upload_has_one_name(caller in "[a-z]{1,8}", millis in 0..4_000_000_000_000_i64) {
            let (caller, now) = (Principal::new(&caller).unwrap(), Timestamp::from_epoch_millis(millis));
            let id = UploadId::of(&ContentHash::of(b"x"), &caller, now);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_ne!(id, UploadId::of(&ContentHash::of(b"x"), &caller, Timestamp::from_epoch_millis(millis + 1)));
        }
    }

    #[test]
    fn parts_are_as_s3_takes_them() {
        let gib = 1 << 30;
        for (size_bytes, part, expected) in [
            (5 * gib, PartPlan::USUAL_BYTES, Ok(320)),
            (5 * gib, PartPlan::LEAST_BYTES, Err(PartPlanError::Count(1024))),
            (5 * gib, 5 * gib, Ok(1)),
            (1, PartPlan::LEAST_BYTES, Ok(1)),
            (gib, PartPlan::LEAST_BYTES - 1, Err(PartPlanError::Size)),
            (gib, 5 * gib + 1, Err(PartPlanError::Size)),
            (gib, 0, Err(PartPlanError::Size)),
        ] {
            assert_eq!(
                PartPlan::new(size_bytes, part).map(|plan| plan.count()),
                expected,
                "{size_bytes} {part}"
            );
        }
    }

    #[test]
    fn a_text_that_is_no_name_is_refused() {
        for wrong in ["", &"A".repeat(32), &"a".repeat(31), &"+".repeat(32), &format!("+{}", "a".repeat(31))]
        {
            assert_eq!(wrong.parse::<UploadId>(), Err(ParseUploadIdError), "{wrong}");
        }
        for wrong in ["", "a b", "ä", &"x".repeat(1025)] {
            assert_eq!(UploadToken::new(wrong), None, "{wrong}");
        }
    }
}
