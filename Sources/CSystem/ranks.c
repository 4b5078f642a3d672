#define _GNU_SOURCE
#include "include/ranks.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

// What launchers say: Open MPI's, Hydra's and Slurm's PMI, and Slurm's own, which starts processes without MPI, too.
static int environment_number(const char *const names[]) {
  for (; *names; names++) {
    const char *text = getenv(*names);
    if (text && *text) return atoi(text);
  }
  return 0;
}

int sys_launched_ranks(void) {
  static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", NULL};
  return environment_number(names);
}

int sys_launched_rank(void) {
  static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", NULL};
  return sys_launched_ranks() ? environment_number(names) : 0;
}

// The two makes have handles of different kinds, addresses and numbers; both pass in a register, or a slot of the stack, of
// a pointer's size. One type of data, bytes, is enough: sums are our own.
typedef void *handle;
typedef int (*exchange)(const void *, int, handle, void *, int, handle, handle);
static struct {
  handle world, byte;
  void *in_place;
  int serialized;
  int (*init)(int *, char ***, int, int *);
  int (*rank)(handle, int *), (*size)(handle, int *);
  exchange all_to_all, all_gather;
  int (*broadcast)(void *, int, handle, int, handle);
  int (*barrier)(handle);
  int (*finalize)(void);
  int (*abort)(handle, int);
} mpi;
static char opened_name[512], opened_version[128];
static int own_rank = 0, all_ranks = 1;

// Bytes that pass at once: smaller than caches, larger than what a message costs. Measured: 4 MiB carry four times as much
// as 100 MB at once.
enum { piece_bytes = 4 << 20 };
static float *sent, *received;

static bool find(void *library, const char *name, void *place) {
  void *found = dlsym(library, name);
  memcpy(place, &found, sizeof found);
  return found != NULL;
}

static const char *take(void *library, const char *name) {
  int (*version)(char *, int *) = NULL;
  if (!find(library, "MPI_Get_library_version", &version)) return "it is no MPI library";
  static char text[8192];
  int length = 0;
  version(text, &length);
  text[sizeof text - 1] = 0;
  const bool is_abi = strstr(name, "mpi_abi") != NULL;
  if (is_abi) {
    mpi.world = (handle)(intptr_t)0x101, mpi.byte = (handle)(intptr_t)0x247;
    mpi.in_place = (void *)(intptr_t)1, mpi.serialized = 2048;
  } else if (strstr(text, "Open MPI") || strstr(text, "IBM Spectrum") || strstr(text, "FUJITSU")) {
    mpi.world = dlsym(library, "ompi_mpi_comm_world"), mpi.byte = dlsym(library, "ompi_mpi_byte");
    mpi.in_place = (void *)(intptr_t)1, mpi.serialized = 2;
    if (!mpi.world || !mpi.byte) return "it lacks Open MPI's symbols";
  } else if (strstr(text, "MPICH") || strstr(text, "Intel") || strstr(text, "MVAPICH")) {
    mpi.world = (handle)(intptr_t)0x44000000, mpi.byte = (handle)(intptr_t)0x4c00010d;
    mpi.in_place = (void *)(intptr_t)-1, mpi.serialized = 2;
  } else {
    return "it is of no make known here (Open MPI, MPICH, or the MPI 5 ABI)";
  }
  text[strcspn(text, "\n,")] = 0;
  for (char *at = text; *at; at++) {
    if (*at == '\t') *at = ' ';
  }
  snprintf(opened_version, sizeof opened_version, "%.100s", text);
  snprintf(opened_name, sizeof opened_name, "%s", name);
  const bool all = find(library, "MPI_Init_thread", &mpi.init) & find(library, "MPI_Comm_rank", &mpi.rank) &
                   find(library, "MPI_Comm_size", &mpi.size) & find(library, "MPI_Alltoall", &mpi.all_to_all) &
                   find(library, "MPI_Allgather", &mpi.all_gather) & find(library, "MPI_Bcast", &mpi.broadcast) &
                   find(library, "MPI_Barrier", &mpi.barrier) & find(library, "MPI_Finalize", &mpi.finalize) &
                   find(library, "MPI_Abort", &mpi.abort);
  return all ? NULL : "it lacks functions of MPI";
}

const char *sys_mpi_open(const char *name) {
  // The launcher's own make first: a library of another one would take every process for a world of its own.
  static const char *const open_mpi[] = {"libmpi.so.40", "libmpi_abi.so.0", NULL};
  // srun speaks the same PMI to libraries of either make.
  static const char *const mpich[] = {"libmpich.so.12", "libmpi.so.12", "libmpi_abi.so.0", "libmpi.so.40", NULL};
  static const char *const any[] = {"libmpi.so.40", "libmpich.so.12", "libmpi.so.12", "libmpi_abi.so.0", NULL};
  const char *const given[] = {name, NULL};
  const char *const *names = name                              ? given
                             : getenv("OMPI_COMM_WORLD_SIZE") ? open_mpi
                             : getenv("PMI_SIZE")             ? mpich
                                                              : any;
  static char wrong[1024];
  snprintf(wrong, sizeof wrong, "there is none of");
  for (; *names; names++) {
    void *library = dlopen(*names, RTLD_NOW | RTLD_GLOBAL);
    if (library) {
      const char *fault = take(library, *names);
      if (!fault) return NULL;
      snprintf(wrong, sizeof wrong, "%s: %s", *names, fault);
      return wrong;
    }
    if (name) {
      snprintf(wrong, sizeof wrong, "%s", dlerror());
      return wrong;
    }
    strncat(wrong, " ", sizeof wrong - strlen(wrong) - 1);
    strncat(wrong, *names, sizeof wrong - strlen(wrong) - 1);
  }
  return wrong;
}

const char *sys_mpi_name(void) { return opened_name; }
const char *sys_mpi_version(void) { return opened_version; }

// Where a machine or its link is gone the libraries wait without end, or as long as TCP does: a thread looks at the clock.
static atomic_long waits_since;
static _Atomic(const char *) waits_in;
static int patience;

/// Never 0, which is that nothing is waited for.
static long seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long)now.tv_sec + 1;
}

static bool has_waited_too_long(void) {
  const long since = atomic_load(&waits_since);
  return since && seconds_now() - since >= patience;
}

static void *watch(void *unused) {
  while (!has_waited_too_long()) sleep(1);
  // Rank 0 speaks for those that it can reach: its end is theirs.
  if (own_rank > 0) sleep(3);
  char name[32] = "";
  if (own_rank > 0) snprintf(name, sizeof name, "rank %d: ", own_rank);
  fprintf(stderr,
          "masksub: %serror: no answer from the other ranks in %d s (%s): see that every machine is up and reaches the "
          "others, then resume; MASKSUB_RANK_TIMEOUT=SECONDS says how long to wait, 0: without end\n",
          name, patience, atomic_load(&waits_in));
  _exit(1);
  return unused;
}

void sys_begin_waiting(const char *what) {
  atomic_store(&waits_in, what);
  atomic_store(&waits_since, seconds_now());
}
void sys_end_waiting(void) { atomic_store(&waits_since, 0); }

void sys_mpi_set_patience(int seconds) {
  patience = seconds;
  if (seconds <= 0) return;
  sigset_t all, former;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &former);
  pthread_t thread;
  if (!pthread_create(&thread, NULL, watch, NULL)) pthread_detach(thread);
  pthread_sigmask(SIG_SETMASK, &former, NULL);
}

static int provided;
bool sys_mpi_begin(void) {
  if (mpi.init(NULL, NULL, mpi.serialized, &provided)) return false;
  if (mpi.rank(mpi.world, &own_rank) || mpi.size(mpi.world, &all_ranks)) return false;
  // A part for every rank, rounded up.
  const size_t bytes = piece_bytes + (size_t)all_ranks * 64;
  sent = malloc(bytes), received = malloc(bytes);
  return sent && received;
}

bool sys_mpi_serializes(void) { return provided >= mpi.serialized; }
int sys_mpi_rank(void) { return own_rank; }
int sys_mpi_size(void) { return all_ranks; }

/// Numbers of a rank in a piece.
static size_t piece_numbers(void) {
  const size_t numbers = piece_bytes / sizeof(float) / (size_t)all_ranks;
  return numbers < 16 ? 16 : numbers / 16 * 16;
}

/// Hands every rank its `each` numbers of `all` and adds up what came for this one.
static void sum_of_parts(const float *all, float *own, size_t each) {
  const int bytes = (int)(each * sizeof(float));
  mpi.all_to_all(all, bytes, mpi.byte, received, bytes, mpi.byte, mpi.world);
  memcpy(own, received, each * sizeof(float));
  for (int rank = 1; rank < all_ranks; rank++) {
    const float *restrict theirs = received + (size_t)rank * each;
    for (size_t place = 0; place < each; place++) own[place] += theirs[place];
  }
}

void sys_mpi_sum(float *values, size_t count) {
  const size_t most = piece_numbers();
  while (count) {
    sys_begin_waiting("MPI");
    const size_t ranks = (size_t)all_ranks, wanted = (count + ranks - 1) / ranks;
    const size_t each = wanted < most ? wanted : most, piece = each * ranks;
    // The last piece is filled up.
    const size_t there = piece < count ? piece : count;
    float *all = values;
    if (there < piece) {
      all = sent;
      memcpy(sent, values, there * sizeof(float));
      memset(sent + there, 0, (piece - there) * sizeof(float));
    }
    sum_of_parts(all, all + (size_t)own_rank * each, each);
    mpi.all_gather(mpi.in_place, 0, mpi.byte, all, (int)(each * sizeof(float)), mpi.byte, mpi.world);
    if (there < piece) memcpy(values, sent, there * sizeof(float));
    values += there, count -= there;
  }
  sys_end_waiting();
}

void sys_mpi_reduce_scatter(const float *all, float *own, size_t count) {
  const size_t most = piece_numbers();
  for (size_t start = 0; start < count; start += most) {
    sys_begin_waiting("MPI");
    const size_t each = count - start < most ? count - start : most;
    for (int rank = 0; rank < all_ranks; rank++) {
      memcpy(sent + (size_t)rank * each, all + (size_t)rank * count + start, each * sizeof(float));
    }
    sum_of_parts(sent, own + start, each);
  }
  sys_end_waiting();
}

void sys_mpi_gather(const void *own, void *all, size_t bytes) {
  const size_t most = piece_numbers() * sizeof(float);
  if (bytes <= 1 << 26) {
    sys_begin_waiting("MPI");
    mpi.all_gather(own, (int)bytes, mpi.byte, all, (int)bytes, mpi.byte, mpi.world);
    sys_end_waiting();
    return;
  }
  for (size_t start = 0; start < bytes; start += most) {
    sys_begin_waiting("MPI");
    const size_t each = bytes - start < most ? bytes - start : most;
    mpi.all_gather((const char *)own + start, (int)each, mpi.byte, received, (int)each, mpi.byte, mpi.world);
    for (int rank = 0; rank < all_ranks; rank++) {
      memcpy((char *)all + (size_t)rank * bytes + start, (const char *)received + (size_t)rank * each, each);
    }
  }
  sys_end_waiting();
}

void sys_mpi_broadcast(void *bytes, size_t count) {
  for (char *at = bytes; count;) {
    sys_begin_waiting("MPI");
    const size_t each = count < piece_bytes ? count : piece_bytes;
    mpi.broadcast(at, (int)each, mpi.byte, 0, mpi.world);
    at += each, count -= each;
  }
  sys_end_waiting();
}

void sys_mpi_barrier(void) {
  sys_begin_waiting("MPI");
  mpi.barrier(mpi.world);
  sys_end_waiting();
}

void sys_mpi_finish(void) {
  sys_begin_waiting("MPI");
  mpi.finalize();
  sys_end_waiting();
}

void sys_mpi_abort(int code) {
  mpi.abort(mpi.world, code);
  _exit(code);
}

int sys_start_group(const char *path, char *const arguments[], int *output) {
  int ends[2];
  if (pipe(ends)) return -1;
  const int parent = (int)getpid();
  const pid_t process = fork();
  if (process != 0) {
    close(ends[1]);
    *output = ends[0];
    return process;
  }
  setpgid(0, 0);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);
#else
  (void)parent;
#endif
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  close(ends[0]), close(ends[1]);
  execv(path, arguments);
  _exit(127);
}

size_t sys_read_within(int milliseconds, int descriptor, void *bytes, size_t count) {
  struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
  if (poll(&waiting, 1, milliseconds) <= 0) return 0;
  const ssize_t got = read(descriptor, bytes, count);
  if (got > 0) return (size_t)got;
  // Closed at the other end: there is nothing to wait for.
  usleep((useconds_t)milliseconds * 1000);
  return 0;
}

bool sys_has_ended(int process, int *code) {
  int status = 0;
  if (waitpid(process, &status, WNOHANG) != process) return false;
  *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

void sys_tell_to_stop(int process) { kill(process, SIGUSR1); }
