// SPDX-License-Identifier: MIT OR Apache-2.0
//
// first_use: values that come into being at first use. Everything but format.hpp, which needs <ostream>.
#ifndef FIRST_USE_FIRST_USE_HPP
#define FIRST_USE_FIRST_USE_HPP

#include <first_use/lazy_cell.hpp>
#include <first_use/lazy_lock.hpp>
#include <first_use/named.hpp>
#include <first_use/never_destroyed.hpp>
#include <first_use/observer.hpp>
#include <first_use/once.hpp>
#include <first_use/once_cell.hpp>
#include <first_use/once_lock.hpp>
#include <first_use/race.hpp>
#include <first_use/wiped.hpp>

#endif
