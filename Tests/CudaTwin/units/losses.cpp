#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/losses.h"
#include "losses.cu"
}  // namespace
