// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Rust's types as a static library, so that they are measured in the same program and by turns with the others. Loops run
// on this side: a call per operation would cost more than the operation.
use std::arch::asm;
use std::cell::{LazyCell, OnceCell};
use std::hint::black_box;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{LazyLock, Once, OnceLock};

// The value must be there, and memory may have changed.
#[inline(always)]
fn keep(value: i32) {
    unsafe { asm!("/* {0:e} */", in(reg) value) }
}

#[inline(always)]
fn one() -> i32 {
    black_box(1)
}

// Unrolled, as the others are.
#[inline(always)]
fn read(times: u64, get: impl Fn() -> i32) {
    for _ in 0..times / 8 {
        keep(get());
        keep(get());
        keep(get());
        keep(get());
        keep(get());
        keep(get());
        keep(get());
        keep(get());
    }
}

static ONCE_LOCK: OnceLock<i32> = OnceLock::new();
static LAZY_LOCK: LazyLock<i32> = LazyLock::new(one);

#[no_mangle]
pub extern "C" fn rust_read_once_lock(times: u64) {
    read(times, || *ONCE_LOCK.get_or_init(one));
}
#[no_mangle]
pub extern "C" fn rust_read_lazy_lock(times: u64) {
    read(times, || *LAZY_LOCK);
}

macro_rules! first {
    ($make:ident, $run:ident, $drop:ident, $type:ty, $new:expr, $force:expr) => {
        #[no_mangle]
        pub extern "C" fn $make(count: usize) -> *mut Vec<$type> {
            Box::into_raw(Box::new((0..count).map(|_| -> $type { $new }).collect()))
        }
        #[no_mangle]
        pub unsafe extern "C" fn $run(cells: *mut Vec<$type>) {
            for cell in (*cells).iter() {
                keep($force(cell));
            }
        }
        #[no_mangle]
        pub unsafe extern "C" fn $drop(cells: *mut Vec<$type>) {
            drop(Box::from_raw(cells));
        }
    };
}
first!(rust_once_new, rust_once_init, rust_once_drop, Once, Once::new(), |o: &Once| {
    o.call_once(|| keep(1));
    1
});
first!(rust_once_lock_new, rust_once_lock_init, rust_once_lock_drop, OnceLock<i32>, OnceLock::new(),
       |o: &OnceLock<i32>| *o.get_or_init(|| 1));
first!(rust_lazy_lock_new, rust_lazy_lock_init, rust_lazy_lock_drop, LazyLock<i32>, LazyLock::new(|| 1),
       |o: &LazyLock<i32>| **o);
first!(rust_once_cell_new, rust_once_cell_init, rust_once_cell_drop, OnceCell<i32>, OnceCell::new(),
       |o: &OnceCell<i32>| *o.get_or_init(|| 1));
first!(rust_lazy_cell_new, rust_lazy_cell_init, rust_lazy_cell_drop, LazyCell<i32>, LazyCell::new(|| 1),
       |o: &LazyCell<i32>| **o);

#[no_mangle]
pub extern "C" fn rust_lock_new() -> *mut OnceLock<i32> {
    Box::into_raw(Box::new(OnceLock::new()))
}
#[no_mangle]
pub unsafe extern "C" fn rust_lock_renew(lock: *mut OnceLock<i32>) {
    *lock = OnceLock::new();
}
#[no_mangle]
pub unsafe extern "C" fn rust_lock_get(lock: *const OnceLock<i32>, make: extern "C" fn() -> i32) -> i32 {
    *(*lock).get_or_init(|| make())
}
#[no_mangle]
pub unsafe extern "C" fn rust_lock_drop(lock: *mut OnceLock<i32>) {
    drop(Box::from_raw(lock));
}

#[no_mangle]
pub extern "C" fn rust_quiet_panics() {
    std::panic::set_hook(Box::new(|_| {}));
}
#[no_mangle]
pub extern "C" fn rust_panic_bare(times: u64) {
    for _ in 0..times {
        let _ = catch_unwind(|| -> i32 { std::panic::resume_unwind(Box::new(1)) });
    }
}
#[no_mangle]
pub extern "C" fn rust_panic_once_lock(times: u64) {
    for _ in 0..times {
        let lock: OnceLock<i32> = OnceLock::new();
        let _ = catch_unwind(AssertUnwindSafe(|| *lock.get_or_init(|| std::panic::resume_unwind(Box::new(1)))));
    }
}

// sizeof: flag, then holders of an int, of 32 bytes without a niche, and of a pointer.
#[no_mangle]
pub extern "C" fn rust_size(of: u32) -> usize {
    match of {
        0 => size_of::<Once>(),
        1 => size_of::<OnceLock<i32>>(),
        2 => size_of::<OnceLock<[u64; 4]>>(),
        3 => size_of::<OnceLock<*const i32>>(),
        4 => size_of::<OnceCell<i32>>(),
        5 => size_of::<OnceCell<[u64; 4]>>(),
        _ => size_of::<OnceCell<*const i32>>(),
    }
}

// The crate that the two came from.
#[cfg(once_cell_crate)]
mod crate_of_that_name {
    use super::{keep, one, read};
    use once_cell::sync::OnceCell;

    static CELL: OnceCell<i32> = OnceCell::new();

    #[no_mangle]
    pub extern "C" fn rust_read_crate(times: u64) {
        read(times, || *CELL.get_or_init(one));
    }
    first!(rust_crate_new, rust_crate_init, rust_crate_drop, OnceCell<i32>, OnceCell::new(),
           |o: &OnceCell<i32>| *o.get_or_init(|| 1));
}
