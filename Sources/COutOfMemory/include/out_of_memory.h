// The tool's last word where memory is out, whoever asked for it. Not for programs that use the package: linking this
// replaces their malloc.
#ifndef SUB_OUT_OF_MEMORY_H
#define SUB_OUT_OF_MEMORY_H

/// From now on an allocation of any library that fails ends the process with one line and exit code 1: Swift's runtime,
/// oneDNN and the C++ library would end it by a signal. Without effect where the C library is not glibc.
void sub_end_without_memory(void);
#endif
