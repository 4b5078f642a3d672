// Atomic operations: one thread runs at a time, so plain ones.
#pragma once
#include <type_traits>

namespace emulator {
template <class T, class New> static inline T replace(T *place, New make) {
  const T old = *place;
  *place = make(old);
  return old;
}
}  // namespace emulator

template <class T> static inline T atomicAdd(T *place, std::type_identity_t<T> x) {
  static_assert(!std::is_floating_point_v<T>, "sums in any order are not the same bits on every run");
  return emulator::replace(place, [x](T old) { return (T)(old + x); });
}
template <class T> static inline T atomicMax(T *place, std::type_identity_t<T> x) {
  return emulator::replace(place, [x](T old) { return old < x ? x : old; });
}
template <class T> static inline T atomicMin(T *place, std::type_identity_t<T> x) {
  return emulator::replace(place, [x](T old) { return x < old ? x : old; });
}
template <class T> static inline T atomicOr(T *place, std::type_identity_t<T> x) {
  return emulator::replace(place, [x](T old) { return (T)(old | x); });
}
template <class T> static inline T atomicAnd(T *place, std::type_identity_t<T> x) {
  return emulator::replace(place, [x](T old) { return (T)(old & x); });
}
template <class T> static inline T atomicExch(T *place, std::type_identity_t<T> x) {
  return emulator::replace(place, [x](T) { return x; });
}
template <class T> static inline T atomicCAS(T *place, std::type_identity_t<T> expected, std::type_identity_t<T> x) {
  return emulator::replace(place, [=](T old) { return old == expected ? x : old; });
}
