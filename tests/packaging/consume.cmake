# SPDX-License-Identifier: MIT OR Apache-2.0
# Gets the library in the way WAY, builds the project PROJECT (a folder here; COMPILER, FLAGS) with it and runs that
# project's tests.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}: ${result}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(build_consumer how)
  run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/${PROJECT}" -B "${WORK}/consumer" "-DHOW=${how}"
      "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DFIRST_USE_VERSION=${VERSION}" "-DCMAKE_CXX_FLAGS=${FLAGS}" ${ARGN})
  run("${CMAKE_COMMAND}" --build "${WORK}/consumer")
  if(output MATCHES "[Ww]arning")
    message(FATAL_ERROR "${output}")
  endif()
  run("${CMAKE_CTEST_COMMAND}" --test-dir "${WORK}/consumer" --no-tests=error --verbose)
  message("${output}")
  # Tests of ours would be a nuisance in a project that has its own.
  string(REGEX MATCHALL "Test +#[0-9]+: [^ \n]+" tests "${output}")
  list(FILTER tests EXCLUDE REGEX ": ${PROJECT}_")
  if(tests)
    message(FATAL_ERROR "${PROJECT} got tests that are not its own: ${tests}")
  endif()
endfunction()

# What the project's own `install` brings.
function(installs_nothing)
  run("${CMAKE_COMMAND}" --install "${WORK}/consumer" --prefix "${WORK}/installed_by_consumer")
  file(GLOB_RECURSE files "${WORK}/installed_by_consumer/*")
  if(files)
    message(FATAL_ERROR "a project that includes first_use installs it: ${files}")
  endif()
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
  foreach(file IN ITEMS include/first_use/gdb.hpp.py share/first_use/first_use.natvis)
    if(NOT EXISTS "${WORK}/moved/${file}")
      message(FATAL_ERROR "${file} is not installed")
    endif()
  endforeach()
  file(REMOVE_RECURSE "${WORK}/library")
endfunction()

function(make_single_header)
  run("${CMAKE_COMMAND}" "-DOUTPUT=${WORK}/vendored/first_use/first_use.hpp" -P "${ROOT}/cmake/single_header.cmake")
endfunction()

function(refuses_version version)
  execute_process(COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/${PROJECT}" -B "${WORK}/refused"
                          -DHOW=find_package "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_PREFIX_PATH=${WORK}/moved"
                          "-DFIRST_USE_VERSION=${version}"
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0 OR NOT output MATCHES "compatible[ \n]+with[ \n]+requested[ \n]+version")
    message(FATAL_ERROR "a consumer that asks for version ${version} is not refused for its version:\n${output}")
  endif()
endfunction()

string(REGEX MATCH "^[0-9]+" major "${VERSION}")
math(EXPR next_major "${major} + 1")
if(WAY STREQUAL "subdirectory")
  build_consumer(subdirectory "-DFIRST_USE_ROOT=${ROOT}")
  installs_nothing()
elseif(WAY STREQUAL "fetch_content")
  # BUILD_TESTING is the user's switch for the user's tests.
  build_consumer(fetch_content "-DFETCHCONTENT_SOURCE_DIR_FIRST_USE=${ROOT}" "-DFIRST_USE_ROOT=${ROOT}"
                 -DBUILD_TESTING=ON)
  installs_nothing()
elseif(WAY STREQUAL "build_tree")
  configure_library()
  build_consumer(find_package "-Dfirst_use_DIR=${WORK}/library")
elseif(WAY STREQUAL "installed")
  install_library()
  build_consumer(find_package "-DCMAKE_PREFIX_PATH=${WORK}/moved")
  refuses_version("${next_major}")
  refuses_version(99.0)
elseif(WAY STREQUAL "single_header")
  make_single_header()
  build_consumer(one_file "-DFIRST_USE_FOLDER=${WORK}/vendored")
elseif(WAY STREQUAL "stranger_headers")
  install_library()
  build_consumer(folder "-DFIRST_USE_FOLDER=${WORK}/moved/include")
elseif(WAY STREQUAL "stranger_single_header")
  make_single_header()
  build_consumer(folder "-DFIRST_USE_FOLDER=${WORK}/vendored")
elseif(WAY STREQUAL "pkg_config")
  install_library()
  set(ENV{PKG_CONFIG_PATH} "${WORK}/moved/share/pkgconfig")
  execute_process(COMMAND "${PKG_CONFIG}" --cflags --libs "first_use = ${VERSION}" OUTPUT_VARIABLE flags
                  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  foreach(standard IN ITEMS 20 23 26)
    execute_process(COMMAND "${COMPILER}" -std=c++${standard} -x c++ -fsyntax-only /dev/null RESULT_VARIABLE unknown
                    OUTPUT_QUIET ERROR_QUIET)
    if(NOT unknown)
      set(program "${WORK}/by_pkg_config_${standard}")
      run("${COMPILER}" -std=c++${standard} "${CMAKE_CURRENT_LIST_DIR}/${PROJECT}/main.cpp" ${flags} -o "${program}")
      run("${program}" "${standard}")
      message("${output}")
    endif()
  endforeach()
else()
  message(FATAL_ERROR "no way is called '${WAY}'")
endif()
