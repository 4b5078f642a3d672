#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/axes.h"
#include "axes.cu"
}  // namespace
