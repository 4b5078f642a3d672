/// What of CUDA a machine has.
public enum CUDAInstallation {
  /// Why no device of this kind can be used, with the cure; nil where one can.
  public static var obstacle: String? {
    guard CUDADriver.shared != nil else {
      return "no NVIDIA driver with a device was found (libcuda.so.1)"
    }
    if KernelCompiler.shared == nil { return missingCompiler }
    return ProductLibrary.shared == nil ? missingProducts : nil
  }

  /// What was found, a line each: the driver and its devices, the compiler, the products.
  public static var report: [(name: String, text: String)] {
    guard let driver = CUDADriver.shared else { return [("driver", "none with a device (libcuda.so.1); not needed")] }
    return [
      (
        "driver",
        "CUDA \(driver.version / 1000).\(driver.version % 1000 / 10), \(driver.count) \(driver.count == 1 ? "device" : "devices") (\(driver.file))"
      ),
      (
        "compiler",
        KernelCompiler.shared.map { "NVRTC \($0.version.major).\($0.version.minor) (\($0.file))" } ?? missingCompiler
      ),
      ("products", ProductLibrary.shared.map { "cuBLASLt \($0.version) (\($0.file))" } ?? missingProducts),
      (
        "ranks",
        NCCLLibrary.shared.map { "NCCL \($0.version) (\($0.file))" }
          ?? "libnccl.so.2 was not found: what ranks say of tensors goes through the host's memory"
      ),
    ]
  }

  static let missingCompiler =
    "libnvrtc.so was not found: install CUDA 12 or 13, or the wheel nvidia-cuda-nvrtc, and name its folder in "
    + "MASKSUB_CUDA_LIBRARIES"
  static let missingProducts =
    "libcublasLt.so was not found: install CUDA 12 or 13, or the wheel nvidia-cublas, and name its folder in "
    + "MASKSUB_CUDA_LIBRARIES"
}
