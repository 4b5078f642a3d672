// Which words of a struct are pointers. What lies between members is anything at all, an address of long ago too.
#pragma once
#include <stdint.h>
#include <string.h>

#include <type_traits>
#include <vector>

namespace emulator {
/// Notes the words whose pattern arrives as the value of a pointer.
struct PointerWords {
  /// Words hold numbers that are no address.
  static constexpr uint64_t pattern = 0x0123000000000000;
  std::vector<bool> &words;

  template <class... Values> int operator()(const char *, Values... values) {
    (note(values), ...);
    return 0;
  }

 private:
  template <class Value> void note(Value value) {
    if constexpr (std::is_pointer_v<Value>) {
      const uint64_t index = (uint64_t)(uintptr_t)value - pattern;
      if (index < words.size()) words[index] = true;
    }
  }
};

/// Of a plain struct, word by word; members that are arrays are left out.
template <class Arguments> std::vector<bool> pointerWords() {
  std::vector<bool> words(sizeof(Arguments) / 8);
#if defined(__clang__)
  alignas(Arguments) unsigned char bytes[sizeof(Arguments)] = {};
  for (size_t i = 0; i < words.size(); ++i) {
    const uint64_t value = PointerWords::pattern + i;
    memcpy(bytes + 8 * i, &value, 8);
  }
  PointerWords note{words};
  __builtin_dump_struct(reinterpret_cast<Arguments *>(bytes), note);
#endif
  return words;
}
}  // namespace emulator
