// Faults that somebody could make, each in a small program, to see whether the twin notices them.
#pragma once

#pragma GCC visibility push(hidden)
struct PlantedFault {
  const char *name;
  /// With the fault, or as it should be. False: a result is not what it should be.
  bool (*run)(bool isFaulty);
};
extern const PlantedFault plantedFaults[];
extern const int plantedFaultCount;
#pragma GCC visibility pop
