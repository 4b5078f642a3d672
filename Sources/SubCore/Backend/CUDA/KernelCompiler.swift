import Dispatch
import Synchronization

/// NVRTC: compiles kernels for the device at hand.
struct KernelCompiler: Sendable {
  typealias Status = Int32

  let file: String
  let version: (major: Int, minor: Int)
  private let create:
    @convention(c) (
      UnsafeMutablePointer<CUDAHandle?>, UnsafePointer<CChar>, UnsafePointer<CChar>, Int32, UnsafeRawPointer?,
      UnsafeRawPointer?
    ) -> Status
  private let destroy: @convention(c) (UnsafeMutablePointer<CUDAHandle?>) -> Status
  private let compile: @convention(c) (CUDAHandle?, Int32, UnsafePointer<UnsafePointer<CChar>?>?) -> Status
  private let imageSize, logSize: @convention(c) (CUDAHandle?, UnsafeMutablePointer<Int>) -> Status
  private let image, log: @convention(c) (CUDAHandle?, UnsafeMutableRawPointer) -> Status

  /// The compiler; nil where it is not installed.
  static let shared: KernelCompiler? = KernelCompiler()

  private init?() {
    guard let driver = CUDADriver.shared,
      let library = CUDALibrary(
        "libnvrtc.so", majors: driver.majors,
        before: { major in (0...9).map { "libnvrtc-builtins.so.\(major).\($0)" } })
    else { return nil }
    let askVersion: @convention(c) (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Status =
      library.required("nvrtcVersion")
    var (major, minor) = (Int32(0), Int32(0))
    _ = askVersion(&major, &minor)
    (file, version) = (library.file, (Int(major), Int(minor)))
    create = library.required("nvrtcCreateProgram")
    destroy = library.required("nvrtcDestroyProgram")
    compile = library.required("nvrtcCompileProgram")
    imageSize = library.required("nvrtcGetCUBINSize")
    image = library.required("nvrtcGetCUBIN")
    logSize = library.required("nvrtcGetProgramLogSize")
    log = library.required("nvrtcGetProgramLog")
  }

  /// The machine code of all units for an architecture (90: sm_90), side by side: one after the other they take a minute.
  func images(architecture: Int) -> [KernelUnit: [UInt8]] {
    let units = KernelUnit.allCases.map { ($0, $0.source) }.sorted { $0.1.utf8.count > $1.1.utf8.count }
    let images = Mutex<[KernelUnit: [UInt8]]>([:])
    DispatchQueue.concurrentPerform(iterations: units.count) { index in
      let (unit, source) = units[index]
      let compiled = image(of: source, name: unit.rawValue, architecture: architecture)
      images.withLock { $0[unit] = compiled }
    }
    return images.withLock { $0 }
  }

  /// The machine code of a text, from the cache where the very same was compiled before.
  private func image(of source: String, name: String, architecture: Int) -> [UInt8] {
    let options = ["--gpu-architecture=sm_\(architecture)", "--std=c++17", "-default-device"]
    let cache = KernelCache(["\(version)", "\(options)", source], name: "\(name)-sm_\(architecture)")
    if let known = cache.read() { return known }
    var program: CUDAHandle?
    guard create(&program, source, "\(name).cu", 0, nil, nil) == 0 else { CUDAFailure.end("\(file) makes no program") }
    defer { _ = destroy(&program) }
    let texts = options.map { Array($0.utf8CString) }
    let status = withPointers(to: texts[...], []) { compile(program, Int32(options.count), $0) }
    // 5: an option is not understood, and the architecture is the one that may be too new.
    guard status != 5 else {
      CUDAFailure.end(
        "NVRTC \(version.major).\(version.minor) does not know sm_\(architecture) (\(file)): a newer one is needed, whose folder "
          + "MASKSUB_CUDA_LIBRARIES names")
    }
    guard status == 0 else {
      CUDAFailure.end("the kernels of \(name) do not compile (\(status)):\n" + text(program))
    }
    var count = 0
    guard imageSize(program, &count) == 0, count > 0 else { CUDAFailure.end("\(file) gives no image of \(name)") }
    let compiled = [UInt8](unsafeUninitializedCapacity: count) { memory, filled in
      filled = image(program, memory.baseAddress!) == 0 ? count : 0
    }
    cache.write(compiled)
    return compiled
  }

  private func text(_ program: CUDAHandle?) -> String {
    var count = 0
    guard logSize(program, &count) == 0, count > 0 else { return "" }
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { memory, filled in
      filled = log(program, memory.baseAddress!) == 0 ? count : 0
    }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Calls `body` with the addresses of all texts at once.
  private func withPointers(
    to texts: ArraySlice<[CChar]>, _ before: [UnsafePointer<CChar>?],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Status
  ) -> Status {
    guard let first = texts.first else { return before.withUnsafeBufferPointer { body($0.baseAddress) } }
    return first.withUnsafeBufferPointer {
      withPointers(to: texts.dropFirst(), before + [$0.baseAddress], body)
    }
  }
}
