// SPDX-License-Identifier: MIT OR Apache-2.0
#include "values.hpp"

namespace unity {

namespace {
constinit first_use::LazyLock second_own{[] { return 20; }};
}

int seen_by_second() { return *in_header + *second_own; }

}  // namespace unity
