#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/convolution.h"
#include "convolution.cu"
}  // namespace
