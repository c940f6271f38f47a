# SPDX-License-Identifier: MIT OR Apache-2.0
# `cmake -DWHICH=gxx|clangxx|mixed -DMODE=page|atfork_only -DGXX=... -DCLANGXX=... -DSOURCE=... -DINCLUDE=... -DWORK=...
#  -P share.cmake`: builds shared libraries in all ways, loads two of them (or one and a host that uses first_use itself)
# into one process in all ways, and lets host.cpp look at what they see of each other.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
file(WRITE "${WORK}/hide_all.map" "{ global: shared_object_api; local: *; };\n")

set(flags -std=c++20 -O1 -Wall -Wextra -Werror -I "${INCLUDE}" -pthread)
if(MODE STREQUAL "atfork_only")
  list(APPEND flags -DFIRST_USE_ATFORK_ONLY)
endif()

function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${WORK}" RESULT_VARIABLE result
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " line)
    message(FATAL_ERROR "${line}\n${output}(${result})")
  endif()
endfunction()

# library(NAME COMPILER FLAGS...): NAME.so, and the same again as NAME_too.so, which is another library to the loader.
function(library name compiler)
  run("${compiler}" ${flags} ${ARGN} -fPIC -shared "${SOURCE}/library.cpp" -o ${name}.so)
  file(COPY_FILE "${WORK}/${name}.so" "${WORK}/${name}_too.so")
endfunction()

# host: uses nothing itself. user: does. exporter: does, and lets libraries see its symbols.
function(hosts compiler)
  run("${compiler}" ${flags} -c "${SOURCE}/host.cpp" -o host.o)
  run("${compiler}" ${flags} -DHOST_USES -c "${SOURCE}/host.cpp" -o using_host.o)
  run("${compiler}" ${flags} -DAPI_NAME=host_api -c "${SOURCE}/library.cpp" -o host_api.o)
  run("${compiler}" host.o -o host -ldl -pthread)
  run("${compiler}" using_host.o host_api.o -o user -ldl -pthread)
  run("${compiler}" using_host.o host_api.o -o exporter -rdynamic -ldl -pthread)
endfunction()

# share(HOST HOW one|own leaves|stays FIRST SECOND), as in host.cpp.
function(share host how one leaves first second)
  foreach(library IN ITEMS first second)
    if(NOT "${${library}}" STREQUAL "host")
      set(${library} "${WORK}/${${library}}.so")
    endif()
  endforeach()
  run("${WORK}/${host}" ${how} ${one} ${leaves} "${first}" "${second}")
endfunction()

# What is known of two libraries: whether they are one when LINKED or opened with RTLD_GLOBAL, and when opened with
# RTLD_LOCAL; and whether the first, opened in these ways, can leave. One whose symbols another is bound to stays for as
# long as that one. Libraries that find the variables in their host are one, and leave.
function(check compiler first second global global_leaves local local_leaves)
  run("${compiler}" host.o -o linked_${first} -Wl,--no-as-needed "${WORK}/${first}.so" "${WORK}/${second}.so" -ldl -pthread)
  share(linked_${first} linked ${global} stays ${first} ${second})
  share(host global ${global} ${global_leaves} ${first} ${second})
  share(host local ${local} ${local_leaves} ${first} ${second})
  share(exporter local ${global} leaves ${first} ${second})
  share(exporter local ${global} leaves host ${second})
  # A host that exports nothing has variables of its own.
  share(user global own leaves host ${second})
  share(user local own leaves host ${second})
endfunction()

if(WHICH STREQUAL "gxx")
  hosts("${GXX}")
  library(default "${GXX}")
  library(hidden "${GXX}" -fvisibility=hidden)
  library(not_unique "${GXX}" -fno-gnu-unique)
  library(not_unique_hidden "${GXX}" -fno-gnu-unique -fvisibility=hidden)
  library(all_hidden "${GXX}" -Wl,--version-script=hide_all.map)
  # Unique symbols are one in spite of RTLD_LOCAL, and keep their library for good.
  check("${GXX}" default default_too one stays one stays)
  check("${GXX}" hidden hidden_too one stays one stays)
  check("${GXX}" default hidden one stays one stays)
  check("${GXX}" not_unique not_unique_too one stays own leaves)
  check("${GXX}" not_unique_hidden not_unique_hidden_too one stays own leaves)
  check("${GXX}" all_hidden all_hidden_too own leaves own leaves)
elseif(WHICH STREQUAL "clangxx")
  hosts("${CLANGXX}")
  library(default "${CLANGXX}")
  library(hidden "${CLANGXX}" -fvisibility=hidden)
  library(all_hidden "${CLANGXX}" -Wl,--version-script=hide_all.map)
  check("${CLANGXX}" default default_too one stays own leaves)
  check("${CLANGXX}" hidden hidden_too one stays own leaves)
  check("${CLANGXX}" default hidden one stays own leaves)
  check("${CLANGXX}" all_hidden all_hidden_too own leaves own leaves)
else()
  hosts("${GXX}")
  library(gxx "${GXX}")
  library(gxx_hidden "${GXX}" -fvisibility=hidden)
  library(gxx_not_unique "${GXX}" -fno-gnu-unique)
  library(clangxx "${CLANGXX}")
  library(clangxx_hidden "${CLANGXX}" -fvisibility=hidden)
  check("${GXX}" gxx clangxx one stays own stays)
  check("${GXX}" clangxx gxx one stays own leaves)
  check("${GXX}" gxx_hidden clangxx_hidden one stays own stays)
  check("${GXX}" clangxx_hidden gxx_not_unique one stays own leaves)
endif()
