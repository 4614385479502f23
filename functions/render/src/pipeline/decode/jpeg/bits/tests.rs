use super::*;

#[test]
fn bits_come_in_order_and_a_stuffed_zero_is_no_data() {
    let mut bits = BitReader::new(&[0b1010_0101, 0xff, 0x00, 0b1100_0000, 0xff, 0xd9], 0);
    let read = bits.block(|bits| Ok([bits.take(4), bits.take(8), bits.take(6)])).unwrap();
    assert_eq!(read, [0b1010, 0b0101_1111, 0b11_1111]);
    assert!(bits.check().is_ok());
    assert_eq!(bits.finish().unwrap(), 4);
}

#[test]
fn a_bit_too_many_is_noticed() {
    let mut bits = BitReader::new(&[0x12, 0x34, 0xff, 0xd9], 0);
    bits.block(|bits| Ok(bits.take(16))).unwrap();
    assert!(bits.check().is_ok());
    bits.block(|bits| Ok(bits.take(1))).unwrap();
    assert!(matches!(bits.check(), Err(JpegError::EndsEarly { .. })));
    assert!(bits.finish().is_err());
}

#[test]
fn however_many_bits_are_read_beyond_the_end_it_is_an_error_and_no_more() {
    let mut bits = BitReader::new(&[0x12, 0x34, 0xff, 0xd9], 0);
    for _ in 0..100 {
        bits.block(|bits| {
            (0..64).for_each(|_| bits.pass(31));
            Ok(())
        })
        .unwrap();
        assert!(matches!(bits.check(), Err(JpegError::EndsEarly { .. })));
    }
}

#[test]
fn what_is_longer_than_a_chunk_is_read_to_its_end() {
    let length = 3 * CHUNK_BYTES + 77;
    let mut file: Vec<u8> = (0..length).flat_map(|at| [at.to_le_bytes()[0], 0]).collect();
    file =
        file.chunks(2).flat_map(|pair| if pair[0] == 0xff { pair.to_vec() } else { vec![pair[0]] }).collect();
    file.extend([0xff, 0xd9]);
    let mut bits = BitReader::new(&file, 0);
    for at in 0..length {
        let byte = bits.block(|bits| Ok(bits.take(8))).unwrap();
        assert_eq!(byte, u32::from(at.to_le_bytes()[0]), "{at}");
        assert!(bits.check().is_ok());
    }
    assert_eq!(bits.finish().unwrap(), file.len() - 2);
}

#[test]
fn a_block_that_is_full_has_no_end_of_its_own() {
    let table = |symbols: &[u8]| {
        let mut counts = [0; 16];
        counts[..symbols.len()].fill(1);
        HuffmanTable::new(&counts, symbols, 0).unwrap()
    };
    // 0 is no difference. 0, 110 and 1110 are a number of one bit after 15, 14 and 13 zeros; 10 is the end.
    let (dc_table, ac_table) = (table(&[0x00]), table(&[0xf1, 0x00, 0xe1, 0xd1]));
    for (block, until) in [("0010101", 1), ("0010101", 64)] {
        let behind = |end: &str| {
            let ones_and_zeros = format!("{block}{end}10100101");
            let bytes: Vec<u8> = ones_and_zeros
                .as_bytes()
                .chunks(8)
                .map(|bits| bits.iter().zip((0..8).rev()).map(|(bit, place)| (bit & 1) << place).sum())
                .chain([0xff, 0xd9])
                .collect();
            let mut bits = BitReader::new(&bytes, 0);
            bits.block(|bits| bits.sequential_block(&dc_table, &ac_table, until, |_, _| ())).unwrap();
            bits.block(|bits| Ok(bits.take(8))).unwrap()
        };
        assert_eq!([behind("1101"), behind("1110110")], [0b1010_0101; 2]);
    }
}

#[test]
fn data_without_a_marker_behind_it_ends_early() {
    assert!(matches!(BitReader::new(&[0x12, 0x34], 0).finish(), Err(JpegError::EndsEarly { at: 2 })));
    assert!(matches!(BitReader::new(&[0xff, 0xff], 0).finish(), Err(JpegError::EndsEarly { .. })));
}

#[test]
fn much_unread_data_says_that_the_way_was_lost() {
    let mut file = vec![0x55; 100];
    file.extend([0xff, 0xd9]);
    assert!(matches!(BitReader::new(&file, 0).finish(), Err(JpegError::Corrupt { .. })));
    assert_eq!(BitReader::new(&file, 90).finish().unwrap(), 100);
}

#[test]
fn a_symbol_comes_with_its_number_and_a_leading_zero_is_negative() {
    // One code, a single 0, for a number of three bits.
    let mut counts = [0; 16];
    counts[0] = 1;
    let table = HuffmanTable::new(&counts, &[0x53], 0).unwrap();
    let read = |byte: u8| {
        let read = BitReader::new(&[byte, 0xff, 0xd9], 0).block(|bits| bits.symbol(&table));
        read.map(|(code, number)| (code.symbol, number))
    };
    assert_eq!(read(0b0101_0000).ok(), Some((0x53, 5)));
    assert_eq!(read(0b0010_0000).ok(), Some((0x53, -5)));
    assert_eq!(read(0b0000_0000).ok(), Some((0x53, -7)));
    assert!(read(0x80).is_err());
}
