//! Which of the well-formed variants may be made.

#[cfg(feature = "runtime")]
use std::collections::BTreeSet;
#[cfg(feature = "runtime")]
use std::str::FromStr;

use super::{Quality, TargetSize, VariantSpec};
#[cfg(feature = "runtime")]
use crate::runtime::{ConfigError, Environment};

/// The widths, heights and qualities that may be asked for: strangers can't mint sizes at the owner's cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whitelist {
    /// Widths in pixels, ascending.
    pub widths: Vec<u32>,
    /// Heights in pixels, ascending; 0, the height that follows from the ratio, is always allowed.
    pub heights: Vec<u32>,
    /// Qualities, ascending.
    pub qualities: Vec<Quality>,
}

/// The part of a variant that is not on the whitelist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} {asked} is not offered; choose one of {offered}")]
pub struct NotAllowed {
    part: &'static str,
    asked: u32,
    offered: String,
}

impl Whitelist {
    /// Checks that a variant may be made.
    ///
    /// # Errors
    /// [`NotAllowed`] with the part that is not on the list, and the list.
    pub fn admit(&self, spec: &VariantSpec) -> Result<(), NotAllowed> {
        listed("width", spec.size.width(), self.widths.iter().copied())?;
        match spec.size {
            TargetSize::Width(_) => {}
            TargetSize::Cover(size) => listed("height", size.height(), self.all_heights())?,
        }
        listed("quality", spec.quality.get().into(), self.qualities.iter().map(|q| q.get().into()))
    }

    /// The heights that may be asked for, 0 among them, ascending.
    pub fn all_heights(&self) -> impl Iterator<Item = u32> + Clone {
        let named = self.heights.iter().copied().filter(|height| *height != 0);
        std::iter::once(0).chain(named)
    }
}

#[cfg(feature = "runtime")]
impl Whitelist {
    /// The whitelist that `ALLOWED_WIDTHS`, `ALLOWED_HEIGHTS` and `ALLOWED_QUALITIES` name, each with its default.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`].
    pub fn from_env(env: &Environment<'_>) -> Result<Self, ConfigError> {
        let Self { widths, heights, qualities } = Self::default();
        let width = |number: u32| (number > 0).then_some(number);
        Ok(Self {
            widths: listed_in(
                env,
                "ALLOWED_WIDTHS",
                "a comma-separated list of pixels, each at least 1",
                widths,
                width,
            )?,
            heights: listed_in(
                env,
                "ALLOWED_HEIGHTS",
                "a comma-separated list of pixels",
                heights,
                Some::<u32>,
            )?,
            qualities: listed_in(
                env,
                "ALLOWED_QUALITIES",
                "a comma-separated list of numbers from 10 to 100",
                qualities,
                Quality::new,
            )?,
        })
    }
}

/// The numbers that a variable lists, checked, ascending, each once.
#[cfg(feature = "runtime")]
fn listed_in<N: FromStr, T: Ord>(
    env: &Environment<'_>,
    name: &'static str,
    form: &'static str,
    default: Vec<T>,
    check: impl Fn(N) -> Option<T>,
) -> Result<Vec<T>, ConfigError> {
    let Some(found) = env.optional(name) else { return Ok(default) };
    let numbers = env.list::<N>(name, form, Vec::new())?;
    let checked: Option<BTreeSet<T>> = numbers.into_iter().map(check).collect();
    let malformed = || ConfigError::Malformed { name, form, found };
    Ok(checked.ok_or_else(malformed)?.into_iter().collect())
}

impl Default for Whitelist {
    fn default() -> Self {
        Self {
            widths: vec![320, 640, 1024, 1920],
            heights: vec![240, 480, 768, 1080],
            qualities: [50, 60, 70, 75, 80, 90].into_iter().filter_map(Quality::new).collect(),
        }
    }
}

fn listed(
    part: &'static str,
    asked: u32,
    mut offered: impl Iterator<Item = u32> + Clone,
) -> Result<(), NotAllowed> {
    let list = offered.clone();
    if offered.any(|one| one == asked) {
        return Ok(());
    }
    let offered = list.map(|one| one.to_string()).collect::<Vec<_>>().join(", ");
    Err(NotAllowed { part, asked, offered })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variant::OutputFormat;

    fn asked(width: u32, height: u32, quality: u8) -> Result<(), String> {
        let spec = VariantSpec {
            size: TargetSize::new(width, height).unwrap(),
            quality: Quality::new(quality).unwrap(),
            format: OutputFormat::WebP,
        };
        Whitelist::default().admit(&spec).map_err(|refused| refused.to_string())
    }

    #[test]
    fn what_is_on_the_list_is_allowed_and_a_height_of_0_always() {
        assert_eq!(asked(640, 480, 80), Ok(()));
        assert_eq!(asked(320, 1080, 50), Ok(()));
        assert_eq!(asked(1920, 0, 90), Ok(()));
    }

    #[test]
    fn what_is_off_the_list_is_refused_with_the_list() {
        let why = "width 641 is not offered; choose one of 320, 640, 1024, 1920";
        assert_eq!(asked(641, 480, 80), Err(why.to_owned()));
        let why = "height 481 is not offered; choose one of 0, 240, 480, 768, 1080";
        assert_eq!(asked(640, 481, 80), Err(why.to_owned()));
        let why = "quality 81 is not offered; choose one of 50, 60, 70, 75, 80, 90";
        assert_eq!(asked(640, 480, 81), Err(why.to_owned()));
    }
}
