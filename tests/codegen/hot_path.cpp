// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One function per way of reaching a value that is there. hot_path.py compiles this file with every compiler there is and
// counts the instructions from each function's entry to its return; budget.txt says how many there may be.
#include <cstdint>
#include <string>

#include <first_use/first_use.hpp>

namespace {

using first_use::LazyCell;
using first_use::LazyLock;
using first_use::NeverDestroyed;
using first_use::Once;
using first_use::OnceCell;
using first_use::OnceLock;

// As in a class of a user's: something stands before it.
template <class Member>
struct Holder {
  std::int64_t before;
  Member member;
};

}  // namespace

int make();
int make_from(int);
void set_up();

namespace probes {

constinit Once once;
constinit OnceLock<int> lock;
constinit OnceCell<int> cell;
constinit first_use::WipeOnForkOnceLock<int> wiped_lock;
constinit first_use::WipeOnForkOnceCell<int> wiped_cell;

struct MakeInt {
  int operator()() const { return make(); }
};
struct MakeFrom {
  int a, b;
  int operator()() const { return make_from(a + b); }
};
struct MakeString {
  std::string operator()() const { return std::string(static_cast<std::size_t>(make()), 'x'); }
};
constinit LazyLock<int, MakeInt> lazy{MakeInt{}};
constinit LazyLock<int> lazy_pointer{make};
constinit LazyLock<int, MakeFrom> lazy_captures{MakeFrom{1, 2}};
constinit LazyLock<NeverDestroyed<std::string>, MakeString> lazy_string{MakeString{}};
constinit LazyCell<int, MakeInt> lazy_cell{MakeInt{}};
constinit first_use::WipeOnForkLazyLock<int, MakeInt> wiped_lazy{MakeInt{}};
constinit LazyLock lazy_named{first_use::named<"lazy">(MakeInt{})};
static_assert(sizeof(lazy_named) == sizeof(lazy));
constinit LazyLock lazy_captures_named{first_use::named<"lazy with captures">(MakeFrom{1, 2})};
static_assert(sizeof(lazy_captures_named) == sizeof(lazy_captures));
constinit first_use::race::OnceRef<int> race_ref;
constinit first_use::race::OnceNonZero<unsigned> race_number;
constinit first_use::race::OnceBool race_truth;
constinit first_use::race::OnceBox<int> race_box;

}  // namespace probes

using namespace probes;

extern "C" {

void once_call() { once.call_once(set_up); }
void once_call_named() { once.call_once(first_use::named<"set-up">(set_up)); }
bool once_is_completed() { return once.is_completed(); }

int lock_global() {
  return lock.get_or_init([] { return make(); });
}
int const* lock_global_address() {
  return &lock.get_or_init([] { return make(); });
}
int lock_member(Holder<OnceLock<int>>* holder) {
  return holder->member.get_or_init([] { return make(); });
}
int const* lock_address(OnceLock<int> const& there) {
  return &there.get_or_init([] { return make(); });
}
int lock_capture(int a) {
  return lock.get_or_init([a] { return make_from(a); });
}
int lock_captures_two_references(int a, int b) {
  return lock.get_or_init([&a, &b] { return make_from(a + b); });
}
int lock_named() {
  return lock.get_or_init(first_use::named<"lock">([] { return make(); }));
}
int lock_member_named(Holder<OnceLock<int>>* holder) {
  return holder->member.get_or_init(first_use::named<"member">([] { return make(); }));
}
int lock_captures_two_references_named(int a, int b) {
  return lock.get_or_init(first_use::named<"references">([&a, &b] { return make_from(a + b); }));
}
int* lock_try_named() {
  return lock.get_or_try_init(first_use::named<"try">([] { return std::optional<int>{make()}; }));
}
int* lock_try() {
  return lock.get_or_try_init([] { return std::optional<int>{make()}; });
}
int const* lock_get() { return lock.get(); }
int lock_value() { return lock.value(); }

int cell_global() {
  return cell.get_or_init([] { return make(); });
}
int cell_member(Holder<OnceCell<int>>* holder) {
  return holder->member.get_or_init([] { return make(); });
}

int lazy_global() { return *lazy; }
int lazy_member(Holder<LazyLock<int, MakeInt>>* holder) { return *holder->member; }
int lazy_pointer_global() { return *lazy_pointer; }
int lazy_captures_global() { return *lazy_captures; }
std::string const* lazy_never_destroyed() { return &*lazy_string; }
int const* lazy_get() { return lazy.get(); }
int lazy_named_global() { return *lazy_named; }
int lazy_captures_named_global() { return *lazy_captures_named; }
int lazy_cell_global() { return *lazy_cell; }
int lazy_cell_member(Holder<LazyCell<int, MakeInt>>* holder) { return *holder->member; }

int wiped_lock_global() {
  return wiped_lock.get_or_init([] { return make(); });
}
int wiped_lock_member(Holder<first_use::WipeOnForkOnceLock<int>>* holder) {
  return holder->member.get_or_init([] { return make(); });
}
int wiped_cell_global() {
  return wiped_cell.get_or_init([] { return make(); });
}
int wiped_lazy_global() { return *wiped_lazy; }

int* race_ref_global() {
  return &race_ref.get_or_init([]() -> int& { return *new int{make()}; });
}
int* race_ref_get() { return race_ref.get(); }
int* race_ref_member(Holder<first_use::race::OnceRef<int>>* holder) {
  return &holder->member.get_or_init([]() -> int& { return *new int{make()}; });
}
unsigned race_number_global() {
  return race_number.get_or_init([] { return static_cast<unsigned>(make()); });
}
unsigned race_number_capture(int a) {
  return race_number.get_or_init([a] { return static_cast<unsigned>(make_from(a)); });
}
bool race_bool_global() {
  return race_truth.get_or_init([] { return make() != 0; });
}
int race_box_global() {
  return race_box.get_or_init([] { return make(); });
}
int* race_box_try() {
  return race_box.get_or_try_init([] { return std::optional<int>{make()}; });
}

}  // extern "C"
