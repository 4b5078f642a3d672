#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/norm.h"
#include "norm.cu"
}  // namespace
