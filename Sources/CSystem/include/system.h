// What Swift cannot say itself: a signal flag that a handler may set, and the process's own figures.
#ifndef SUB_SYSTEM_H
#define SUB_SYSTEM_H
#include <stdbool.h>
#include <stddef.h>

/// Installs handlers for SIGINT and SIGTERM that only raise a flag; a second signal ends the process at once (exit 130).
void sys_catch_interrupts(void);
/// True once SIGINT or SIGTERM has arrived.
bool sys_interrupted(void);
/// The process's peak resident memory in KiB.
long sys_peak_rss_kib(void);
#endif
