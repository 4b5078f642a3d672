// NVRTC: checks how it is asked, and gives an image that names the unit. The kernels themselves were compiled with the
// twin.
#include <string.h>

#include <string>

#include "call.hpp"
#include "image.hpp"

namespace {
struct Program {
  std::string source, unit, image, log;
};
enum : int { invalidInput = 3, invalidProgram = 4, invalidOption = 5 };
}  // namespace

/// No version that there is, so that no cache takes its images for another's.
API int nvrtcVersion(int *major, int *minor) {
  *major = 13;
  *minor = 9999;
  return 0;
}
API int nvrtcCreateProgram(void **handle, const char *source, const char *name, int headers, const char *const *,
                           const char *const *) {
  if (!source || !name || headers) return invalidInput;
  std::string unit(name);
  if (unit.size() < 4 || unit.compare(unit.size() - 3, 3, ".cu")) return invalidInput;
  *handle = new Program{source, unit.substr(0, unit.size() - 3), "", ""};
  return 0;
}
API int nvrtcDestroyProgram(void **handle) {
  delete static_cast<Program *>(*handle);
  *handle = nullptr;
  return 0;
}
API int nvrtcCompileProgram(void *handle, int count, const char *const *options) {
  Program &program = *static_cast<Program *>(handle);
  bool isForDevice = false;
  for (int i = 0; i < count; ++i) {
    const std::string option(options[i]);
    if (option == "--gpu-architecture=sm_90" || option == "--gpu-architecture=sm_90a") isForDevice = true;
    else if (option != "--std=c++17" && option != "-default-device" && option.rfind("--ptxas-options=", 0)) {
      program.log = "unknown option " + option;
      return invalidOption;
    }
  }
  if (!isForDevice) {
    program.log = "not for sm_90";
    return invalidOption;
  }
  if (program.source.find("KERNEL") == std::string::npos) {
    program.log = "a text without kernels";
    return 6;
  }
  program.image = imageMark + program.unit;
  return 0;
}
API int nvrtcGetCUBINSize(void *handle, size_t *bytes) {
  const std::string &image = static_cast<Program *>(handle)->image;
  if (image.empty()) return invalidProgram;
  *bytes = image.size() + 1;
  return 0;
}
API int nvrtcGetCUBIN(void *handle, char *bytes) {
  const std::string &image = static_cast<Program *>(handle)->image;
  if (image.empty()) return invalidProgram;
  memcpy(bytes, image.c_str(), image.size() + 1);
  return 0;
}
API int nvrtcGetProgramLogSize(void *handle, size_t *bytes) {
  *bytes = static_cast<Program *>(handle)->log.size() + 1;
  return 0;
}
API int nvrtcGetProgramLog(void *handle, char *text) {
  const std::string &log = static_cast<Program *>(handle)->log;
  memcpy(text, log.c_str(), log.size() + 1);
  return 0;
}
API const char *nvrtcGetErrorString(int code) { return code ? "NVRTC_ERROR" : "NVRTC_SUCCESS"; }
