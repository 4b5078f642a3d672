// What Swift cannot say itself: a flag that signals raise, and the process's own figures.
#ifndef SUB_SYSTEM_H
#define SUB_SYSTEM_H
#include <stdbool.h>
#include <stddef.h>

/// Opens the null device in place of standard streams that were closed: the next file that is opened would get a closed
/// stream's number, and what is meant for the stream would be written into it. To be called first of all.
void sys_open_standard_streams(void);
/// From now on SIGINT, SIGTERM, SIGHUP and SIGUSR1, by which launchers and schedulers warn, only raise a flag; a second
/// SIGINT or SIGTERM ends the process at once (exit 130), and hang-ups that are ignored (nohup) stay ignored. To be called before other threads are started: it blocks the signals
/// for the calling thread, and a thread of its own waits for them.
/// Writing into a closed pipe or beyond a limit of file sizes becomes an error of the call.
void sys_catch_interrupts(void);
/// While this is set the first signal ends the process (one line, exit 130) instead of raising the flag only.
void sys_end_at_interrupts(bool end);
/// True once one of these signals has arrived.
bool sys_interrupted(void);
/// The bytes of addresses, or of data alone, that the process may have (ulimit -v, -d); -1: any number.
long sys_address_limit(bool data);
/// The process's peak resident memory in KiB.
long sys_peak_rss_kib(void);
#endif
