#include "kernels.hpp"

#include <string>
#include <utility>
#include <unordered_map>

#include "block.hpp"

namespace emulator {
static std::unordered_map<std::string, Kernel *> &kernels() {
  static std::unordered_map<std::string, Kernel *> all;
  return all;
}

Kernel::Kernel(const char *name, const char *file, unsigned threads, size_t argumentBytes, void (*call)(const void *),
               std::vector<bool> pointers)
    : name(name), file(file), threads(threads), argumentBytes(argumentBytes), call(call), pointers(std::move(pointers)) {
  if (!kernels().emplace(name, this).second) fail("there are two kernels called %s", name);
}

bool Kernel::isOf(const char *unit) const {
  const std::string path(file), end = std::string("/") + unit + ".cu";
  return path.size() >= end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0;
}

Kernel *Kernel::find(const char *name) {
  const auto found = kernels().find(name);
  return found == kernels().end() ? nullptr : found->second;
}
}  // namespace emulator
