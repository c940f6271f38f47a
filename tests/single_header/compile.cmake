# SPDX-License-Identifier: MIT OR Apache-2.0
# The single header compiles alone, without a warning, with every policy as the default one and with every part.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${WORK}/first_use.hpp" -P "${ROOT}/cmake/single_header.cmake"
                COMMAND_ERROR_IS_FATAL ANY)

set(use "constinit first_use::LazyLock answer{[] { return 42; }};\nint main() { return *answer - 42; }\n")
set(plain [[
#include "first_use.hpp"
#if defined(FIRST_USE_FORMAT_HPP) || defined(_GLIBCXX_OSTREAM) || defined(_LIBCPP_OSTREAM)
#error "printing was not asked for"
#endif
]])
set(parts [[
#include "first_use.hpp"
#define FIRST_USE_WITH_FORMAT
#define FIRST_USE_WITH_MUTEX_SYNC
#include "first_use.hpp"
#define FIRST_USE_WITH_ATOMIC_SYNC
#include "first_use.hpp"
using ByMutex = first_use::BasicOnceLock<int, first_use::MutexSync, first_use::KeepOnFork>;
using ByAtomic = first_use::BasicOnceLock<int, first_use::AtomicSync, first_use::KeepOnFork>;
void print(std::ostream& out, ByMutex const& mutex, ByAtomic const& atomic);
void print(std::ostream& out, ByMutex const& mutex, ByAtomic const& atomic) { out << mutex << atomic; }
]])
separate_arguments(warnings UNIX_COMMAND "${WARNINGS}")
function(compile name)
  file(WRITE "${WORK}/${name}.cpp" "${${name}}${use}")
  execute_process(COMMAND "${COMPILER}" -std=c++20 ${warnings} ${ARGN} -fsyntax-only "${WORK}/${name}.cpp"
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0 OR output)
    message(FATAL_ERROR "${WORK}/${name}.cpp ${ARGN}: ${result}\n${output}")
  endif()
endfunction()

compile(parts)
compile(plain -fno-exceptions -fno-rtti)
foreach(sync IN ITEMS FUTEX MUTEX SINGLE_THREAD)
  compile(plain "-DFIRST_USE_DEFAULT_SYNC=FIRST_USE_SYNC_${sync}")
endforeach()
# <atomic> and <thread> may well bring printing along.
set(atomic "#include \"first_use.hpp\"\nstatic_assert(sizeof(first_use::AtomicSync));\n")
compile(atomic -DFIRST_USE_DEFAULT_SYNC=FIRST_USE_SYNC_ATOMIC)
