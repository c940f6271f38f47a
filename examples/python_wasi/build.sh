#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# CPython for wasm32-wasi from Debian's source package, a C++ program that embeds it, and the program's tests under Node.
#
#   build.sh           CPython 3.11, of Debian bookworm
#   build.sh 3.13      CPython 3.13, of Debian trixie
#
# All that is fetched and built lies in build/python-wasi/; the library is built once. The exit code is the program's:
# 0 when all tests passed. 77: skipped, something is missing, and a line says what.
#
#   JOBS=1             compilers at once (as many as there are processors)
#   DEBIAN_MIRROR=URL  where the source package comes from
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
version=${1:-3.11}
work=$root/build/python-wasi/$version
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

say() { printf '[build] %s\n' "$*"; }
skip() {
  say "SKIPPED: $*"
  exit 77
}

case $version in
  3.11) suite=bookworm ;;
  3.13) suite=trixie ;;
  *)
    say "no recipe for Python $version: 3.11 or 3.13"
    exit 2
    ;;
esac
mkdir -p "$work"

# need PROGRAM PACKAGE
need() { command -v "$1" >/dev/null || skip "no $1 here (Debian: apt-get install $2)"; }
need cmake cmake
need make make
need clang clang
need clang++ clang
need llvm-ar llvm
need llvm-nm llvm
need wasm-ld lld
need node nodejs
for file in /usr/lib/wasm32-wasi/libc.a:wasi-libc /usr/lib/wasm32-wasi/libc++.a:libc++-dev-wasm32 \
  "$(clang --target=wasm32-wasi -print-libgcc-file-name)":libclang-rt-dev-wasm32; do
  [[ -e ${file%:*} ]] || skip "no ${file%:*} here (Debian: apt-get install ${file#*:})"
done

# Python builds parts of itself by a Python of the same version. A program of that name may be another's wrapper, so ask.
build_python=
for candidate in "/usr/bin/python$version" "$(command -v "python$version" || true)" \
  "${PYENV_ROOT:-${HOME:-}/.pyenv}/versions/$version".*/bin/python3; do
  if [[ -x $candidate ]] &&
    [[ $("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) == "$version" ]]; then
    build_python=$candidate
    break
  fi
done
[[ -n $build_python ]] || skip "no python$version for this machine here, which builds the other one (Debian $suite: apt-get install python$version)"
say "python$version of this machine: $build_python"

# A list of sources of our own: the system's package lists are neither read nor changed. apt checks the archive's
# signature and the file's checksum.
fetch() {
  local apt=$work/apt
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/source"
  echo "deb-src $mirror $suite main" >"$apt/sources.list"
  local options=(-q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt" -o APT::Sandbox::User= -o Acquire::Retries=2
    -o APT::Update::Error-Mode=any)
  apt-get "${options[@]}" update &&
    (cd "$apt/source" && apt-get "${options[@]}" source --download-only --tar-only "python$version")
}

if [[ ! -e $work/source ]]; then
  command -v apt-get >/dev/null || skip "no apt-get here, which fetches the source package and checks its signature"
  need xz xz-utils
  say "fetching the source of python$version from $mirror ($suite)"
  fetch >"$work/fetch.log" 2>&1 ||
    skip "the source package python$version of $suite could not be fetched: $(grep -m 1 '^[EW]:' "$work/fetch.log" || tail -n 1 "$work/fetch.log")"
  rm -rf "$work/unpacked"
  mkdir "$work/unpacked"
  tar -xf "$work/apt/source/python$version"_*.orig.tar.* -C "$work/unpacked" --strip-components=1
  # Renamed at the end: what was interrupted half-way is not taken for the whole.
  mv "$work/unpacked" "$work/source"
fi
say "source: $(sed -n 's/^#define PY_VERSION *"\(.*\)".*/CPython \1/p' "$work/source/Include/patchlevel.h") in $work/source"

if [[ ! -e $work/build/libpython/libpython$version.a ]]; then say "building libpython$version.a: some minutes, once"; fi
cmake -S "$here" -B "$work/build" --toolchain "$root/cmake/toolchains/wasm32-wasi.cmake" \
  -DPYTHON_SOURCE="$work/source" -DBUILD_PYTHON="$build_python" -DJOBS="${JOBS:-$(nproc)}" >"$work/cmake.log" ||
  { cat "$work/cmake.log"; exit 1; }
cmake --build "$work/build"

# There is one thread, which has nobody to wait for: nothing of waiting may have come into the module.
symbols=$(llvm-nm -u "$work/build/CMakeFiles/host.dir/module.cpp.obj")
if grep -E 'PyEval_(Save|Restore)Thread|PyErr_CheckSignals|Py_AddPendingCall|Py_IsInitialized' <<<"$symbols"; then
  say "the module asks Python to wait"
  exit 1
fi

say "running $work/build/host.wasm under node $(node --version)"
# The program sees two folders: Python's library, and this one with the tests.
WASI_DIRS="/lib=$work/source/Lib:/demo=$here" exec node --no-warnings "$root/cmake/wasi/run.mjs" "$work/build/host.wasm"
