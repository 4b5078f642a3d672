// What every use of oneDNN shares: its engine, its stream, and what happens when it refuses.
#ifndef SUB_ONEDNN_H
#define SUB_ONEDNN_H
#include "onednn_versions.h"

dnnl_engine_t sk_engine(void);
dnnl_stream_t sk_stream(void);
/// Ends the process with a message that names `what` was asked for, unless it succeeded.
void sk_expect(dnnl_status_t status, const char *what);
/// Runs a primitive, waits for it, and destroys the memory objects of its arguments.
void sk_execute(dnnl_primitive_t primitive, int count, dnnl_exec_arg_t *arguments);
/// A memory object over values that lie as described.
dnnl_memory_t sk_memory(sk_layout layout, const void *values);
/// Scratch in a layout; NULL where it has no bytes.
void *sk_room(sk_layout layout);
/// The layout that a primitive has chosen; the caller's, as if made.
sk_layout sk_layout_of(const_dnnl_primitive_desc_t described, dnnl_query_t what);
#endif
