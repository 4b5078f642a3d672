#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/elementwise.h"
#include "elementwise.cu"
}  // namespace
