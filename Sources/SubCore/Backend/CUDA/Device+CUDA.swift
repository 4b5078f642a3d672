extension Device {
  /// Whether tensors of this device lie in the host's memory.
  public var isHost: Bool { backend is any HostBackend }

  /// What a device that is none of the host's is called by its maker: `NVIDIA H100 80GB HBM3 (sm_90)`.
  public var model: String? { cuda.map { "\($0.name) (sm_\($0.architecture))" } }

  /// What of its own memory the device has handed out; nil where that is the host's.
  public var memoryUsage: DeviceMemoryUsage? { cuda?.pool.usage }

  /// Says of how many samples the batches are with which the device is about to compute: where its memory runs out, the message
  /// names a smaller one.
  public func note(batchSize: Int) { cuda?.pool.note(samples: batchSize) }

  /// Has products of f32 read it as tf32 from now on, or no longer (`Precision.tf32`).
  package func roundsProducts(_ isWanted: Bool) {
    precondition(backend.roundProducts(isWanted), "\(self) does not compute in tf32")
  }

  /// How often the host has waited for the device so far; nil where everything is done when its call returns.
  public var waits: Int? { cuda?.waits }

  private var cuda: CUDADevice? { (backend as? CUDABackend)?.device }
}
