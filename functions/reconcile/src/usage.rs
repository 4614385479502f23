//! What a run asks of AWS, and what that costs.

use serde::{Deserialize, Serialize};

/// Prices in us-east-1, on demand, in billionths of a US dollar (AWS's price lists, 2026).
mod price {
    /// S3 LIST and PUT: .005 USD per 1,000.
    pub(super) const LIST: u64 = 5_000;
    /// S3 HEAD and GET: .0004 USD per 1,000.
    pub(super) const GET: u64 = 400;
    /// DynamoDB: .125 USD per million read units; this is half a unit, rounded up.
    pub(super) const HALF_READ_UNIT: u64 = 63;
    /// DynamoDB: .625 USD per million write units.
    pub(super) const WRITE_UNIT: u64 = 625;
    /// Lambda on arm64: .0000133334 USD per GB-second; this is a MB-millisecond, in millionths of that.
    pub(super) const MB_MILLISECOND_E6: u64 = 13_021;
}

/// Calls and units, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    /// S3 LIST requests.
    pub list_requests: u64,
    /// S3 HEAD and GET requests.
    pub get_requests: u64,
    /// S3 PUT requests.
    pub put_requests: u64,
    /// Halves of DynamoDB read units.
    pub half_read_units: u64,
    /// DynamoDB write units.
    pub write_units: u64,
    /// How long functions ran on Lambda, in milliseconds.
    pub compute_ms: u64,
}

/// Money in billionths of a US dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NanoUsd(pub u64);

impl Usage {
    /// What a look at an object takes, where it is not followed call by call: HEAD, a strongly consistent read, a
    /// ranged GET of the header, and a write.
    pub const OF_A_LOOK: Self = Self {
        list_requests: 0,
        get_requests: 2,
        put_requests: 0,
        half_read_units: 2,
        write_units: 1,
        compute_ms: 0,
    };

    /// Adds what another part used.
    pub fn add(&mut self, other: &Self) {
        self.list_requests += other.list_requests;
        self.get_requests += other.get_requests;
        self.put_requests += other.put_requests;
        self.half_read_units += other.half_read_units;
        self.write_units += other.write_units;
        self.compute_ms += other.compute_ms;
    }

    /// What it costs at us-east-1's on-demand prices, with functions of this memory.
    pub fn cost(&self, memory_mb: u32) -> NanoUsd {
        let compute = u64::from(memory_mb) * self.compute_ms * price::MB_MILLISECOND_E6 / 1_000_000;
        NanoUsd(
            compute
                + (self.list_requests + self.put_requests) * price::LIST
                + self.get_requests * price::GET
                + self.half_read_units * price::HALF_READ_UNIT
                + self.write_units * price::WRITE_UNIT,
        )
    }
}

impl NanoUsd {
    /// The amount as JSON has it: a number of dollars.
    #[expect(clippy::cast_precision_loss, reason = "a float is only printed; the sums are whole numbers")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listing_and_reading_fifty_million_assets_costs_about_a_dollar() {
        // 1,000 keys a LIST; items of half a kilobyte, 8 to half a read unit.
        let usage = Usage { list_requests: 50_000, half_read_units: 50_000_000 / 8, ..Usage::default() };
        let dollars = usage.cost(0).dollars();
        assert!((0.6..0.7).contains(&dollars), "{dollars}");
    }

    #[test]
    fn a_gigabyte_second_has_its_price() {
        let usage = Usage { compute_ms: 1_000_000, ..Usage::default() };
        let dollars = usage.cost(1024).dollars();
        assert!((0.01333..0.01334).contains(&dollars), "{dollars}");
    }
}
