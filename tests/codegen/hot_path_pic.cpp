// SPDX-License-Identifier: MIT OR Apache-2.0
//
// As hot_path.cpp, for a shared library: hot_path.py compiles this file with -fPIC. A lock that others may see is found
// through the global offset table, one load more; a library's own is not.
#include <first_use/first_use.hpp>

int make();

namespace {
constinit first_use::OnceLock<int> own_lock;
constinit first_use::LazyLock own_lazy{[] { return make(); }};
constinit first_use::OnceCell<int> own_cell;
}  // namespace

namespace probes {
constinit first_use::OnceLock<int> seen_lock;
}

extern "C" {

int pic_lock() {
  return own_lock.get_or_init([] { return make(); });
}
int pic_lazy() { return *own_lazy; }
int pic_cell() {
  return own_cell.get_or_init([] { return make(); });
}
int pic_lock_through_got() {
  return probes::seen_lock.get_or_init([] { return make(); });
}

}  // extern "C"
