// SPDX-License-Identifier: MIT OR Apache-2.0
#include "in_library.hpp"

#include <memory>

#include "peers.hpp"

namespace bench {
namespace {

template <class Peer>
struct Cells {
  explicit Cells(std::size_t the_count) : all{std::make_unique<Peer[]>(the_count)}, count{the_count} {}
  std::unique_ptr<Peer[]> all;
  std::size_t count;
};

template <class Peer>
constexpr Elsewhere elsewhere{
    [](std::size_t count) -> void* { return new Cells<Peer>{count}; },
    [](void* cells) {
      auto& these = *static_cast<Cells<Peer>*>(cells);
      for (std::size_t i = 0; i != these.count; ++i) keep(these.all[i].get());
    },
    [](void* cells) { delete static_cast<Cells<Peer>*>(cells); },
};

}  // namespace

Elsewhere once_lock_in_library() { return elsewhere<OnceLock<One>>; }
Elsewhere once_cell_in_library() { return elsewhere<OnceCell<One>>; }

}  // namespace bench
