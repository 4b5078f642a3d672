// Copies in any order of axes, and functions of two operands of which either may repeat along some of them.
#include "walk.h"

typedef struct {
  sk_walk walk;
  const float *a, *b;
  void *y;
  bool add;
  int64_t turned;  // the axis along which x is contiguous, where that is not the last
} job;

// Nanoseconds an element.
static const double streaming = 0.5, scattered = 1.5;

// ---- copies ---------------------------------------------------------------------------------------------------------

static SK_CLONES void copy(void *context, int64_t begin, int64_t end, int thread) {
  const job *j = context;
  const sk_walk *w = &j->walk;
  const int64_t from = w->strides[0][w->rank - 1], to = w->strides[1][w->rank - 1];
  sk_place p = sk_place_of(w, begin);
  for (int64_t item = begin; item < end; item++, sk_advance(w, &p)) {
    const int64_t n = sk_length(w, &p);
    const float *x = j->a + p.at[0];
    float *y = (float *)j->y + p.at[1];
    if (from == 1 && to == 1) {
      if (j->add) {
        SK_LOOP for (int64_t i = 0; i < n; i++) y[i] += x[i];
      } else {
        memcpy(y, x, (size_t)n * sizeof(float));
      }
    } else if (j->add) {
      for (int64_t i = 0; i < n; i++) y[i * to] += x[i * from];
    } else if (from == 0 && to == 1) {
      const float value = *x;
      SK_LOOP for (int64_t i = 0; i < n; i++) y[i] = value;
    } else {
      for (int64_t i = 0; i < n; i++) y[i * to] = x[i * from];
    }
  }
}

typedef float lanes __attribute__((vector_size(64), aligned(4)));

SK_CLONES void sk_transpose(int64_t n, int64_t k, const float *x, int64_t ldx, float *out, int64_t ldout) {
  for (int64_t i = 0; i < n; i += 16) {
    for (int64_t j = 0; j < k; j += 16) {
      if (i + 16 <= n && j + 16 <= k) {
        lanes r[16];
#pragma unroll
        for (int t = 0; t < 16; t++) r[t] = *(const lanes *)(x + (i + t) * ldx + j);
        SK_TRANSPOSE(lanes, r)
#pragma unroll
        for (int t = 0; t < 16; t++) *(lanes *)(out + (j + t) * ldout + i) = r[t];
      } else {
        for (int64_t jj = j; jj < sk_min(k, j + 16); jj++)
          for (int64_t ii = i; ii < sk_min(n, i + 16); ii++) out[jj * ldout + ii] = x[ii * ldx + jj];
      }
    }
  }
}

/// Transposed matrices: one axis is contiguous in x, the last one in y. A thread's share is rows of y.
enum { turned_rows = 64 };
static void turn(void *context, int64_t begin, int64_t end, int thread) {
  const job *j = context;
  const sk_walk *w = &j->walk;
  const int last = w->rank - 1;
  const int64_t axis = j->turned, blocks = (w->shape[axis] + turned_rows - 1) / turned_rows;
  for (int64_t item = begin; item < end; item++) {
    const int64_t first = item % blocks * turned_rows;
    int64_t rest = item / blocks, from = first, to = first * w->strides[1][axis];
    for (int other = last - 1; other >= 0; other--) {
      if (other == axis) continue;
      from += rest % w->shape[other] * w->strides[0][other];
      to += rest % w->shape[other] * w->strides[1][other];
      rest /= w->shape[other];
    }
    sk_transpose(w->shape[last], sk_min(turned_rows, w->shape[axis] - first), j->a + from, w->strides[0][last],
                 (float *)j->y + to, w->strides[1][axis]);
  }
}

void sk_copy_strided(int rank, const int64_t *shape, const float *x, const int64_t *x_strides, bool add, float *y,
                     const int64_t *y_strides) {
  job j = {.walk = sk_walk_of(rank, shape, 2, (const int64_t *const[]){x_strides, y_strides}), .a = x, .y = y};
  const sk_walk *w = &j.walk;
  const int last = w->rank - 1;
  j.add = add;
  j.turned = -1;
  for (int axis = 0; axis < last; axis++)
    if (w->strides[0][axis] == 1) j.turned = axis;
  if (!add && j.turned >= 0 && w->strides[0][last] != 1 && w->strides[1][last] == 1) {
    const int64_t rows = w->shape[j.turned], blocks = (rows + turned_rows - 1) / turned_rows;
    const int64_t items = w->items == 0 ? 0 : w->items / w->chunks / rows * blocks;
    sk_divide(items, 1, streaming * (double)(turned_rows * w->shape[last]), turn, &j);
  } else {
    sk_divide(w->items, 1, 5 + scattered * (double)sk_min(sk_chunk, w->shape[last]), copy, &j);
  }
}

// ---- functions of two operands --------------------------------------------------------------------------------------

#define SK_ZIP(name, type, expression)                                                \
  static SK_CLONES void name(void *context, int64_t begin, int64_t end, int thread) { \
    const job *j = context;                                                           \
    const sk_walk *w = &j->walk;                                                      \
    const int last = w->rank - 1;                                                     \
    sk_place place = sk_place_of(w, begin);                                           \
    for (int64_t item = begin; item < end; item++, sk_advance(w, &place)) {           \
      const int64_t n = sk_length(w, &place);                                         \
      const float *a = j->a + place.at[0], *b = j->b + place.at[1];                   \
      type *y = (type *)j->y + place.at[2];                                           \
      if (w->strides[0][last] == 0) {                                                 \
        const float p = *a;                                                           \
        SK_LOOP for (int64_t i = 0; i < n; i++) {                                     \
          const float q = b[i];                                                       \
          y[i] = expression;                                                          \
        }                                                                             \
      } else if (w->strides[1][last] == 0) {                                          \
        const float q = *b;                                                           \
        SK_LOOP for (int64_t i = 0; i < n; i++) {                                     \
          const float p = a[i];                                                       \
          y[i] = expression;                                                          \
        }                                                                             \
      } else {                                                                        \
        SK_LOOP for (int64_t i = 0; i < n; i++) {                                     \
          const float p = a[i], q = b[i];                                             \
          y[i] = expression;                                                          \
        }                                                                             \
      }                                                                               \
    }                                                                                 \
  }
SK_ZIP(add, float, p + q)
SK_ZIP(subtract, float, p - q)
SK_ZIP(multiply, float, p *q)
SK_ZIP(divide, float, p / q)
// A NaN wins on either side.
SK_ZIP(larger, float, p > q || p != p ? p : q)
SK_ZIP(smaller, float, p < q || p != p ? p : q)
SK_ZIP(less, uint8_t, p < q)
SK_ZIP(less_or_equal, uint8_t, p <= q)
SK_ZIP(equal, uint8_t, p == q)

static void zip(sk_share body, int rank, const int64_t *shape, const float *a, const int64_t *a_strides, const float *b,
                const int64_t *b_strides, void *y) {
  int64_t dense[sk_most_axes], stride = 1;
  for (int axis = rank - 1; axis >= 0; axis--) {
    dense[axis] = stride;
    stride *= shape[axis];
  }
  job j = {.walk = sk_walk_of(rank, shape, 3, (const int64_t *const[]){a_strides, b_strides, dense}),
           .a = a, .b = b, .y = y};
  sk_divide(j.walk.items, 1, 5 + streaming * (double)sk_min(sk_chunk, j.walk.shape[j.walk.rank - 1]), body, &j);
}

void sk_zip(int function, int rank, const int64_t *shape, const float *a, const int64_t *a_strides, const float *b,
            const int64_t *b_strides, float *y) {
  static const sk_share bodies[] = {[SK_ADD] = add, [SK_SUBTRACT] = subtract, [SK_MULTIPLY] = multiply,
                                    [SK_DIVIDE] = divide, [SK_LARGER] = larger, [SK_SMALLER] = smaller};
  zip(bodies[function], rank, shape, a, a_strides, b, b_strides, y);
}

void sk_compare(int comparison, int rank, const int64_t *shape, const float *a, const int64_t *a_strides,
                const float *b, const int64_t *b_strides, uint8_t *y) {
  static const sk_share bodies[] = {[SK_LESS] = less, [SK_LESS_OR_EQUAL] = less_or_equal, [SK_EQUAL] = equal};
  zip(bodies[comparison], rank, shape, a, a_strides, b, b_strides, y);
}
