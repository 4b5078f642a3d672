#include "../emulator.hpp"

namespace {
#include "prelude.cuh"
#include "include/attention.h"
#include "attention.cu"
}  // namespace
