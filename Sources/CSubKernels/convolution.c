// Convolutions by oneDNN over grids whose rows are pixels and whose columns are channels (its "nhwc"), so that nothing
// between layers is ever put in another order. Only the weights are, once per product, into the order it likes best.
#include <dnnl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
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
  dnnl_memory_desc_t x, weights, bias, y, plain, scratch;
} plan;

// A bound on the code that oneDNN keeps; a model's training and evaluation batches need a few dozen.
enum { most_plans = 192 };
static plan plans[most_plans];
static int plan_count;
static uint64_t clock_now;
static dnnl_engine_t engine;
static dnnl_stream_t stream;
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

static dnnl_memory_desc_t described(const sk_convolution *s, int axes, const dnnl_dims_t lengths, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t d;
  check(dnnl_memory_desc_init_by_tag(&d, axes, lengths, dnnl_f32, tag), "a layout", s);
  return d;
}

static dnnl_primitive_t reorder_of(const sk_convolution *s, const dnnl_memory_desc_t *from,
                                   const dnnl_memory_desc_t *to, bool adding) {
  dnnl_primitive_attr_t attributes;
  dnnl_post_ops_t after;
  dnnl_primitive_desc_t described;
  dnnl_primitive_t reorder;
  check(dnnl_primitive_attr_create(&attributes), "attributes", s);
  check(dnnl_post_ops_create(&after), "attributes", s);
  if (adding) check(dnnl_post_ops_append_sum(after, 1), "attributes", s);
  check(dnnl_primitive_attr_set_post_ops(attributes, after), "attributes", s);
  check(dnnl_reorder_primitive_desc_create(&described, from, engine, to, engine, attributes), "a reorder", s);
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
  p.x = described(s, 4, x, dnnl_nhwc);
  p.y = described(s, 4, y, dnnl_nhwc);
  p.plain = described(s, 4, w, dnnl_oihw);
  p.bias = described(s, 1, o, dnnl_a);
  const dnnl_memory_desc_t any = described(s, 4, w, dnnl_format_tag_any);
  const dnnl_memory_desc_t *bias = k->bias ? &p.bias : NULL;
  dnnl_convolution_desc_t ahead, back;
  check(dnnl_convolution_forward_desc_init(&ahead, dnnl_forward_training, dnnl_convolution_direct, &p.x, &any, bias,
                                           &p.y, strides, padding, padding),
        "forward", s);
  dnnl_primitive_attr_t attributes;
  check(dnnl_primitive_attr_create(&attributes), "attributes", s);
  check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "attributes", s);
  dnnl_primitive_desc_t hint, chosen;
  check(dnnl_primitive_desc_create(&hint, &ahead, attributes, engine, NULL), "forward", s);
  if (k->direction == forward) {
    chosen = hint;
  } else {
    if (k->direction == backward_data)
      check(dnnl_convolution_backward_data_desc_init(&back, dnnl_convolution_direct, &p.x, &any, &p.y, strides, padding,
                                                     padding),
            "backward to data", s);
    else
      check(dnnl_convolution_backward_weights_desc_init(&back, dnnl_convolution_direct, &p.x, &any, NULL, &p.y, strides,
                                                        padding, padding),
            "backward to weights", s);
    check(dnnl_primitive_desc_create(&chosen, &back, attributes, engine, hint), "backward", s);
    dnnl_primitive_desc_destroy(hint);
  }
  const bool gradient = k->direction == backward_weights;
  p.weights = *dnnl_primitive_desc_query_md(chosen, gradient ? dnnl_query_diff_weights_md : dnnl_query_weights_md, 0);
  p.scratch = *dnnl_primitive_desc_query_md(chosen, dnnl_query_scratchpad_md, 0);
  check(dnnl_primitive_create(&p.product, chosen), "a primitive", s);
  dnnl_primitive_desc_destroy(chosen);
  dnnl_primitive_attr_destroy(attributes);
  if (gradient) {
    p.adding = reorder_of(s, &p.weights, &p.plain, true);
    p.reorder = reorder_of(s, &p.weights, &p.plain, false);
  } else if (!dnnl_memory_desc_equal(&p.weights, &p.plain)) {
    p.reorder = reorder_of(s, &p.plain, &p.weights, false);
  }
  return p;
}

static void destroy(plan *p) {
  dnnl_primitive_destroy(p->product);
  if (p->reorder) dnnl_primitive_destroy(p->reorder);
  if (p->adding) dnnl_primitive_destroy(p->adding);
}

/// The plan of a key, made on its first use; the one that has not been used for longest makes room. Under the lock.
static const plan *find(const key *k) {
  if (!engine) {
    check(dnnl_engine_create(&engine, dnnl_cpu, 0), "an engine", &k->shape);
    check(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "a stream", &k->shape);
  }
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

static dnnl_memory_t memory(const plan *p, const dnnl_memory_desc_t *layout, const void *values) {
  dnnl_memory_t m;
  check(dnnl_memory_create(&m, layout, engine, (void *)values), "memory", &p->key.shape);
  return m;
}

/// Scratch in a layout; NULL where it has no bytes.
static void *room(const dnnl_memory_desc_t *layout) {
  size_t bytes = dnnl_memory_desc_get_size(layout);
  return bytes ? sk_scratch(bytes) : NULL;
}

static void execute(const plan *p, dnnl_primitive_t primitive, int count, dnnl_exec_arg_t *arguments) {
  check(dnnl_primitive_execute(primitive, stream, count, arguments), "a call", &p->key.shape);
  check(dnnl_stream_wait(stream), "a call", &p->key.shape);
  for (int i = 0; i < count; i++) dnnl_memory_destroy(arguments[i].memory);
}

static void reorder(const plan *p, dnnl_primitive_t primitive, const dnnl_memory_desc_t *from, const float *values,
                    const dnnl_memory_desc_t *to, float *out) {
  execute(p, primitive, 2,
          (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, memory(p, from, values)}, {DNNL_ARG_TO, memory(p, to, out)}});
}

/// The product forward or back to the data: out from in and weights.
static void product(const sk_convolution *s, direction d, const float *in, const float *weight, const float *bias,
                    float *out) {
  if (s->n <= 0) return;
  pthread_mutex_lock(&lock);
  const key k = key_of(s, d, bias != NULL);
  const plan *p = find(&k);
  float *ordered = p->reorder ? room(&p->weights) : NULL;
  void *scratch = room(&p->scratch);
  if (ordered) reorder(p, p->reorder, &p->plain, weight, &p->weights, ordered);
  const bool ahead = d == forward;
  dnnl_exec_arg_t arguments[5] = {
      {ahead ? DNNL_ARG_SRC : DNNL_ARG_DIFF_DST, memory(p, ahead ? &p->x : &p->y, in)},
      {DNNL_ARG_WEIGHTS, memory(p, &p->weights, ordered ? ordered : weight)},
      {ahead ? DNNL_ARG_DST : DNNL_ARG_DIFF_SRC, memory(p, ahead ? &p->y : &p->x, out)},
      {DNNL_ARG_SCRATCHPAD, memory(p, &p->scratch, scratch)}};
  if (bias) arguments[4] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, memory(p, &p->bias, bias)};
  execute(p, p->product, bias ? 5 : 4, arguments);
  sk_free(scratch);
  sk_free(ordered);
  pthread_mutex_unlock(&lock);
}

void sk_convolution_forward(const sk_convolution *s, const float *x, const float *weight, const float *bias, float *y) {
  product(s, forward, x, weight, bias, y);
}

void sk_convolution_backward_data(const sk_convolution *s, const float *dy, const float *weight, float *dx) {
  product(s, backward_data, dy, weight, NULL, dx);
}

void sk_convolution_backward_weights(const sk_convolution *s, const float *x, const float *dy, float beta,
                                     float *dweight) {
  const int64_t count = s->o * s->c * s->kernel * s->kernel;
  if (beta != 0 && beta != 1) sk_scale(count, beta, dweight, dweight);
  if (s->n <= 0) {
    if (beta == 0) sk_fill(count, 0, dweight);
    return;
  }
  pthread_mutex_lock(&lock);
  const key k = key_of(s, backward_weights, false);
  const plan *p = find(&k);
  float *own = room(&p->weights);
  void *scratch = room(&p->scratch);
  execute(p, p->product, 4,
          (dnnl_exec_arg_t[]){{DNNL_ARG_SRC, memory(p, &p->x, x)},
                              {DNNL_ARG_DIFF_DST, memory(p, &p->y, dy)},
                              {DNNL_ARG_DIFF_WEIGHTS, memory(p, &p->weights, own)},
                              {DNNL_ARG_SCRATCHPAD, memory(p, &p->scratch, scratch)}});
  reorder(p, beta != 0 ? p->adding : p->reorder, &p->weights, own, &p->plain, dweight);
  sk_free(scratch);
  sk_free(own);
  pthread_mutex_unlock(&lock);
}
