#pragma once

namespace emulator {
#pragma GCC visibility push(hidden)
/// From now on, a bad address that a kernel touches ends the process with the kernel, the thread and the nearest block.
void explainBadAddresses();
#pragma GCC visibility pop
}  // namespace emulator
