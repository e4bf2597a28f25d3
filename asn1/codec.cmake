# Debian's asn1c makes C from our modules when the build is configured, and again when a module changes. The generated sources are compiled without our
# warnings; nothing outside asn1/codec includes them.
find_program(SIMURGH_ASN1C asn1c)
if(NOT SIMURGH_ASN1C)
  message(FATAL_ERROR "asn1c is missing: apt-get install asn1c")
endif()

set(simurgh_asn1_modules RSPDefinitions PEDefinitions SGP32Definitions SGP32V10Definitions)
list(TRANSFORM simurgh_asn1_modules REPLACE "^(.+)$" "${CMAKE_CURRENT_SOURCE_DIR}/modules/\\1.asn")
set(simurgh_asn1_folder "${CMAKE_CURRENT_BINARY_DIR}/generated")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${simurgh_asn1_modules})
set(simurgh_asn1_hash)
foreach(module IN LISTS simurgh_asn1_modules ITEMS "${CMAKE_CURRENT_LIST_FILE}")
  file(SHA256 "${module}" one)
  string(SUBSTRING "${one}" 0 16 one)
  string(APPEND simurgh_asn1_hash "${one}")
endforeach()
set(simurgh_asn1_stamp "${simurgh_asn1_folder}/${simurgh_asn1_hash}.stamp")
if(NOT EXISTS "${simurgh_asn1_stamp}")
  file(REMOVE_RECURSE "${simurgh_asn1_folder}")
  file(MAKE_DIRECTORY "${simurgh_asn1_folder}")
  execute_process(COMMAND "${SIMURGH_ASN1C}" -fcompound-names -fskeletons-copy ${simurgh_asn1_modules} WORKING_DIRECTORY "${simurgh_asn1_folder}"
                  RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "asn1c refuses the modules in ${CMAKE_CURRENT_SOURCE_DIR}/modules:\n${said}")
  endif()
  file(REMOVE "${simurgh_asn1_folder}/converter-sample.c")
  # asn1c 0.9.28 lets a named type (Iccid, EimId) forget its own constraint at first use: the base type's check is copied over it. Without that line
  # a type that has no constraint still finds its base type's by itself.
  file(GLOB made "${simurgh_asn1_folder}/*.c")
  foreach(file IN LISTS made)
    file(READ "${file}" text)
    string(REGEX REPLACE "(\n\ttd->print_struct +=[^\n]+\n)\ttd->check_constraints[^\n]+\n" "\\1" mended "${text}")
    if(NOT mended STREQUAL text)
      file(WRITE "${file}" "${mended}")
    endif()
  endforeach()
  file(TOUCH "${simurgh_asn1_stamp}")
endif()
# The list of what a generator wrote cannot stand in the source tree.
file(GLOB simurgh_asn1_sources "${simurgh_asn1_folder}/*.c")

add_library(simurgh_asn1_generated STATIC ${simurgh_asn1_sources})
target_include_directories(simurgh_asn1_generated SYSTEM PUBLIC "${simurgh_asn1_folder}")
target_compile_options(simurgh_asn1_generated PRIVATE -w)
target_link_libraries(simurgh_asn1_generated PRIVATE $<$<NOT:$<BOOL:${SIMURGH_SANITIZE}>>:simurgh_instrumentation>)

simurgh_room(simurgh_asn1_codec SOURCES codec/codec.cpp LINK simurgh_asn1 PRIVATE simurgh_asn1_generated)
