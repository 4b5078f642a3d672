// The pool: libgomp's, which oneDNN uses too, so that no second set of threads competes for the cores.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "kernel.h"

// libgomp's interface (clang would generate calls of another runtime from pragmas).
void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_max_threads(void);
int omp_in_parallel(void);
int omp_get_num_procs(void);
void omp_set_num_threads(int count);

static atomic_int chosen_threads;

/// The cores that the control group's quota amounts to, rounded up; 0 where there is none.
static int quota_threads(void) {
  FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r");
  if (!file) return 0;
  long quota = 0, period = 0;
  int fields = fscanf(file, "%ld %ld", &quota, &period);
  fclose(file);
  return fields == 2 && quota > 0 && period > 0 ? (int)((quota + period - 1) / period) : 0;
}

static atomic_int found;

/// Asked once, before the first kernel: later sk_use_threads has changed what omp_get_max_threads says.
static int default_threads(void) {
  int count = atomic_load_explicit(&found, memory_order_relaxed);
  if (count > 0) return count;
  count = omp_get_max_threads();  // heeds the affinity mask and OMP_NUM_THREADS
  if (!getenv("OMP_NUM_THREADS")) {
    int quota = quota_threads();
    if (quota > 0 && quota < count) count = quota;
  }
  if (count < 1) count = 1;
  atomic_store_explicit(&found, count, memory_order_relaxed);
  return count;
}

int sk_usable_cores(void) {
  const int quota = quota_threads(), cores = omp_get_num_procs();  // heeds the affinity mask
  return quota > 0 && quota < cores ? quota : cores;
}

int sk_machine_cores(void) {
  const int quota = quota_threads();
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return quota > 0 ? quota : cores > 0 ? (int)cores : 1;
}

void sk_limit_default_threads(int most) {
  if (most < default_threads()) atomic_store_explicit(&found, most > 0 ? most : 1, memory_order_relaxed);
  atomic_store_explicit(&chosen_threads, 0, memory_order_relaxed);
}

int sk_threads(void) {
  int count = atomic_load_explicit(&chosen_threads, memory_order_relaxed);
  if (count == 0) {
    count = default_threads();
    atomic_store_explicit(&chosen_threads, count, memory_order_relaxed);
  }
  return count;
}

void sk_set_threads(int count) {
  if (count > 1024) count = 1024;
  atomic_store_explicit(&chosen_threads, count > 0 ? count : default_threads(), memory_order_relaxed);
}

static void do_nothing(void *unused) { (void)unused; }

static void *sleep_with_team(void *unused) {
  GOMP_parallel(do_nothing, NULL, (unsigned)omp_get_num_procs(), 0);
  for (;;) pause();
  return unused;
}

static void start_sleepers(void) {
  if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY")) return;
  pthread_t thread;
  if (pthread_create(&thread, NULL, sleep_with_team, NULL) == 0) pthread_detach(thread);
}

/// Threads that wait for each other spin, by libgomp's default for milliseconds: on cores that other programs keep busy a
/// small network then took fifteen times as long with two threads as with one. Where there are more threads than cores
/// libgomp spins a thousand times only, which on idle cores cost a ViT nothing and a small network up to an eighth, and it
/// counts threads that sleep. So a second team sleeps for ever. (The environment variables that say it are read before main.)
static void spin_briefly(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, start_sleepers);
}

void sk_use_threads(int threads) {
  if (threads > 1) spin_briefly();
  if (omp_get_max_threads() != threads) omp_set_num_threads(threads);
}

typedef struct {
  void (*body)(void *, int, int);
  void *context;
} region;

static void enter_region(void *data) {
  region *r = data;
  r->body(r->context, omp_get_thread_num(), omp_get_num_threads());
}

void sk_parallel_on(int threads, void (*body)(void *context, int thread, int threads), void *context) {
  if (threads <= 1 || omp_in_parallel()) return body(context, 0, 1);
  spin_briefly();
  region r = {body, context};
  GOMP_parallel(enter_region, &r, (unsigned)threads, 0);
}

/// Waking a sleeping thread costs about this much; a share must be worth it.
static const double share_nanoseconds = 8000;

int sk_division(int64_t count, int64_t grain, double nanoseconds) {
  int64_t grains = (count + grain - 1) / grain;
  double worth = (double)count * nanoseconds / share_nanoseconds;
  int threads = sk_threads();
  if (grains < threads) threads = (int)grains;
  if (worth < threads) threads = (int)worth;
  return threads <= 1 || omp_in_parallel() ? 1 : threads;
}

typedef struct {
  int64_t count, grain;
  sk_share body;
  void *context;
} division;

static void run_share(void *context, int thread, int threads) {
  division *d = context;
  int64_t begin, end;
  sk_share_of(d->count, d->grain, thread, threads, &begin, &end);
  if (begin < end) d->body(d->context, begin, end, thread);
}

int sk_divide(int64_t count, int64_t grain, double nanoseconds, sk_share body, void *context) {
  if (count <= 0) return 0;
  int threads = sk_division(count, grain, nanoseconds);
  if (threads == 1) {
    body(context, 0, count, 0);
    return 1;
  }
  sk_parallel_on(threads, run_share, &(division){count, grain, body, context});
  return threads;
}

const char *sk_cpu_features(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return "avx512";
  if (__builtin_cpu_supports("x86-64-v3")) return "avx2";
  return "baseline";
#elif defined(__aarch64__)
  return "neon";
#else
  return "baseline";
#endif
}
