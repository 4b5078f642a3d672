#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/batch_norm.h"
#include "batch_norm.cu"
}  // namespace
