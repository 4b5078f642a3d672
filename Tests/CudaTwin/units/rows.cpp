#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/rows.h"
#include "rows.cu"
}  // namespace
