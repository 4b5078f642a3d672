// What adding 100 MB over ranks costs, ours beside MPI_Allreduce, in milliseconds, the best and the median of 15 in turn:
//   mpicc -O2 -fPIC -I Sources/CSystem/include scripts/campaigns/ranks_sum.c Sources/CSystem/ranks.c -o ranks_sum && mpirun -n 2 ranks_sum
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "ranks.h"

static int ascending(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }

int main(void) {
  const char *wrong = sys_mpi_open(NULL);
  if (wrong || !sys_mpi_begin()) return fprintf(stderr, "%s\n", wrong ? wrong : "MPI does not begin"), 1;
  enum { count = 25000000, rounds = 15 };
  float *values = calloc(count, sizeof(float));
  double times[2][rounds];
  for (int round = 0; round < rounds; round++) {
    for (int ours = 0; ours < 2; ours++) {
      sys_mpi_barrier();
      double began = MPI_Wtime();
      if (ours) sys_mpi_sum(values, count);
      else MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
      times[ours][round] = 1e3 * (MPI_Wtime() - began);
    }
  }
  for (int ours = 0; ours < 2 && !sys_mpi_rank(); ours++) {
    qsort(times[ours], rounds, sizeof(double), ascending);
    printf("%d ranks, %s: %.1f (%.1f) ms, %s\n", sys_mpi_size(), ours ? "ours" : "MPI_Allreduce", times[ours][0],
           times[ours][rounds / 2], sys_mpi_version());
  }
  sys_mpi_finish();
  return 0;
}
