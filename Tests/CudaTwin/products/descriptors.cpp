// cuBLASLt's descriptors, layouts and preferences: as strict about sizes and values as the library.
#include "descriptors.hpp"

#include <string.h>

using namespace products;

int products::handle;

/// Takes an attribute of exactly the field's size.
template <class Field> static int take(Field &field, const void *value, size_t bytes) {
  if (bytes != sizeof field || !value) return invalid;
  memcpy(&field, value, bytes);
  return succeeded;
}

API size_t cublasLtGetVersion() { return 139999; }
API int cublasLtCreate(void **made) {
  if (!driver::hasContext) return notStarted;
  *made = &handle;
  return succeeded;
}
API int cublasLtDestroy(void *) { return succeeded; }

/// Products of f32 and bf16 are summed in f32, scale type 0: compute type 68, or 77 where f32 is read as tf32.
API int cublasLtMatmulDescCreate(void **made, int compute, int scale) {
  if ((compute != 68 && compute != 77) || scale != 0) return unsupported;
  *made = new Descriptor{compute == 77};
  return succeeded;
}
API int cublasLtMatmulDescDestroy(void *descriptor) {
  delete static_cast<Descriptor *>(descriptor);
  return succeeded;
}
API int cublasLtMatmulDescSetAttribute(void *made, int attribute, const void *value, size_t bytes) {
  Descriptor &descriptor = *static_cast<Descriptor *>(made);
  int number = 0;
  switch (attribute) {
    case 3:
    case 4:
      if (take(number, value, bytes) || number < 0 || number > 1) return invalid;
      (attribute == 3 ? descriptor.transposeA : descriptor.transposeB) = number;
      return succeeded;
    case 7:
      if (take(number, value, bytes)) return invalid;
      if (number != epilogueNone && number != epilogueBias) return unsupported;
      descriptor.epilogue = number;
      return succeeded;
    case 8: return take(descriptor.bias, value, bytes);
    case 26:
      if (take(number, value, bytes) || (number != (int)Type::f32 && number != (int)Type::bf16)) return invalid;
      descriptor.biasType = number;
      return succeeded;
    default: return invalid;
  }
}

API int cublasLtMatrixLayoutCreate(void **made, int type, uint64_t rows, uint64_t columns, int64_t stride) {
  if (type != (int)Type::f32 && type != (int)Type::bf16) return unsupported;
  if (!rows || !columns || stride < (int64_t)rows) return invalid;
  *made = new Layout{(Type)type, rows, columns, stride};
  return succeeded;
}
API int cublasLtMatrixLayoutDestroy(void *layout) {
  delete static_cast<Layout *>(layout);
  return succeeded;
}
API int cublasLtMatrixLayoutSetAttribute(void *made, int attribute, const void *value, size_t bytes) {
  Layout &layout = *static_cast<Layout *>(made);
  int number = 0;
  switch (attribute) {
    case 1: return take(number, value, bytes) || number ? invalid : succeeded;  // column-major order
    case 5:
      if (take(number, value, bytes) || number < 1) return invalid;
      layout.count = number;
      return succeeded;
    case 6: return take(layout.step, value, bytes);
    default: return invalid;
  }
}

API int cublasLtMatmulPreferenceCreate(void **made) {
  *made = new Preference;
  return succeeded;
}
API int cublasLtMatmulPreferenceDestroy(void *preference) {
  delete static_cast<Preference *>(preference);
  return succeeded;
}
API int cublasLtMatmulPreferenceSetAttribute(void *made, int attribute, const void *value, size_t bytes) {
  Preference &preference = *static_cast<Preference *>(made);
  uint32_t number = 0;
  switch (attribute) {
    case 1: return take(preference.workspace, value, bytes);
    case 5:
    case 6:
    case 7:
    case 8:
      if (take(number, value, bytes) || !number || number & (number - 1)) return invalid;
      preference.alignments[attribute - 5] = number;
      return succeeded;
    default: return invalid;
  }
}
