#include "CCudaKernels.h"

#include <stddef.h>
#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

// A unit's text: the prelude, its structs, its kernels.
static const char elementwise_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/elementwise.h" suffix(, '\n', )
#embed "elementwise.cu" suffix(, 0)
};
static const char axes_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/axes.h" suffix(, '\n', )
#embed "axes.cu" suffix(, 0)
};
static const char rows_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/rows.h" suffix(, '\n', )
#embed "rows.cu" suffix(, 0)
};
static const char losses_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/losses.h" suffix(, '\n', )
#embed "losses.cu" suffix(, 0)
};
static const char norm_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/norm.h" suffix(, '\n', )
#embed "norm.cu" suffix(, 0)
};
static const char sums_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/sums.h" suffix(, '\n', )
#embed "sums.cu" suffix(, 0)
};
static const char optimizers_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/optimizers.h" suffix(, '\n', )
#embed "optimizers.cu" suffix(, 0)
};
static const char attention_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/attention.h" suffix(, '\n', )
#embed "attention.cu" suffix(, 0)
};
static const char tiles_forward_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/attention_tiles.h" suffix(, '\n', )
#embed "attention_tiles.cuh" suffix(, '\n', )
#embed "tiles_forward.cu" suffix(, 0)
};
static const char tiles_backward_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/attention_tiles.h" suffix(, '\n', )
#embed "attention_tiles.cuh" suffix(, '\n', )
#embed "tiles_backward.cu" suffix(, 0)
};
static const char tiles_bias_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/attention_tiles.h" suffix(, '\n', )
#embed "attention_tiles.cuh" suffix(, '\n', )
#embed "tiles_bias.cu" suffix(, 0)
};
static const char fragments_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/attention_tiles.h" suffix(, '\n', )
#embed "attention_tiles.cuh" suffix(, '\n', )
#embed "fragments.cu" suffix(, 0)
};
static const char batch_norm_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/batch_norm.h" suffix(, '\n', )
#embed "batch_norm.cu" suffix(, 0)
};
static const char convolution_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/convolution.h" suffix(, '\n', )
#embed "convolution.cu" suffix(, 0)
};
static const char grids_text[] = {
#embed "prelude.cuh" suffix(, '\n', )
#embed "include/grids.h" suffix(, '\n', )
#embed "grids.cu" suffix(, 0)
};

const char *masksub_cuda_source(const char *unit) {
  static const struct {
    const char *name, *text;
  } units[] = {
    {"elementwise", elementwise_text},
    {"axes", axes_text},
    {"rows", rows_text},
    {"losses", losses_text},
    {"norm", norm_text},
    {"sums", sums_text},
    {"optimizers", optimizers_text},
    {"attention", attention_text},
    {"tiles_forward", tiles_forward_text},
    {"tiles_backward", tiles_backward_text},
    {"tiles_bias", tiles_bias_text},
    {"fragments", fragments_text},
    {"batch_norm", batch_norm_text},
    {"convolution", convolution_text},
    {"grids", grids_text},
  };
  for (size_t i = 0; i < sizeof units / sizeof *units; ++i)
    if (!strcmp(units[i].name, unit)) return units[i].text;
  return NULL;
}
