//! The verdict: a pure function of the bytes and the configuration.

use shared::dimensions::Dimensions;
use shared::header::{HeaderError, ImageHeader};
use shared::media::MediaType;

use crate::lookalike;

/// What is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criteria {
    /// The biggest file, in bytes.
    pub max_upload_bytes: u64,
    /// The types that are accepted.
    pub accepted_types: Vec<MediaType>,
    /// The biggest picture, in pixels.
    pub max_source_pixels: u64,
}

/// What was measured of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Measured {
    /// Size in bytes.
    pub(crate) size_bytes: u64,
    /// What its header says, or why that can't be read.
    pub(crate) header: Result<ImageHeader, HeaderError>,
    /// What the leading bytes look like, if they are of no image type.
    pub(crate) lookalike: Option<&'static str>,
}

/// What a verified asset is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// The type by leading bytes.
    pub(crate) media_type: MediaType,
    /// The size of the upright picture.
    pub(crate) dimensions: Dimensions,
}

/// The verdict on a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is an image that is accepted.
    Accept(Accepted),
    /// It is not accepted.
    Refuse {
        /// Why, in whole sentences, with the limit that it broke.
        reason: String,
        /// Its type by leading bytes.
        media_type: MediaType,
    },
}

impl From<ImageHeader> for Accepted {
    fn from(header: ImageHeader) -> Self {
        Self { media_type: header.media_type, dimensions: header.dimensions }
    }
}

impl Measured {
    /// What was measured, with a hint from the leading bytes where they are of no image type.
    pub(crate) fn new(size_bytes: u64, header: Result<ImageHeader, HeaderError>, leading: &[u8]) -> Self {
        let unknown = matches!(header, Err(HeaderError::UnknownType));
        let lookalike = if unknown { lookalike::recognize(leading) } else { None };
        Self { size_bytes, header, lookalike }
    }

    /// The type by leading bytes.
    pub(crate) fn media_type(&self) -> MediaType {
        let known = match &self.header {
            Ok(header) => Some(header.media_type),
            Err(error) => error.media_type(),
        };
        known.unwrap_or(MediaType::OctetStream)
    }
}

impl Criteria {
    /// The types that are accepted unless the configuration says otherwise: those that can be rendered.
    pub(crate) fn default_types() -> [MediaType; 6] {
        use MediaType::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
        [Jpeg, Png, WebP, Gif, Tiff, Bmp]
    }

    /// The verdict on a file.
    pub(crate) fn judge(&self, measured: &Measured) -> Verdict {
        match self.objection(measured) {
            Ok(header) => Verdict::Accept(header.into()),
            Err(reason) => Verdict::Refuse { reason, media_type: measured.media_type() },
        }
    }

    /// What is said of a file over the limit of bytes; `None` within it.
    pub(crate) fn size_objection(&self, size_bytes: u64) -> Option<String> {
        let limit = self.max_upload_bytes;
        let over = size_bytes > limit;
        over.then(|| format!("The file has {size_bytes} bytes, over the limit of {limit} bytes."))
    }

    fn objection(&self, measured: &Measured) -> Result<ImageHeader, String> {
        if measured.size_bytes == 0 {
            return Err("The file is empty.".to_owned());
        }
        if let Some(objection) = self.size_objection(measured.size_bytes) {
            return Err(objection);
        }
        if measured.header == Err(HeaderError::UnknownType) {
            let hint = measured.lookalike.map_or(String::new(), |what| format!(" They look like {what}."));
            return Err(format!(
                "The first bytes match no accepted type; accepted are {}.{hint}",
                self.types()
            ));
        }
        let media_type = measured.media_type();
        if !self.accepted_types.contains(&media_type) {
            return Err(format!(
                "The file is {media_type}, which is not accepted; accepted are {}.",
                self.types()
            ));
        }
        let header = measured.header.map_err(|error| format!("The header is unreadable: {error}."))?;
        let (pixels, limit) = (header.dimensions.pixels(), self.max_source_pixels);
        if pixels > limit {
            return Err(format!(
                "The picture is {} pixels, over the limit of {limit} pixels.",
                header.dimensions
            ));
        }
        Ok(header)
    }

    fn types(&self) -> String {
        self.accepted_types.iter().map(|accepted| accepted.as_str()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests;
