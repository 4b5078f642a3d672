internal import CSubKernels

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The CPU backend's settings and figures.
public enum Processor {
  /// Threads of every kernel; 0 asks for as many as the process may use.
  public static var threads: Int {
    get { Int(sk_threads()) }
    set { sk_set_threads(Int32(newValue)) }
  }

  /// Cores that the process may use: what its affinity and the control group's quota leave, and of the machine's a part where
  /// it is one of several ranks there.
  public static func cores(of ranks: any Communicator = SingleProcess()) -> Int {
    max(1, min(Int(sk_usable_cores()), Int(sk_machine_cores()) / ranks.localCount))
  }

  /// Gives each of the ranks on a machine its part of the cores, unless the launcher or OMP_NUM_THREADS did, and all ranks
  /// as many threads: sums are divided by threads, and what ranks compute is to be the same.
  public static func share(among ranks: any Communicator) {
    if getenv("OMP_NUM_THREADS") == nil { sk_limit_default_threads(sk_machine_cores() / Int32(ranks.localCount)) }
    sk_limit_default_threads(Int32(ranks.smallest(threads)))
  }

  /// The vector instructions that run-time dispatch chose.
  public static var features: String { String(cString: sk_cpu_features()) }

  /// Whether the processor multiplies bf16. Without such units `Precision.bf16` gives the same results within rounding.
  public static var hasBF16Units: Bool { sk_has_bf16_units() }

  /// What `Precision.bf16` gains here, in words.
  public static var bf16: String {
    hasBF16Units
      ? "units that multiply it: --precision bf16 is faster than fp32 (masksub bench gemm measures the products)"
      : "no units that multiply it: --precision bf16 saves memory and is no faster than fp32"
  }

  /// The major version of oneDNN that the kernels were built for. Another one has other functions.
  package static var oneDNNMajor: Int { Int(sk_onednn_major()) }

  /// Bytes in use, bytes held for reuse, how often the system was asked for memory, and how many blocks the pool has
  /// handed out so far.
  public static var memory: (inUse: Int, held: Int, systemCalls: Int, allocations: Int) {
    var (inUse, held, calls, allocations) = (0, 0, 0, 0)
    sk_memory_usage(&inUse, &held, &calls, &allocations)
    return (inUse, held, calls, allocations)
  }

  /// Gives back to the system what the pool holds and nobody uses.
  public static func trimMemory() { sk_memory_trim() }
}
