// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Thread-local cells: statics.py checks that reaching one needs neither a guard nor a wrapper call.
#include <first_use/first_use.hpp>

int make();

struct MakeInt {
  int operator()() const { return make(); }
};

using Cell = first_use::LazyCell<int, MakeInt>;

thread_local constinit Cell cell{MakeInt{}};
static thread_local constinit first_use::LazyCell closure{[] { return make(); }};
static thread_local constinit first_use::OnceCell<int> once_cell;
inline thread_local constinit Cell in_a_header{MakeInt{}};
extern thread_local constinit Cell defined_elsewhere;

int use() { return *cell + *closure + once_cell.get_or_init(make) + *in_a_header + *defined_elsewhere; }
int in_function() {
  static thread_local constinit first_use::LazyCell local{[] { return make(); }};
  return *local;
}
