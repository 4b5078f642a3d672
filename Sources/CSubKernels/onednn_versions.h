// The kernels are written for oneDNN 3. Version 2 has other functions in a few places: a layout is a struct by value there,
// and a primitive is described by a struct of its own kind first. Here they are made into those of version 3, and nothing
// else asks which of the two it is.
#ifndef SUB_ONEDNN_VERSIONS_H
#define SUB_ONEDNN_VERSIONS_H
#include <dnnl.h>
#include <stdlib.h>

#if DNNL_VERSION_MAJOR == 3

/// How the values of a tensor lie. Who makes one destroys it with dnnl_memory_desc_destroy.
typedef dnnl_memory_desc_t sk_layout;

/// The result is added to what is there.
static inline dnnl_status_t sk_append_sum(dnnl_post_ops_t after) {
  return dnnl_post_ops_append_sum(after, 1, 0, dnnl_data_type_undef);
}

#elif DNNL_VERSION_MAJOR == 2

typedef dnnl_memory_desc_t *sk_layout;

static inline dnnl_status_t sk_append_sum(dnnl_post_ops_t after) { return dnnl_post_ops_append_sum(after, 1); }

static inline dnnl_status_t dnnl_memory_desc_clone(sk_layout *copy, const dnnl_memory_desc_t *layout) {
  *copy = malloc(sizeof **copy);
  if (!*copy) return dnnl_out_of_memory;
  **copy = *layout;
  return dnnl_success;
}

static inline dnnl_status_t dnnl_memory_desc_destroy(sk_layout layout) {
  free(layout);
  return dnnl_success;
}

static inline dnnl_status_t dnnl_memory_desc_create_with_strides(sk_layout *layout, int axes, const dnnl_dims_t lengths,
                                                                 dnnl_data_type_t type, const dnnl_dims_t strides) {
  dnnl_memory_desc_t made;
  const dnnl_status_t status = dnnl_memory_desc_init_by_strides(&made, axes, lengths, type, strides);
  return status == dnnl_success ? dnnl_memory_desc_clone(layout, &made) : status;
}

static inline dnnl_status_t dnnl_memory_desc_create_with_tag(sk_layout *layout, int axes, const dnnl_dims_t lengths,
                                                             dnnl_data_type_t type, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t made;
  const dnnl_status_t status = dnnl_memory_desc_init_by_tag(&made, axes, lengths, type, tag);
  return status == dnnl_success ? dnnl_memory_desc_clone(layout, &made) : status;
}

static inline dnnl_status_t dnnl_matmul_primitive_desc_create(dnnl_primitive_desc_t *described, dnnl_engine_t engine,
                                                              sk_layout a, sk_layout b, sk_layout bias, sk_layout c,
                                                              const_dnnl_primitive_attr_t attributes) {
  dnnl_matmul_desc_t wanted;
  const dnnl_status_t status = dnnl_matmul_desc_init(&wanted, a, b, bias, c);
  return status == dnnl_success ? dnnl_primitive_desc_create(described, &wanted, attributes, engine, NULL) : status;
}

static inline dnnl_status_t dnnl_convolution_forward_primitive_desc_create(
    dnnl_primitive_desc_t *described, dnnl_engine_t engine, dnnl_prop_kind_t kind, dnnl_alg_kind_t algorithm,
    sk_layout x, sk_layout weights, sk_layout bias, sk_layout y, const dnnl_dims_t strides, const dnnl_dims_t dilation,
    const dnnl_dims_t before, const dnnl_dims_t after, const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t wanted;
  const dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(&wanted, kind, algorithm, x, weights, bias, y,
                                                                          strides, dilation, before, after);
  return status == dnnl_success ? dnnl_primitive_desc_create(described, &wanted, attributes, engine, NULL) : status;
}

static inline dnnl_status_t dnnl_convolution_backward_data_primitive_desc_create(
    dnnl_primitive_desc_t *described, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, sk_layout dx, sk_layout weights,
    sk_layout dy, const dnnl_dims_t strides, const dnnl_dims_t dilation, const dnnl_dims_t before,
    const dnnl_dims_t after, const_dnnl_primitive_desc_t forward, const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t wanted;
  const dnnl_status_t status = dnnl_dilated_convolution_backward_data_desc_init(&wanted, algorithm, dx, weights, dy,
                                                                                strides, dilation, before, after);
  return status == dnnl_success ? dnnl_primitive_desc_create(described, &wanted, attributes, engine, forward) : status;
}

static inline dnnl_status_t dnnl_convolution_backward_weights_primitive_desc_create(
    dnnl_primitive_desc_t *described, dnnl_engine_t engine, dnnl_alg_kind_t algorithm, sk_layout x, sk_layout dweights,
    sk_layout dbias, sk_layout dy, const dnnl_dims_t strides, const dnnl_dims_t dilation, const dnnl_dims_t before,
    const dnnl_dims_t after, const_dnnl_primitive_desc_t forward, const_dnnl_primitive_attr_t attributes) {
  dnnl_convolution_desc_t wanted;
  const dnnl_status_t status = dnnl_dilated_convolution_backward_weights_desc_init(&wanted, algorithm, x, dweights, dbias,
                                                                                   dy, strides, dilation, before, after);
  return status == dnnl_success ? dnnl_primitive_desc_create(described, &wanted, attributes, engine, forward) : status;
}

#else
#error "MaskSub needs the headers of oneDNN 2 or 3 (Debian's and Ubuntu's libdnnl-dev)"
#endif
#endif
