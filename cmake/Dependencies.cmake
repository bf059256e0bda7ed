# Every library that we link, found through pkg-config; ARCHITECTURE.md says why
# each was chosen.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl>=3.0 libcrypto>=3.0)
pkg_check_modules(UNBOUND REQUIRED IMPORTED_TARGET libunbound>=1.17)
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns>=1.8)
pkg_check_modules(CONFUSE REQUIRED IMPORTED_TARGET libconfuse>=3.3)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2>=2.3)
pkg_check_modules(PSL REQUIRED IMPORTED_TARGET libpsl>=0.21)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.14)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd>=252)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(EVENT REQUIRED IMPORTED_TARGET libevent_core>=2.1)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis>=0.14)
# Debian 12 has hiredis without TLS.
pkg_check_modules(HIREDIS_SSL IMPORTED_TARGET hiredis_ssl>=1.0)
pkg_check_modules(MAXMINDDB REQUIRED IMPORTED_TARGET libmaxminddb>=1.7)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.88)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8>=10.36)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp>=2.5)

# libmilter's .pc file exists from Debian 13 on only.
find_path(MILTER_INCLUDE_DIR libmilter/mfapi.h REQUIRED)
find_library(MILTER_LIBRARY milter REQUIRED)
add_library(mailreeve_libmilter INTERFACE)
target_include_directories(mailreeve_libmilter SYSTEM INTERFACE
  ${MILTER_INCLUDE_DIR})
target_link_libraries(mailreeve_libmilter INTERFACE
  ${MILTER_LIBRARY} Threads::Threads)

# The second opinions of lib/receiver, and of tests: no daemon links them.
find_path(OPENDKIM_INCLUDE_DIR opendkim/dkim.h REQUIRED)
find_library(OPENDKIM_LIBRARY opendkim REQUIRED)
add_library(mailreeve_libopendkim INTERFACE)
target_include_directories(mailreeve_libopendkim SYSTEM INTERFACE
  ${OPENDKIM_INCLUDE_DIR})
target_link_libraries(mailreeve_libopendkim INTERFACE ${OPENDKIM_LIBRARY})
find_path(SPF2_INCLUDE_DIR spf2/spf.h REQUIRED)
find_library(SPF2_LIBRARY spf2 REQUIRED)
add_library(mailreeve_libspf2 INTERFACE)
target_include_directories(mailreeve_libspf2 SYSTEM INTERFACE
  ${SPF2_INCLUDE_DIR})
target_link_libraries(mailreeve_libspf2 INTERFACE ${SPF2_LIBRARY})
