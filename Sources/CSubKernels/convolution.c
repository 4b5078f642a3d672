// Convolutions by oneDNN over grids whose rows are pixels and whose columns are channels (its "nhwc"), so that nothing
// between layers is ever put in another order. Only the weights are, once per product, into the order it likes best.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "onednn.h"
#include "kernel.h"

typedef enum { forward, backward_data, backward_weights } direction;

/// What a primitive was made for. Compared by bytes: made by key_of, which leaves none undefined.
typedef struct {
  sk_convolution shape;
  int64_t direction, bias, threads;
} key;

/// A primitive and what its calls need. Weights stand in `weights` order in scratch; NULL reorders: no other order.
typedef struct {
  key key;
  uint64_t used;  // the clock at its last use
  dnnl_primitive_t product;
  dnnl_primitive_t reorder;   // the given weights into its own order, or its own weight gradient into the given order
  dnnl_primitive_t adding;    // the same, added to what is there
  sk_layout x, weights, bias, y, plain, scratch;
} plan;

// A bound on the code that oneDNN keeps; a model's training and evaluation batches need a few dozen.
enum { most_plans = 192 };
static plan plans[most_plans];
static int plan_count;
static uint64_t clock_now;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void check(dnnl_status_t status, const char *what, const sk_convolution *s) {
  if (status == dnnl_success) return;
  if (status == dnnl_out_of_memory) sk_end_without_memory(0);
  fprintf(stderr, "masksub: oneDNN refused a convolution (%s, status %d): %lld x %lld x %lld x %lld, %lld out, kernel %lld, "
          "stride %lld, padding %lld\n", what, status, (long long)s->n, (long long)s->h, (long long)s->w,
          (long long)s->c, (long long)s->o, (long long)s->kernel, (long long)s->stride, (long long)s->padding);
  abort();
}

static key key_of(const sk_convolution *s, direction d, bool bias) {
  key k;
  memset(&k, 0, sizeof k);
  k.shape = *s;
  k.direction = d;
  k.bias = bias;
  k.threads = sk_threads();
  return k;
}

static sk_layout layout(const sk_convolution *s, int type, int axes, const dnnl_dims_t lengths, dnnl_format_tag_t tag) {
  sk_layout made;
  const dnnl_data_type_t values = type == SK_BF16 ? dnnl_bf16 : dnnl_f32;
  check(dnnl_memory_desc_create_with_tag(&made, axes, lengths, values, tag), "a layout", s);
  return made;
}

static dnnl_primitive_t reorder_of(const sk_convolution *s, sk_layout from,
                                   sk_layout to, bool adding) {
  dnnl_primitive_attr_t attributes;
  dnnl_post_ops_t after;
  dnnl_primitive_desc_t described;
  dnnl_primitive_t reorder;
  check(dnnl_primitive_attr_create(&attributes), "attributes", s);
  check(dnnl_post_ops_create(&after), "attributes", s);
  if (adding) check(sk_append_sum(after), "attributes", s);
  check(dnnl_primitive_attr_set_post_ops(attributes, after), "attributes", s);
  check(dnnl_reorder_primitive_desc_create(&described, from, sk_engine(), to, sk_engine(), attributes), "a reorder", s);
  check(dnnl_primitive_create(&reorder, described), "a reorder", s);
  dnnl_primitive_desc_destroy(described);
  dnnl_post_ops_destroy(after);
  dnnl_primitive_attr_destroy(attributes);
  return reorder;
}

/// Makes the primitive of a key, with the scratchpad left to the caller.
static plan plan_of(const key *k) {
  const sk_convolution *s = &k->shape;
  plan p = {.key = *k};
  const dnnl_dims_t x = {s->n, s->c, s->h, s->w}, w = {s->o, s->c, s->kernel, s->kernel}, o = {s->o};
  const dnnl_dims_t y = {s->n, s->o, sk_convolved(s->h, s), sk_convolved(s->w, s)};
  const dnnl_dims_t strides = {s->stride, s->stride}, padding = {s->padding, s->padding};
  const bool gradient = k->direction == backward_weights;
  const int weight_type = gradient ? SK_F32 : s->type;
  p.x = layout(s, s->type, 4, x, dnnl_nhwc);
  p.y = layout(s, s->type, 4, y, dnnl_nhwc);
  p.plain = layout(s, weight_type, 4, w, dnnl_oihw);
  p.bias = layout(s, SK_F32, 1, o, dnnl_a);
  const sk_layout any = layout(s, s->type, 4, w, dnnl_format_tag_any);
  const sk_layout own = layout(s, weight_type, 4, w, dnnl_format_tag_any);
  dnnl_primitive_attr_t attributes;
  check(dnnl_primitive_attr_create(&attributes), "attributes", s);
  check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "attributes", s);
  dnnl_primitive_desc_t hint, chosen;
  check(dnnl_convolution_forward_primitive_desc_create(&hint, sk_engine(), dnnl_forward_training, dnnl_convolution_direct,
                                                       p.x, any, k->bias ? p.bias : NULL, p.y, strides, NULL, padding,
                                                       padding, attributes),
        "forward", s);
  if (k->direction == forward) {
    chosen = hint;
  } else {
    if (k->direction == backward_data)
      check(dnnl_convolution_backward_data_primitive_desc_create(&chosen, sk_engine(), dnnl_convolution_direct, p.x, any,
                                                                 p.y, strides, NULL, padding, padding, hint, attributes),
            "backward to data", s);
    else
      check(dnnl_convolution_backward_weights_primitive_desc_create(&chosen, sk_engine(), dnnl_convolution_direct, p.x,
                                                                    own, NULL, p.y, strides, NULL, padding, padding,
                                                                    hint, attributes),
            "backward to weights", s);
    dnnl_primitive_desc_destroy(hint);
  }
  p.weights = sk_layout_of(chosen, gradient ? dnnl_query_diff_weights_md : dnnl_query_weights_md);
  p.scratch = sk_layout_of(chosen, dnnl_query_scratchpad_md);
  check(dnnl_primitive_create(&p.product, chosen), "a primitive", s);
  dnnl_primitive_desc_destroy(chosen);
  dnnl_primitive_attr_destroy(attributes);
  dnnl_memory_desc_destroy(any);
  dnnl_memory_desc_destroy(own);
  if (gradient) {
    p.adding = reorder_of(s, p.weights, p.plain, true);
    p.reorder = reorder_of(s, p.weights, p.plain, false);
  } else if (!dnnl_memory_desc_equal(p.weights, p.plain)) {
    p.reorder = reorder_of(s, p.plain, p.weights, false);
  }
  return p;
}

static void destroy(plan *p) {
  dnnl_primitive_destroy(p->product);
  if (p->reorder) dnnl_primitive_destroy(p->reorder);
  if (p->adding) dnnl_primitive_destroy(p->adding);
  const sk_layout layouts[] = {p->x, p->weights, p->bias, p->y, p->plain, p->scratch};
  for (int i = 0; i < 6; i++) dnnl_memory_desc_destroy(layouts[i]);
}

/// The plan of a key, made on its first use; the one that has not been used for longest makes room. Under the lock.
static const plan *find(const key *k) {
  sk_use_threads((int)k->threads);
  plan *oldest = plans;
  for (int i = 0; i < plan_count; i++) {
    if (!memcmp(&plans[i].key, k, sizeof *k)) {
      plans[i].used = ++clock_now;
      return &plans[i];
    }
    if (plans[i].used < oldest->used) oldest = &plans[i];
  }
  if (plan_count < most_plans) oldest = &plans[plan_count++];
  else destroy(oldest);
  *oldest = plan_of(k);
  oldest->used = ++clock_now;
  return oldest;
}

static void reorder(dnnl_primitive_t primitive, sk_layout from, const void *values,
                    sk_layout to, void *out) {
  sk_execute(primitive, 2,
             (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, sk_memory(from, values)}, {DNNL_ARG_TO, sk_memory(to, out)}});
}

static int64_t count_x(const sk_convolution *s) { return s->n * s->h * s->w * s->c; }
static int64_t count_y(const sk_convolution *s) { return s->n * sk_convolved(s->h, s) * sk_convolved(s->w, s) * s->o; }
static int64_t count_weights(const sk_convolution *s) { return s->o * s->c * s->kernel * s->kernel; }

static float *widened(int64_t count, const void *x) {
  float *wide = sk_scratch((size_t)sk_max(1, count) * sizeof(float));
  sk_blend(count, 1, SK_BF16, x, 0, SK_F32, wide);
  return wide;
}

static void product(const sk_convolution *s, direction d, const void *in, const void *weight, const float *bias,
                    void *out);

/// On a processor without bf16 units: in f32, rounded at the end.
static void product_widened(const sk_convolution *s, direction d, const void *in, const void *weight, const float *bias,
                            void *out) {
  sk_convolution wide = *s;
  wide.type = SK_F32;
  const int64_t result = d == forward ? count_y(s) : count_x(s);
  float *x = widened(d == forward ? count_x(s) : count_y(s), in), *w = widened(count_weights(s), weight);
  float *y = sk_scratch((size_t)result * sizeof(float));
  product(&wide, d, x, w, bias, y);
  sk_blend(result, 1, SK_F32, y, 0, SK_BF16, out);
  sk_free(y);
  sk_free(w);
  sk_free(x);
}

/// The product forward or back to the data: out from in and weights.
static void product(const sk_convolution *s, direction d, const void *in, const void *weight, const float *bias,
                    void *out) {
  if (s->n <= 0) return;
  if (s->type == SK_BF16 && !sk_has_bf16_units()) return product_widened(s, d, in, weight, bias, out);
  pthread_mutex_lock(&lock);
  const key k = key_of(s, d, bias != NULL);
  const plan *p = find(&k);
  void *ordered = p->reorder ? sk_room(p->weights) : NULL;
  void *scratch = sk_room(p->scratch);
  if (ordered) reorder(p->reorder, p->plain, weight, p->weights, ordered);
  const bool ahead = d == forward;
  dnnl_exec_arg_t arguments[5] = {
      {ahead ? DNNL_ARG_SRC : DNNL_ARG_DIFF_DST, sk_memory(ahead ? p->x : p->y, in)},
      {DNNL_ARG_WEIGHTS, sk_memory(p->weights, ordered ? ordered : weight)},
      {ahead ? DNNL_ARG_DST : DNNL_ARG_DIFF_SRC, sk_memory(ahead ? p->y : p->x, out)},
      {DNNL_ARG_SCRATCHPAD, sk_memory(p->scratch, scratch)}};
  if (bias) arguments[4] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, sk_memory(p->bias, bias)};
  sk_execute(p->product, bias ? 5 : 4, arguments);
  sk_free(scratch);
  sk_free(ordered);
  pthread_mutex_unlock(&lock);
}

void sk_convolution_forward(const sk_convolution *s, const void *x, const void *weight, const float *bias, void *y) {
  product(s, forward, x, weight, bias, y);
}

void sk_convolution_backward_data(const sk_convolution *s, const void *dy, const void *weight, void *dx) {
  product(s, backward_data, dy, weight, NULL, dx);
}

void sk_convolution_backward_weights(const sk_convolution *s, const void *x, const void *dy, float beta,
                                     float *dweight) {
  if (s->type == SK_BF16 && !sk_has_bf16_units()) {
    sk_convolution in_f32 = *s;
    in_f32.type = SK_F32;
    float *wide_x = widened(count_x(s), x), *wide_dy = widened(count_y(s), dy);
    sk_convolution_backward_weights(&in_f32, wide_x, wide_dy, beta, dweight);
    sk_free(wide_dy);
    return sk_free(wide_x);
  }
  const int64_t count = count_weights(s);
  if (beta != 0 && beta != 1) sk_scale(count, beta, dweight, dweight);
  if (s->n <= 0) {
    if (beta == 0) sk_fill(count, 0, dweight);
    return;
  }
  pthread_mutex_lock(&lock);
  const key k = key_of(s, backward_weights, false);
  const plan *p = find(&k);
  float *own = sk_room(p->weights);
  void *scratch = sk_room(p->scratch);
  sk_execute(p->product, 4,
          (dnnl_exec_arg_t[]){{DNNL_ARG_SRC, sk_memory(p->x, x)},
                              {DNNL_ARG_DIFF_DST, sk_memory(p->y, dy)},
                              {DNNL_ARG_DIFF_WEIGHTS, sk_memory(p->weights, own)},
                              {DNNL_ARG_SCRATCHPAD, sk_memory(p->scratch, scratch)}});
  reorder(beta != 0 ? p->adding : p->reorder, p->weights, own, p->plain, dweight);
  sk_free(scratch);
  sk_free(own);
  pthread_mutex_unlock(&lock);
}
