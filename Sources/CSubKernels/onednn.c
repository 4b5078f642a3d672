#include "onednn.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "kernel.h"

static dnnl_engine_t engine;
static dnnl_stream_t stream;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void) {
  sk_expect(dnnl_engine_create(&engine, dnnl_cpu, 0), "an engine");
  sk_expect(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "a stream");
}

int sk_onednn_major(void) { return DNNL_VERSION_MAJOR; }

dnnl_engine_t sk_engine(void) {
  pthread_once(&once, start);
  return engine;
}

dnnl_stream_t sk_stream(void) {
  pthread_once(&once, start);
  return stream;
}

void sk_expect(dnnl_status_t status, const char *what) {
  if (status == dnnl_success) return;
  fprintf(stderr, "masksub: oneDNN refused %s (status %d)\n", what, status);
  abort();
}

dnnl_memory_t sk_memory(sk_layout layout, const void *values) {
  dnnl_memory_t m;
  sk_expect(dnnl_memory_create(&m, layout, sk_engine(), (void *)values), "memory");
  return m;
}

void *sk_room(sk_layout layout) {
  size_t bytes = dnnl_memory_desc_get_size(layout);
  return bytes ? sk_scratch(bytes) : NULL;
}

sk_layout sk_layout_of(const_dnnl_primitive_desc_t described, dnnl_query_t what) {
  sk_layout own;
  sk_expect(dnnl_memory_desc_clone(&own, dnnl_primitive_desc_query_md(described, what, 0)), "a layout");
  return own;
}

void sk_execute(dnnl_primitive_t primitive, int count, dnnl_exec_arg_t *arguments) {
  sk_expect(dnnl_primitive_execute(primitive, sk_stream(), count, arguments), "a call");
  sk_expect(dnnl_stream_wait(sk_stream()), "a call");
  for (int i = 0; i < count; i++) dnnl_memory_destroy(arguments[i].memory);
}
