// MPI, opened at run time: one program runs under any launcher, and needs none.
#ifndef SUB_RANKS_H
#define SUB_RANKS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How many processes a launcher (mpirun, srun) says that it started together with this one; 0: no launcher did.
int sys_launched_ranks(void);
/// The number that it gave this process; 0 without one.
int sys_launched_rank(void);

/// Opens the library `name`, or, where that is NULL, the launcher's: of Open MPI's and MPICH's make, or of the MPI 5 ABI.
/// NULL: done; else what is wrong.
const char *sys_mpi_open(const char *name);
/// The opened library's name, and its make and version: the first words of what it says itself.
const char *sys_mpi_name(void);
const char *sys_mpi_version(void);

/// Begins. False where the library cannot.
bool sys_mpi_begin(void);
/// From here on a call that waits for other ranks for so long ends the process with an error and exit code 1; 0: it waits
/// without end.
void sys_mpi_set_patience(int seconds);
/// The same around another call that waits for the ranks; `what` is a literal that says in what it waits.
void sys_begin_waiting(const char *what);
void sys_end_waiting(void);
/// Whether any thread may speak with the ranks, one at a time; else only the one that began.
bool sys_mpi_serializes(void);
int sys_mpi_rank(void);
int sys_mpi_size(void);

/// All of these are called by all ranks in the same order, from one thread at a time; errors end all ranks.
/// Replaces numbers by their sums over the ranks, added in the order of the ranks whatever the library.
void sys_mpi_sum(float *values, size_t count);
/// The rank's part of such sums: `all` has `count` numbers for every rank.
void sys_mpi_reduce_scatter(const float *all, float *own, size_t count);
/// The bytes of all ranks one behind the other.
void sys_mpi_gather(const void *own, void *all, size_t bytes);
/// Replaces bytes by those of rank 0.
void sys_mpi_broadcast(void *bytes, size_t count);
void sys_mpi_barrier(void);
/// Ends well: returns once all ranks are here.
void sys_mpi_finish(void);
/// Ends all ranks.
_Noreturn void sys_mpi_abort(int code);

/// Starts a program in a process group of its own, which ends when this process does, with nothing on its standard input.
/// What it prints comes out of `*output`. The process's number, or −1 with errno.
int sys_start_group(const char *path, char *const arguments[], int *output);
/// Reads what is there within so many milliseconds, up to `count` bytes; 0: nothing.
size_t sys_read_within(int milliseconds, int descriptor, void *bytes, size_t count);
/// Whether the process has ended, and its exit code, 128 and its number for a signal.
bool sys_has_ended(int process, int *code);
/// Hands the process the signal by which ranks are told to stop.
void sys_tell_to_stop(int process);
#endif
