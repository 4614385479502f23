//! How much DynamoDB keeps.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// DynamoDB bills each item, and each entry of an index, with so many bytes beside its own (its price page, "data
/// storage").
const BILLED_BESIDE_AN_ITEM: u64 = 100;

/// The tables and the index, as dynoxide lays them out: an item has its size beside it, and an entry is its four keys,
/// each with a prefix of two characters for its type.
const ASSETS: &str = r#"SELECT COUNT(*), COALESCE(SUM(item_size), 0) FROM "hashfolio-assets""#;
const LEASES: &str = r#"SELECT COUNT(*), COALESCE(SUM(item_size), 0) FROM "hashfolio-render-leases""#;
const BY_OWNER: &str = r#"
    SELECT COUNT(*), COALESCE(SUM(LENGTH(gsi_pk) + LENGTH(gsi_sk) + LENGTH(table_pk) + LENGTH(table_sk) - 8), 0)
        + COUNT(*) * LENGTH('created_by' || 'created_at' || 'shard' || 'content_hash')
    FROM "hashfolio-assets::gsi::by_owner""#;

/// The bytes of Hashfolio's tables and index in a database, as they are billed. They are summed up over a connection of
/// its own: `DescribeTable` would sum them up on the only thread that serves requests.
///
/// # Errors
/// What SQLite says.
pub(crate) fn billed_bytes(database: &Path) -> rusqlite::Result<u64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    let mut billed = 0;
    for query in [ASSETS, LEASES, BY_OWNER] {
        let sums = connection.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)));
        let (items, bytes): (u64, u64) = sums?;
        billed += bytes + items * BILLED_BESIDE_AN_ITEM;
    }
    Ok(billed)
}
