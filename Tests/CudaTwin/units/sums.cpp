#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/sums.h"
#include "sums.cu"
}  // namespace
