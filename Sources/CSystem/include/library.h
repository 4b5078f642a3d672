// Where a loaded function comes from, which Swift's C library module does not offer.
#ifndef SUB_LIBRARY_H
#define SUB_LIBRARY_H

/// The path of the shared library, or the program, that holds an address; NULL where none does.
const char *sys_library_of(const void *address);
#endif
