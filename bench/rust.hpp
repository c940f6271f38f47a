// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The functions of rust/peers.rs.
#ifndef FIRST_USE_BENCH_RUST_HPP
#define FIRST_USE_BENCH_RUST_HPP

#include <cstddef>
#include <cstdint>

#if FIRST_USE_BENCH_RUST
extern "C" {

void rust_read_once_lock(std::uint64_t times);
void rust_read_lazy_lock(std::uint64_t times);

void* rust_once_new(std::size_t count);
void rust_once_init(void* cells);
void rust_once_drop(void* cells);
void* rust_once_lock_new(std::size_t count);
void rust_once_lock_init(void* cells);
void rust_once_lock_drop(void* cells);
void* rust_lazy_lock_new(std::size_t count);
void rust_lazy_lock_init(void* cells);
void rust_lazy_lock_drop(void* cells);
void* rust_once_cell_new(std::size_t count);
void rust_once_cell_init(void* cells);
void rust_once_cell_drop(void* cells);
void* rust_lazy_cell_new(std::size_t count);
void rust_lazy_cell_init(void* cells);
void rust_lazy_cell_drop(void* cells);

void* rust_lock_new();
void rust_lock_renew(void* lock);
int rust_lock_get(void const* lock, int (*make)());
void rust_lock_drop(void* lock);

void rust_quiet_panics();
void rust_panic_bare(std::uint64_t times);
void rust_panic_once_lock(std::uint64_t times);

std::size_t rust_size(std::uint32_t of);

#if FIRST_USE_BENCH_ONCE_CELL_CRATE
void rust_read_crate(std::uint64_t times);
void* rust_crate_new(std::size_t count);
void rust_crate_init(void* cells);
void rust_crate_drop(void* cells);
#endif

}  // extern "C"
#endif

#endif
