// What the twin of a device answers besides the driver, NVRTC and cuBLASLt that it stands in for. Tests open the
// library and look these functions up by name.
#ifndef CUDA_TWIN_H
#define CUDA_TWIN_H
#ifdef __cplusplus
extern "C" {
#endif

/// The order in which the threads of a block, its warps and the blocks of a grid run: 0 ascending, 1 descending, any
/// other number the seed of a random one. At start: `MASKSUB_TWIN_ORDER`, else 0.
void twin_set_order(unsigned order);

/// When the work of a stream is done: 0, when somebody waits for it, which is as late as the rules allow; 1, when it is
/// enqueued; 2, that on streams which carry no kernels, so that copies overtake what computes. At start:
/// `MASKSUB_TWIN_EAGER`, else 0.
void twin_set_eager(int when);

/// What cuDriverGetVersion and cuInit answer; 13000 and 0 at start.
void twin_set_driver(int version, int status);

/// The device's architecture; 90 (sm_90), the only one that its NVRTC knows, at start.
void twin_set_architecture(int architecture);

/// What tells the device from others where the calling thread asks; 1 at start.
void twin_set_identity(unsigned char identity);

/// How many bytes the device has; 8 GiB at start.
void twin_set_memory(unsigned long long bytes);

/// The next so many calls of cuGraphInstantiateWithFlags, then of cuGraphLaunch, that this thread makes find no memory.
void twin_deny_graphs(int instantiations, int launches);

/// The next so many calls of cuModuleLoadData, then of cuModuleGetFunction, that this thread makes find no memory.
void twin_deny_code(int loads, int functions);

/// The next so many calls of cublasLtMatmulAlgoGetHeuristic that this thread makes find no algorithm.
void twin_deny_algorithms(int calls);

/// How often something happened so far; -1 where `name` is none of these: `launches`, `products`, `graphs` (enqueued),
/// `threads` (run), `waits` (of the host), `allocations`, `bytes_in_use`, `bytes_to_device`, `bytes_to_host`,
/// `bytes_on_device` (copied there), `bytes_filled`.
long long twin_counter(const char *name);

/// How often a kernel was enqueued so far; -1 where there is none of this name.
long long twin_launches(const char *kernel);

/// The name of a fault that is planted to see whether the twin notices it; NULL behind the last one.
const char *twin_fault(int number);

/// Runs the small program around a fault in a process of its own, with the fault or as it should be. 1: something was
/// noticed, and `message` says what; 0: nothing; -1: it could not be run.
int twin_try(int number, int is_faulty, char *message, int capacity);

#ifdef __cplusplus
}
#endif
#endif
