#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/grids.h"
#include "grids.cu"
}  // namespace
