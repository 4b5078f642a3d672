// The texts of the CUDA kernels, for a compiler at run time, and the structs that they take: one definition for both sides.
#ifndef C_CUDA_KERNELS_H
#define C_CUDA_KERNELS_H
#include "elementwise.h"
#include "axes.h"
#include "rows.h"
#include "losses.h"
#include "norm.h"
#include "sums.h"
#include "optimizers.h"
#include "attention.h"
#include "attention_tiles.h"
#include "batch_norm.h"
#include "convolution.h"
#include "grids.h"

/// The whole text of a unit (the name of its file), prelude and structs included; NULL where there is none.
const char *_Nullable masksub_cuda_source(const char *_Nonnull unit);
#endif
