// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Empty statics of a type of one mebibyte: statics.py checks that the object file does not carry them.
#include <first_use/first_use.hpp>

struct Big {
  char bytes[1 << 20];
};
Big make_big();

struct MakeBig {
  Big operator()() const { return make_big(); }
};

using first_use::BasicLazyLock;
using first_use::BasicOnceLock;
using first_use::NeverDestroyed;

constinit first_use::OnceLock<Big> lock;
constinit first_use::OnceCell<Big> cell;
constinit first_use::LazyLock<Big, MakeBig> lazy{MakeBig{}};
constinit first_use::LazyCell<Big, MakeBig> lazy_cell{MakeBig{}};
constinit first_use::LazyLock<Big, MakeBig, first_use::RetryOnThrow> retrying{MakeBig{}};
constinit first_use::OnceLock<NeverDestroyed<Big>> undying_lock;
constinit first_use::LazyLock<NeverDestroyed<Big>, MakeBig> undying{MakeBig{}};
constinit first_use::WipeOnForkOnceLock<Big> wiped_lock;
constinit first_use::WipeOnForkLazyLock<Big, MakeBig> wiped_lazy{MakeBig{}};
constinit first_use::WipeOnForkOnceCell<Big, first_use::Erase> wiped_cell;
// As a user writes it.
constinit first_use::LazyLock from_closure{[] { return make_big(); }};

char const* use() { return from_closure->bytes; }
