# SPDX-License-Identifier: MIT OR Apache-2.0
# Gets the library in the way WAY, builds the project CONSUMER with it and runs that.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}: ${result}\n${output}")
  endif()
endfunction()

function(build_consumer)
  run("${CMAKE_COMMAND}" -S "${CONSUMER}" -B "${WORK}/consumer" "-DCMAKE_CXX_COMPILER=${COMPILER}" ${ARGN})
  run("${CMAKE_COMMAND}" --build "${WORK}/consumer")
  run("${WORK}/consumer/consumer")
endfunction()

# What a distribution would do: neither tests nor examples.
function(configure_library)
  run("${CMAKE_COMMAND}" -S "${ROOT}" -B "${WORK}/library" "-DCMAKE_CXX_COMPILER=${COMPILER}"
      -DFIRST_USE_BUILD_TESTS=OFF -DFIRST_USE_BUILD_EXAMPLES=OFF "-DCMAKE_INSTALL_PREFIX=${WORK}/first")
endfunction()

# Then moved: a package that remembers where it was installed would be found out.
function(install_library)
  configure_library()
  run("${CMAKE_COMMAND}" --install "${WORK}/library")
  file(RENAME "${WORK}/first" "${WORK}/moved")
  file(REMOVE_RECURSE "${WORK}/library")
endfunction()

if(WAY STREQUAL "subdirectory")
  build_consumer("-DFIRST_USE_ROOT=${ROOT}")
elseif(WAY STREQUAL "build_tree")
  configure_library()
  build_consumer("-Dfirst_use_DIR=${WORK}/library" "-DFIRST_USE_VERSION=${VERSION}")
elseif(WAY STREQUAL "installed")
  install_library()
  build_consumer("-DCMAKE_PREFIX_PATH=${WORK}/moved" "-DFIRST_USE_VERSION=${VERSION}")
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${CONSUMER}" -B "${WORK}/refused" "-DCMAKE_CXX_COMPILER=${COMPILER}"
                          "-DCMAKE_PREFIX_PATH=${WORK}/moved" -DFIRST_USE_VERSION=99.0
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0 OR NOT output MATCHES "compatible[ \n]+with[ \n]+requested[ \n]+version")
    message(FATAL_ERROR "a consumer that asks for version 99.0 is not refused for its version:\n${output}")
  endif()
elseif(WAY STREQUAL "pkg_config")
  install_library()
  set(ENV{PKG_CONFIG_PATH} "${WORK}/moved/share/pkgconfig")
  execute_process(COMMAND "${PKG_CONFIG}" --cflags --libs "first_use = ${VERSION}" OUTPUT_VARIABLE flags
                  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run("${COMPILER}" -std=c++20 "${CONSUMER}/main.cpp" ${flags} -o "${WORK}/by_pkg_config")
  run("${WORK}/by_pkg_config")
else()
  message(FATAL_ERROR "no way is called '${WAY}'")
endif()
