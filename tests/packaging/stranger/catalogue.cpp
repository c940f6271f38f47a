// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catalogue.hpp"

#include <charconv>
#include <system_error>
#include <utility>

namespace library {
namespace {

constinit first_use::LazyLock<first_use::NeverDestroyed<std::vector<Book>>> books{[] {
  return std::vector<Book>{{"Emma", 1815}, {"Solaris", 1961}};
}};

constinit first_use::WipeOnForkOnceLock<int> visitor_count{};

}  // namespace

std::vector<Book> const& catalogue() { return *books; }

Card::Card(std::string name) : name_{std::move(name)} {}

std::string const& Card::barcode() const {
  return barcode_.get_or_init([this] { return "|" + name_ + "|"; });
}

std::optional<std::size_t> Card::number(std::string_view text) {
  std::size_t const* const found = number_.get_or_try_init([text]() -> std::optional<std::size_t> {
    std::size_t value = 0;
    auto const [end, error] = std::from_chars(text.begin(), text.end(), value);
    if (error != std::errc{} || end != text.end()) return std::nullopt;
    return value;
  });
  if (found == nullptr) return std::nullopt;
  return *found;
}

void Card::lend(Book const& book) {
  lent_.get_or_init([] { return std::vector<Book>{}; }).push_back(book);
}

std::size_t Card::lent() const {
  auto const* const books_here = lent_.get();
  return books_here != nullptr ? books_here->size() : 0;
}

int& visitors() {
  return visitor_count.get_or_init([] { return 0; });
}

}  // namespace library
