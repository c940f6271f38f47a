// SPDX-License-Identifier: MIT OR Apache-2.0
//
// gdb shows OnceLock(3), LazyLock(<uninit>), Once(<poisoned>), WipeOnForkOnceLock(<stale>): the script gdb.hpp.py beside
// this header does it, and this header writes the script's name into the program, where gdb looks for it.
//
// Files that are compiled without optimisation include it by themselves (FIRST_USE_NO_GDB: they do not). An optimised
// program wants it in one file, any:
//
//     #include <first_use/gdb.hpp>
//
// gdb then asks for one line in its configuration, `add-auto-load-safe-path` and the script, and prints that request with
// every start until it gets the line. What the line trusts is that file (or the folder that one names there) to run
// Python in gdb; no program is trusted by it.
//
// The name is one string in the section .debug_gdb_scripts: nothing of it is loaded when the program runs, however many
// files include this it is there once, and `strip` takes it out with the rest of the debug information. It is the path by
// which this header was found: with a relative -I, gdb finds the script when it is started in the folder of that build.
// Where there is no script beside the header (somebody copied the headers alone, or it is part of the single header)
// nothing is written; `source` the script then.
#ifndef FIRST_USE_GDB_HPP
#define FIRST_USE_GDB_HPP

#include <first_use/detail/config.hpp>

#if defined(FIRST_USE_GDB_SCRIPT) && __has_include("gdb.hpp.py")
FIRST_USE_GDB_SCRIPT(__FILE__ ".py");
#endif

#endif
