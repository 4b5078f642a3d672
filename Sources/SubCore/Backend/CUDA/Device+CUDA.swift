extension Device {
  /// Whether tensors of this device lie in the host's memory.
  public var isHost: Bool { backend is any HostBackend }

  /// What a device that is none of the host's is called by its maker: `NVIDIA H100 80GB HBM3 (sm_90)`.
  public var model: String? { cuda.map { "\($0.name) (sm_\($0.architecture))" } }

  /// What of its own memory the device has handed out; nil where that is the host's.
  public var memoryUsage: DeviceMemoryUsage? { cuda?.pool.usage }

  /// What a process may still get of the device's own memory, in bytes, what lies free in its pool too; nil where that is the
  /// host's.
  public var freeMemory: Int? { cuda?.freeMemory }

  /// Gives back what lies free in the pool of the device, or of the host.
  public func trimMemory() {
    if let cuda { cuda.pool.trim() } else { Processor.trimMemory() }
  }

  /// Says of how many samples the batches are with which the device is about to compute: where its memory runs out, the message
  /// names a smaller one.
  public func note(batchSize: Int) { cuda?.pool.note(samples: batchSize) }

  /// Has products of f32 read it as tf32 from now on, or no longer (`Precision.tf32`).
  package func roundsProducts(_ isWanted: Bool) {
    precondition(backend.roundProducts(isWanted), "\(self) does not compute in tf32")
  }

  /// Has the device begin what it was asked for, of which it may hold back some until more has come together: where a step begins.
  public func submit() { cuda?.queue.submit() }

  /// What of its work the device was sent as captured graphs; nil where it is the host.
  public var captured: CapturedWork? { cuda?.queue.captured }

  /// How often the host has waited for the device so far; nil where everything is done when its call returns.
  public var waits: Int? { cuda?.waits }

  var cuda: CUDADevice? { (backend as? CUDABackend)?.device }
}

/// What of a device's work was captured as graphs, which are sent in one call.
public struct CapturedWork: Sendable {
  /// Commands that were sent so far, and those of them that were parts of a graph.
  public internal(set) var commands = 0, inGraphs = 0
  /// Why nothing is captured; nil where pieces are that come again.
  public internal(set) var obstacle: String?

  /// Of all commands.
  public var share: Double { Double(inGraphs) / Double(max(1, commands)) }
}
