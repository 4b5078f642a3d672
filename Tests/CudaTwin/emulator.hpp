// Kernels in CUDA C++ on the CPU: one text for NVRTC and for this. Included before the prelude of the kernels.
//
// Every thread of a block is a fiber, and one fiber runs at a time. A thread runs until it has to wait for others, at a
// barrier or a collective of its warp; the next one goes on there.
#pragma once
#define MS_HOST 1

#include "language/vectors.hpp"
#include "language/arithmetic.hpp"
#include "language/keywords.hpp"
#include "language/collectives.hpp"
#include "language/atomics.hpp"
#include "language/fragments.hpp"
#include "language/copies.hpp"
