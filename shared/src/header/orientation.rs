//! The eight ways in which a stored picture can lie.

/// What makes a stored picture upright: the eight values that EXIF has (tag 274), named by what is to be done.
///
/// ```
/// use shared::header::Orientation;
/// assert_eq!(Orientation::from_exif(6), Some(Orientation::Rotate90));
/// assert_eq!(Orientation::Rotate90.to_exif(), 6);
/// assert_eq!(Orientation::from_exif(9), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// 1: nothing.
    Upright,
    /// 2: swap left and right.
    FlipHorizontal,
    /// 3: half a turn.
    Rotate180,
    /// 4: swap top and bottom.
    FlipVertical,
    /// 5: mirror in the diagonal from top left to bottom right.
    Transpose,
    /// 6: a quarter turn clockwise.
    Rotate90,
    /// 7: mirror in the diagonal from top right to bottom left.
    Transverse,
    /// 8: a quarter turn counter-clockwise.
    Rotate270,
}

impl Orientation {
    /// All eight, in the order of their EXIF values.
    pub const ALL: [Self; 8] = [
        Self::Upright,
        Self::FlipHorizontal,
        Self::Rotate180,
        Self::FlipVertical,
        Self::Transpose,
        Self::Rotate90,
        Self::Transverse,
        Self::Rotate270,
    ];

    /// The orientation with this EXIF value; `None` outside 1 to 8.
    pub fn from_exif(value: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|orientation| u64::from(orientation.to_exif()) == value)
    }

    /// Its EXIF value, 1 to 8.
    pub fn to_exif(self) -> u8 {
        match self {
            Self::Upright => 1,
            Self::FlipHorizontal => 2,
            Self::Rotate180 => 3,
            Self::FlipVertical => 4,
            Self::Transpose => 5,
            Self::Rotate90 => 6,
            Self::Transverse => 7,
            Self::Rotate270 => 8,
        }
    }

    /// Whether the upright picture is as wide as the stored one is high.
    pub fn swaps_sides(self) -> bool {
        match self {
            Self::Upright | Self::FlipHorizontal | Self::Rotate180 | Self::FlipVertical => false,
            Self::Transpose | Self::Rotate90 | Self::Transverse | Self::Rotate270 => true,
        }
    }
}
