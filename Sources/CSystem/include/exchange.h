// Swapping two names of the file system, which Swift's C library module does not offer.
#ifndef SUB_EXCHANGE_H
#define SUB_EXCHANGE_H
#include <stdbool.h>

/// Gives each of two existing paths the other's name, in one step. False (with errno) where the file system cannot.
bool sys_exchange(const char *first, const char *second);
#endif
