//! How much memory Rust code takes: an allocator that counts. What C code takes is not seen.
#![expect(unsafe_code, reason = "an allocator is unsafe by its nature; all is handed on to the system's")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    // By thread, since tests run beside each other. No destructors: they must outlive everything that allocates.
    static TAKEN_BYTES: Cell<i64> = const { Cell::new(0) };
    static PEAK_BYTES: Cell<i64> = const { Cell::new(0) };
}

/// Runs something on this thread; with its result comes how many bytes it held at once at most, beyond those that were
/// held before.
pub(crate) fn peak_of<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let before = TAKEN_BYTES.get();
    PEAK_BYTES.set(before);
    let result = run();
    (result, u64::try_from(PEAK_BYTES.get() - before).unwrap_or(0))
}

fn note(taken: usize, given_back: usize) {
    let change = i64::try_from(taken).unwrap_or(i64::MAX) - i64::try_from(given_back).unwrap_or(0);
    // A thread that ends has no counters any more.
    let _ = TAKEN_BYTES.try_with(|bytes| {
        bytes.set(bytes.get().saturating_add(change));
        let _ = PEAK_BYTES.try_with(|peak| peak.set(peak.get().max(bytes.get())));
    });
}

struct Counting;

// SAFETY: the system's allocator does all the work; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller keeps the rules.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller keeps the rules.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(new_size, layout.size());
        // SAFETY: the caller keeps the rules.
        unsafe { System.realloc(memory, layout, new_size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        note(0, layout.size());
        // SAFETY: the caller keeps the rules.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[test]
fn the_most_that_was_held_at_once_is_counted() {
    let ((), peak) = peak_of(|| {
        drop(vec![1_u8; 5000]);
        let kept = vec![0_u8; 3000];
        let mut grown = Vec::<u8>::with_capacity(1000);
        grown.reserve_exact(4000);
        drop((kept, grown));
    });
    assert_eq!(peak, 7000);
}
