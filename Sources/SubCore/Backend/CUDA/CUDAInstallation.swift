/// What of CUDA a machine has.
public enum CUDAInstallation {
  /// Why no device of this kind can be used, with the cure; nil where one can.
  public static var obstacle: String? {
    switch CUDADriver.found {
    case nil: return "no NVIDIA driver was found (libcuda.so.1)"
    case .failure(let refusal): return "driver \(refusal.text)"
    case .success(let driver):
      if let obstacle = driver.obstacle { return obstacle }
      if KernelCompiler.shared == nil { return missingCompiler }
      return ProductLibrary.shared == nil ? missingProducts : nil
    }
  }

  /// What was found, a line each: the driver and its devices, the compiler, the products.
  public static var report: [(name: String, text: String)] {
    switch CUDADriver.found {
    case nil: return [("driver", "none was found (libcuda.so.1); not needed")]
    case .failure(let refusal): return [("driver", refusal.text)]
    case .success(let driver):
      let devices = "\(driver.count) \(driver.count == 1 ? "device" : "devices")"
      return [
        ("driver", "\(CUDADriver.name(of: driver.version)), \(driver.obstacle ?? devices) (\(driver.file))"),
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
  }

  static var missingCompiler: String { missing("libnvrtc.so", wheel: "nvidia-cuda-nvrtc") }
  static var missingProducts: String { missing("libcublasLt.so", wheel: "nvidia-cublas") }

  private static func missing(_ library: String, wheel: String) -> String {
    let driver = CUDADriver.shared?.version ?? 0
    let newer = CUDADriver.knownMajors.filter { $0 > driver / 1000 }
    return missing(library, wheel: wheel, driver: driver, newer: CUDALibrary(library, majors: newer)?.file)
  }

  /// What to say where a driver of a version lacks a library; `newer`: one that was found, which it cannot run.
  static func missing(_ library: String, wheel: String, driver: Int, newer: String?) -> String {
    let runs13 = driver >= 13000
    let found =
      newer.map { "\(library) was found for newer drivers than \(CUDADriver.name(of: driver)) alone (\($0))" }
      ?? "\(library) was not found"
    return "\(found): install \(runs13 ? "CUDA 12 or 13" : "CUDA 12"), or the wheel \(wheel)\(runs13 ? "" : "-cu12"), "
      + "and name its folder in MASKSUB_CUDA_LIBRARIES"
  }
}
