// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Everyday expressions, compiled with optimisation by every compiler found: none may warn of what the library does inside.
// Locals and temporaries above all: there an optimiser sees that nothing lies in the room, and does not see that the word
// says so. What is flattened shows its compiler everything at once, as some call would some day.
#include <first_use/first_use.hpp>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace first_use;

namespace {

struct Record {
  std::string name;
  double weight = 0;
  std::optional<int> number;
  bool operator==(Record const&) const = default;
};

/// All that is done with a lock, on locals and temporaries of it.
template <class L, class T, class Make>
[[gnu::flatten]] std::size_t everyday(L& given, T const& other, Make make) {
  std::size_t found = 0;
  found += given == L{};
  found += L{} == given;
  found += L{} == L{};
  found += L{given} == given;
  found += L{std::move(given)} == L{};

  L local;
  if (auto const* const value = local.get()) found += *value == other;
  found += local.has_value() || local.is_initialized() || local;
  found += local.take().has_value();
  local.reset();
  found += local == given;
  L const copy{local};
  found += copy == local;
  local = copy;
  local = L{};
  L moved{std::move(local)};
  swap(moved, local);
  found += std::move(moved).into_inner() == std::optional<T>{other};

  L filled;
  filled.get_or_init(make);
  found += filled.value() == other;
  found += filled.get_or_try_init([&] { return std::optional<T>{make()}; }) != nullptr;
  found += *filled.get() == other;
  found += filled.set(other) || filled.try_insert(other).second || filled.try_emplace(other).second;
  found += filled.try_set(T{other}) == TrySetResult::stored;
  found += filled == copy;
  given = filled;
  given = std::move(filled);

  L set;
  set.set(other);
  found += set == L{} || set.take() == other;
  L perhaps;
  if (auto const* const made = perhaps.get_or_try_init([] { return std::optional<T>{}; })) found += *made == other;

  auto const heap = std::make_unique<L>();
  if (auto const* const value = heap->get()) found += *value == other;
  std::array<L, 3> several{};
  for (auto const& one : several) found += one == given;
  std::vector<L> many(4);
  many.emplace_back();
  for (auto const& one : many) found += one == given;
  std::map<int, L> by_number;
  found += by_number[3] == given;
  std::optional<L> optional;
  found += optional.emplace() == given;
  return found;
}

template <class L, class F, class T>
std::size_t everyday_lazy(F const& make, T const& other) {
  L lazy{make};
  std::size_t found = 0;
  if (auto const* const value = lazy.get()) found += *value == other;
  found += lazy.is_poisoned();
  found += *lazy == other;
  found += lazy.force() == other;
  L const untouched{make};
  if (auto const* const value = untouched.get()) found += *value == other;
  found += L{make}.is_poisoned();
  found += std::move(lazy).into_inner() == std::optional<T>{other};
  return found;
}

struct Node {
  OnceLock<std::string> title{};
  OnceCell<Record> record{};
  LazyCell<std::vector<int>> numbers{};
};

}  // namespace

bool kept(OnceLock<std::string>& lock);
[[gnu::flatten]] bool kept(OnceLock<std::string>& lock) { return lock == OnceLock<std::string>{}; }
bool wiped(WipeOnForkOnceLock<std::string>& lock);
[[gnu::flatten]] bool wiped(WipeOnForkOnceLock<std::string>& lock) { return lock == WipeOnForkOnceLock<std::string>{}; }
bool nodes(Node& node);
bool nodes(Node& node) {
  Node other;
  return node.title == other.title || node.record == other.record || node.numbers.get() == other.numbers.get();
}

int main(int argc, char** argv) {
  std::string const text = argv[0];
  Record const record{text, argc + 0.5, argc};
  auto const make_text = [&] { return text + text; };
  auto const make_record = [&] { return record; };
  auto const make_number = [&] { return argc; };
  auto const make_owning = [owned = text] { return owned + "."; };
  std::size_t found = 0;

  OnceLock<std::string> texts;
  OnceCell<std::string> text_cell;
  WipeOnForkOnceLock<std::string> wiped_texts;
  OnceLock<Record> records;
  OnceLock<int> numbers;
  WipeOnForkOnceCell<int> wiped_number_cell;
  found += everyday(texts, text, make_text) + everyday(text_cell, text, make_text);
  found += everyday(wiped_texts, text, make_text) + everyday(records, record, make_record);
  found += everyday(numbers, argc, make_number) + everyday(wiped_number_cell, argc, make_number);
  OnceLock<std::unique_ptr<int>> pointers;
  found += pointers == OnceLock<std::unique_ptr<int>>{};
  BasicOnceLock<std::string, FutexSync, WipeOnFork<Destroy>> const destroying;
  if (auto const* const value = destroying.get()) found += *value == text;
  BasicOnceLock<int, FutexSync, WipeOnFork<Erase>> const erasing;
  if (auto const* const value = erasing.get()) found += *value == argc;

  found += everyday_lazy<LazyLock<std::string, decltype(make_text)>>(make_text, text);
  found += everyday_lazy<LazyLock<std::string, decltype(make_owning)>>(make_owning, text);
  found += everyday_lazy<LazyLock<Record, decltype(make_record), RetryOnThrow>>(make_record, record);
  found += everyday_lazy<LazyLock<std::string>>([] { return std::string{"made"}; }, text);
  found += everyday_lazy<LazyCell<std::string, decltype(make_owning)>>(make_owning, text);
  found += everyday_lazy<WipeOnForkLazyLock<std::string, decltype(make_owning)>>(make_owning, text);
  LazyLock<std::string> by_default;
  found += by_default.get() != nullptr || by_default->empty();

  Node node;
  found += kept(texts) || wiped(wiped_texts) || nodes(node);
  Once once;
  once.call_once([&] { ++found; });
  once.call_once_force([&](OnceState const& state) { found += state.is_poisoned(); });
  return found == 0 ? 1 : 0;
}
