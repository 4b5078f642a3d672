#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/attention_tiles.h"
#include "attention_tiles.cuh"
#include "tiles_forward.cu"
}  // namespace
