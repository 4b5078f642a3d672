#include "include/ranks.h"
#include "include/system.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static atomic_int interrupted = 0;
static atomic_int ends_at_once = 0;

/// What nohup does to a program, whose terminal may then go away.
static bool ignores_hangups(void) {
  struct sigaction present;
  return sigaction(SIGHUP, NULL, &present) == 0 && present.sa_handler == SIG_IGN;
}

static sigset_t interrupts(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR1);
  if (!ignores_hangups()) sigaddset(&set, SIGHUP);
  return set;
}

static void *await_interrupts(void *unused) {
  (void)unused;
  const sigset_t set = interrupts();
  bool demanded = false;
  for (int number; sigwait(&set, &number) == 0;) {
    atomic_store(&interrupted, 1);
    if (atomic_load(&ends_at_once)) {
      static const char line[] = "masksub: interrupted\n";
      if (write(STDERR_FILENO, line, sizeof line - 1) < 0) _exit(130);
      _exit(130);
    }
    // A terminal that closes sends several hang-ups, from the kernel and from the shell: they are one. So it is with what
    // a launcher and a terminal send to a rank, which the launcher ends itself where it is told to.
    if (number == SIGHUP || number == SIGUSR1 || sys_launched_ranks() > 0) continue;
    if (demanded) _exit(130);
    demanded = true;
  }
  return NULL;
}

static void start_waiting(void) {
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // beyond a limit of file sizes writing fails, which is said
  pthread_t thread;
  if (pthread_create(&thread, NULL, await_interrupts, NULL) == 0) pthread_detach(thread);
}

// No handler, and no thread that computes takes the signals: inside oneDNN's products the stack pointer points into a
// buffer on the heap, and a handler's frame would be written over what lies below it.
void sys_catch_interrupts(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  const sigset_t set = interrupts();
  pthread_sigmask(SIG_BLOCK, &set, NULL);  // before any other thread is there, which then has the mask too
  pthread_once(&once, start_waiting);
}

void sys_open_standard_streams(void) {
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    // The lowest free number is the one that was found closed.
    if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0) return;
  }
}

void sys_end_at_interrupts(bool end) { atomic_store(&ends_at_once, end); }

bool sys_interrupted(void) { return atomic_load(&interrupted) != 0; }

long sys_address_limit(bool data) {
  struct rlimit limit;
  if (getrlimit(data ? RLIMIT_DATA : RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY) return -1;
  return limit.rlim_cur > (rlim_t)LONG_MAX ? -1 : (long)limit.rlim_cur;
}

long sys_peak_rss_kib(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage)) return 0;
#ifdef __APPLE__
  return usage.ru_maxrss / 1024;
#else
  return usage.ru_maxrss;
#endif
}
