// What Swift cannot say itself: a flag that signals raise, and the process's own figures.
#ifndef SUB_SYSTEM_H
#define SUB_SYSTEM_H
#include <stdbool.h>
#include <stddef.h>

/// From now on SIGINT and SIGTERM only raise a flag; a second one ends the process at once (exit 130). To be called before
/// other threads are started: it blocks the signals for the calling thread, and a thread of its own waits for them.
/// Writing into a closed pipe or beyond a limit of file sizes becomes an error of the call.
void sys_catch_interrupts(void);
/// True once SIGINT or SIGTERM has arrived.
bool sys_interrupted(void);
/// The process's peak resident memory in KiB.
long sys_peak_rss_kib(void);
#endif
