# How our own targets are made: warnings and instrumentation live on interface targets, so that generated and foreign code never sees them.

find_program(SIMURGH_CCACHE ccache)
if(SIMURGH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER "${SIMURGH_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SIMURGH_CCACHE}")
endif()

add_library(simurgh_warnings INTERFACE)
target_compile_options(simurgh_warnings INTERFACE -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow
                       $<$<BOOL:${SIMURGH_WERROR}>:-Werror>)

add_library(simurgh_instrumentation INTERFACE)
if(SIMURGH_SANITIZE)
  target_compile_options(simurgh_instrumentation INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(simurgh_instrumentation INTERFACE -fsanitize=address,undefined)
endif()
if(SIMURGH_LIBFUZZER)
  target_compile_options(simurgh_instrumentation INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(SIMURGH_COVERAGE)
  target_compile_options(simurgh_instrumentation INTERFACE --coverage)
  target_link_options(simurgh_instrumentation INTERFACE --coverage)
endif()

# simurgh_room(<name> SOURCES <files> [LINK <public targets>] [PRIVATE <private targets>])
# A room is a static library with its own warnings that links only downward.
function(simurgh_room name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;PRIVATE")
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/simurgh>)
  target_compile_features(${name} PUBLIC cxx_std_23)
  target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE ${arg_PRIVATE}
                        $<BUILD_INTERFACE:simurgh_warnings> $<BUILD_INTERFACE:simurgh_instrumentation>)
  set_property(GLOBAL APPEND PROPERTY SIMURGH_ROOMS ${name})
endfunction()

# simurgh_test(<name> SOURCES <files> [LINK <targets>])
# One Catch2 executable whose cases are registered with CTest one by one.
function(simurgh_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} simurgh_catch_main simurgh_warnings simurgh_instrumentation)
  # A name that the list of CTest mangles would select nothing and pass: that is a failure.
  catch_discover_tests(${name} TEST_PREFIX "${name}: " EXTRA_ARGS -w NoTests)
endfunction()
