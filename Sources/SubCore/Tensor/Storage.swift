/// Memory of a device, given back to its backend's pool when the last tensor over it goes. Not `Sendable`: one isolation
/// domain owns tensors; loaders hand over `HostArray`s.
final class Storage {
  let device: Device
  /// Only backends read this.
  let memory: UnsafeMutableRawPointer
  /// Of weights: the same elements in the type that products compute in, where that is another.
  var shadow: Shadow?

  init(device: Device, byteCount: Int) {
    self.device = device
    memory = device.backend.allocate(byteCount)
  }

  deinit { device.backend.release(memory) }
}
