#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/optimizers.h"
#include "optimizers.cu"
}  // namespace
