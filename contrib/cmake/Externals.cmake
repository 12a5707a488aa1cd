# The libraries of Debian 12 that rooms may name after EXTERNAL, each as an imported target.
find_package(PkgConfig REQUIRED)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

function(isms_external name module)
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
    add_library(external_${name} INTERFACE)
    target_link_libraries(external_${name} INTERFACE PkgConfig::${name})
endfunction()

isms_external(pcre2 libpcre2-8)
isms_external(hs libhs)
isms_external(yaml yaml-0.1)
isms_external(sqlite3 sqlite3)
isms_external(zmq libzmq)
isms_external(crypto libcrypto)
isms_external(ssl openssl)
isms_external(check check)
