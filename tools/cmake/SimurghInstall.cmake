# The library part: simurgh::card with everything below it, for find_package(simurgh) and pkg-config.
include(CMakePackageConfigHelpers)

set(simurgh_library_rooms asn1 apdu crypto state uicc usim toolkit gp ota ecasd profile rsp iot isdr card multi_imsi)
set(simurgh_targets)
foreach(room IN LISTS simurgh_library_rooms)
  list(APPEND simurgh_targets simurgh_${room})
  set_target_properties(simurgh_${room} PROPERTIES EXPORT_NAME ${room})
  add_library(simurgh::${room} ALIAS simurgh_${room})
endforeach()

install(TARGETS ${simurgh_targets} EXPORT simurgh-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY asn1 euicc DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/simurgh" FILES_MATCHING PATTERN "*.h" PATTERN "openssl_handles.h" EXCLUDE)
install(EXPORT simurgh-targets NAMESPACE simurgh:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/simurgh")

configure_package_config_file(tools/cmake/simurgh-config.cmake.in "${CMAKE_BINARY_DIR}/simurgh-config.cmake"
                              INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/simurgh")
write_basic_package_version_file("${CMAKE_BINARY_DIR}/simurgh-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/simurgh-config.cmake" "${CMAKE_BINARY_DIR}/simurgh-config-version.cmake"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/simurgh")

# A linker reads static libraries once, so the highest room comes first.
set(simurgh_pc_libraries)
foreach(room IN LISTS simurgh_library_rooms)
  set(simurgh_pc_libraries "-lsimurgh_${room} ${simurgh_pc_libraries}")
endforeach()
configure_file(tools/cmake/simurgh.pc.in "${CMAKE_BINARY_DIR}/simurgh.pc" @ONLY)
install(FILES "${CMAKE_BINARY_DIR}/simurgh.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
install(FILES docs/man/simurgh.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES LICENSE README.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
