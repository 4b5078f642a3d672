// Products of bf16 matrices by oneDNN. They accumulate in f32 and are rounded once, where they are written.
//
// oneDNN's best code is made for one set of lengths and costs a millisecond to make. Batches of ragged rows bring new
// lengths all the time: code is made for rows in steps of 64, and what is left over goes to its code for any lengths,
// whose result has to be f32. The choice depends on the lengths alone, so that a resumed run makes the same one.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "onednn.h"
#include "kernel.h"

/// c[m][n] (+)= op(a) · op(b) + bias.
typedef struct {
  int64_t m, n, k, lda, ldb, ldc;
  int64_t ta, tb, adds, has_bias, c_type, threads;
} form;

typedef struct {
  form form;
  const uint16_t *a, *b;
  void *c;
  const float *bias;
} product;

typedef struct {
  form form;
  uint64_t used;  // the clock at its last use
  dnnl_primitive_t primitive;
  sk_layout a, b, c, bias, scratch;
} plan;

// A bound on the code that is kept; a model's training and evaluation batches need a few dozen.
enum { most_plans = 384, rows_step = 64, exact_step = 8 };
static plan plans[most_plans];
static int plan_count;
static uint64_t clock_now;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// ---- whether the processor multiplies bf16 ---------------------------------------------------------------------------

static atomic_int units;  // 0: not asked yet, 1: none, 2: some
static _Thread_local bool does_without;

bool sk_has_bf16_units(void) {
  int found = atomic_load_explicit(&units, memory_order_relaxed);
  if (!found) {
#if defined(__x86_64__)
    found = (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16 ? 2 : 1;
#else
    found = 1;
#endif
    atomic_store_explicit(&units, found, memory_order_relaxed);
  }
  return found == 2 && !does_without;
}

void sk_use_bf16_units(bool use) { does_without = !use; }

// ---- plans -----------------------------------------------------------------------------------------------------------

static sk_layout layout(int64_t rows, int64_t columns, int64_t ld, bool transposed, int type) {
  sk_layout made;
  const dnnl_dims_t lengths = {rows, columns}, strides = {transposed ? 1 : ld, transposed ? ld : 1};
  const dnnl_data_type_t values = type == SK_BF16 ? dnnl_bf16 : dnnl_f32;
  sk_expect(dnnl_memory_desc_create_with_strides(&made, 2, lengths, values, strides), "a matrix");
  return made;
}

/// A plan without code.
static plan described(const form *f) {
  return (plan){.form = *f,
                .a = layout(f->m, f->k, f->lda, f->ta, SK_BF16),
                .b = layout(f->k, f->n, f->ldb, f->tb, SK_BF16),
                .c = layout(f->m, f->n, f->ldc, false, (int)f->c_type),
                .bias = layout(1, f->n, f->n, false, SK_F32)};
}

static void make(plan *p) {
  const form *f = &p->form;
  dnnl_primitive_attr_t attributes;
  dnnl_post_ops_t after;
  dnnl_primitive_desc_t chosen;
  sk_expect(dnnl_primitive_attr_create(&attributes), "attributes");
  sk_expect(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "attributes");
  sk_expect(dnnl_post_ops_create(&after), "attributes");
  if (f->adds) sk_expect(sk_append_sum(after), "attributes");
  sk_expect(dnnl_primitive_attr_set_post_ops(attributes, after), "attributes");
  sk_expect(dnnl_matmul_primitive_desc_create(&chosen, sk_engine(), p->a, p->b, f->has_bias ? p->bias : NULL, p->c,
                                              attributes),
            "a product");
  p->scratch = sk_layout_of(chosen, dnnl_query_scratchpad_md);
  sk_expect(dnnl_primitive_create(&p->primitive, chosen), "a product");
  dnnl_primitive_desc_destroy(chosen);
  dnnl_post_ops_destroy(after);
  dnnl_primitive_attr_destroy(attributes);
}

static void destroy(plan *p) {
  dnnl_primitive_destroy(p->primitive);
  const sk_layout layouts[] = {p->a, p->b, p->c, p->bias, p->scratch};
  for (int i = 0; i < 5; i++) dnnl_memory_desc_destroy(layouts[i]);
}

/// The plan of a form, made on its first use; the one that has not been used for longest makes room. Under the lock.
static const plan *find(const form *f) {
  plan *oldest = plans;
  for (int i = 0; i < plan_count; i++) {
    if (!memcmp(&plans[i].form, f, sizeof *f)) {
      plans[i].used = ++clock_now;
      return &plans[i];
    }
    if (plans[i].used < oldest->used) oldest = &plans[i];
  }
  if (plan_count < most_plans) oldest = &plans[plan_count++];
  else destroy(oldest);
  *oldest = described(f);
  make(oldest);
  oldest->used = ++clock_now;
  return oldest;
}

/// Runs the code of plan `made` over operands that lie as `at` describes.
static void execute(const plan *made, const plan *at, const product *p) {
  void *scratch = sk_room(made->scratch);
  dnnl_exec_arg_t arguments[5] = {{DNNL_ARG_SRC, sk_memory(at->a, p->a)},
                                  {DNNL_ARG_WEIGHTS, sk_memory(at->b, p->b)},
                                  {DNNL_ARG_DST, sk_memory(at->c, p->c)},
                                  {DNNL_ARG_SCRATCHPAD, sk_memory(made->scratch, scratch)}};
  if (p->bias) arguments[4] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, sk_memory(at->bias, p->bias)};
  sk_execute(made->primitive, p->bias ? 5 : 4, arguments);
  sk_free(scratch);
}

static void run_exactly(const product *p) {
  const plan *found = find(&p->form);
  execute(found, found, p);
}

typedef struct {
  const product *p;
  const float *sums;
} finish;

/// c (+)= sums + bias, rounded.
static SK_CLONES void finish_rows(void *context, int64_t begin, int64_t end, int thread) {
  const finish *j = context;
  const form *f = &j->p->form;
  float own[512];
  for (int64_t r = begin; r < end; r++) {
    for (int64_t first = 0; first < f->n; first += 512) {
      const int64_t n = sk_min(512, f->n - first), at = r * f->ldc + first;
      const float *x = j->sums + r * f->n + first, *bias = j->p->bias ? j->p->bias + first : NULL;
      float *y = sk_row_to((int)f->c_type, j->p->c, at, own);
      if (f->adds) sk_row((int)f->c_type, j->p->c, at, n, own);
      for (int64_t i = 0; i < n; i++) y[i] = (f->adds ? y[i] : 0) + x[i] + (bias ? bias[i] : 0);
      sk_row_done((int)f->c_type, j->p->c, at, n, own);
    }
  }
}

static void write_sums(const product *p, const float *sums) {
  sk_divide(p->form.m, 1, 0.8 * (double)p->form.n, finish_rows, &(finish){p, sums});
}

/// A product by the code for any lengths. It writes f32: another result is made of it.
static void run_any(const product *given) {
  product p = *given;
  const bool direct = p.form.c_type == SK_F32 && !p.bias;
  if (!direct) {
    p.form.c_type = SK_F32;
    p.form.adds = false;
    p.form.has_bias = false;
    p.form.ldc = p.form.n;
    p.bias = NULL;
    p.c = sk_scratch((size_t)(p.form.m * p.form.n) * sizeof(float));
  }
  form any = p.form;
  any.m = any.n = any.k = any.ldc = DNNL_RUNTIME_DIM_VAL;
  any.lda = any.ldb = DNNL_RUNTIME_DIM_VAL;
  const plan *made = find(&any);
  plan at = described(&p.form);
  execute(made, &at, &p);
  destroy(&at);
  if (direct) return;
  write_sums(given, p.c);
  sk_free(p.c);
}

/// Cuts what there are too many lengths of: rows of the result, or of both operands where they are summed over.
static void run_by_units(const product *p) {
  const int64_t length = p->form.ta ? p->form.k : p->form.m;
  if (length % exact_step == 0) return run_exactly(p);
  const int64_t whole = length / rows_step * rows_step;
  product first = *p, rest = *p;
  if (p->form.ta) {
    first.form.k = whole;
    rest.form.k -= whole;
    rest.a += whole * p->form.lda;
    rest.b += whole * (p->form.tb ? 1 : p->form.ldb);
    rest.form.adds |= whole > 0;
    rest.form.has_bias = false;
    rest.bias = NULL;
  } else {
    first.form.m = whole;
    rest.form.m -= whole;
    rest.a += whole * p->form.lda;
    rest.c = (char *)p->c + whole * p->form.ldc * (int64_t)sk_size_of((int)p->form.c_type);
  }
  if (whole) run_exactly(&first);
  run_any(&rest);
}

/// In f32, of widened operands: as fast on a processor without such units.
static void run_widened(const product *p) {
  const form *f = &p->form;
  const int64_t a_rows = f->ta ? f->k : f->m, a_columns = f->ta ? f->m : f->k;
  const int64_t b_rows = f->tb ? f->n : f->k, b_columns = f->tb ? f->k : f->n;
  float *a = sk_scratch((size_t)(a_rows * a_columns + b_rows * b_columns + f->m * f->n) * sizeof(float));
  float *b = a + a_rows * a_columns, *sums = b + b_rows * b_columns;
  for (int64_t r = 0; r < (f->lda == a_columns ? 1 : a_rows); r++)
    sk_blend(f->lda == a_columns ? a_rows * a_columns : a_columns, 1, SK_BF16, p->a + r * f->lda, 0, SK_F32,
             a + r * a_columns);
  for (int64_t r = 0; r < (f->ldb == b_columns ? 1 : b_rows); r++)
    sk_blend(f->ldb == b_columns ? b_rows * b_columns : b_columns, 1, SK_BF16, p->b + r * f->ldb, 0, SK_F32,
             b + r * b_columns);
  sk_gemm(f->ta, f->tb, f->m, f->n, f->k, 1, a, a_columns, b, b_columns, 0, sums, f->n);
  write_sums(p, sums);
  sk_free(a);
}

/// Whether a matrix is one column of a wider one, which oneDNN 3.7 takes for a dense column.
static bool is_lone_column(int64_t columns, int64_t ld) { return columns == 1 && ld > 1; }

static bool has_lone_column(const form *f) {
  return is_lone_column(f->ta ? f->m : f->k, f->lda) || is_lone_column(f->tb ? f->k : f->n, f->ldb) ||
         is_lone_column(f->n, f->ldc);
}

static void run(product *p) {
  if (p->form.m <= 0 || p->form.n <= 0) return;
  if (p->form.k <= 0) {
    float *zeros = sk_scratch((size_t)(p->form.m * p->form.n) * sizeof(float));
    memset(zeros, 0, (size_t)(p->form.m * p->form.n) * sizeof(float));
    write_sums(p, zeros);
    sk_free(zeros);
    return;
  }
  if (!sk_has_bf16_units() || has_lone_column(&p->form)) return run_widened(p);
  sk_use_threads((int)p->form.threads);
  pthread_mutex_lock(&lock);
  run_by_units(p);
  pthread_mutex_unlock(&lock);
}

void sk_gemm_bf16(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const void *a, int64_t lda,
                  const void *b, int64_t ldb, bool add, int c_type, void *c, int64_t ldc) {
  run(&(product){{m, n, k, lda, ldb, ldc, transpose_a, transpose_b, add, false, c_type, sk_threads()}, a, b, c, NULL});
}

void sk_linear_forward_bf16(int64_t m, int64_t n, int64_t k, const void *x, int64_t ldx, const void *w,
                            const float *bias, int activation, void *preact, int y_type, void *y, int64_t ldy) {
  const bool activates = activation != SK_IDENTITY;
  product p = {{m, n, k, ldx, k, ldy, false, true, false, bias != NULL, y_type, sk_threads()}, x, w, y, bias};
  if (activates && preact) p.c = preact;
  run(&p);
  if (!activates) return;
  if (ldy == n) return sk_activation_forward(m * n, activation, y_type, p.c, y);
  for (int64_t r = 0; r < m; r++)
    sk_activation_forward(n, activation, y_type, sk_from(y_type, p.c, r * ldy), (void *)sk_from(y_type, y, r * ldy));
}
