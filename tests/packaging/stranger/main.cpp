// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catalogue.hpp"

int main() {
  library::Card card{"Ada"};
  ++library::visitors();
  for (library::Book const& book : library::catalogue()) card.lend(book);
  bool const good = card.barcode() == "|Ada|" && card.lent() == 2 && !card.number("x7") && card.number("17") == 17 &&
                    library::visitors() == 1 && library::annual_report(1984) == "OnceLock(In 1984 all was well.)" &&
                    library::open_today();
  return good ? 0 : 1;
}
