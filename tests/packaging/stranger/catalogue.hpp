// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <first_use/first_use.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace library {

struct Book {
  std::string title;
  int year;
};

/// Read at the first question.
std::vector<Book> const& catalogue();

/// A reader's card: number and barcode are worked out when somebody looks.
class Card {
 public:
  explicit Card(std::string name);

  std::string const& barcode() const;
  std::optional<std::size_t> number(std::string_view text);
  void lend(Book const& book);
  std::size_t lent() const;

 private:
  std::string name_;
  first_use::OnceLock<std::string> barcode_{};
  first_use::OnceCell<std::size_t> number_{};
  first_use::OnceLock<std::vector<Book>> lent_{};
};

/// One per process: a child of fork() keeps its own.
int& visitors();

std::string annual_report(int year);
bool open_today();

}  // namespace library
