#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A shared library that is opened at run time and stays open.
///
/// `@unchecked Sendable`: the handle is only read, and `dlsym` may be called from every thread.
struct CUDALibrary: @unchecked Sendable {
  /// The file that was opened.
  let file: String
  private let handle: UnsafeMutableRawPointer

  /// The first of these files that can be opened, with what it needs (`before`) opened from the same folder.
  init?(_ name: String, before needed: [String] = []) {
    for folder in Self.folders {
      for library in needed { _ = dlopen(folder + library, RTLD_NOW | RTLD_GLOBAL) }
      let file = folder.hasSuffix(".so") ? folder : folder + name
      guard let handle = dlopen(file, RTLD_NOW) else { continue }
      (self.file, self.handle) = (file, handle)
      return
    }
    return nil
  }

  /// A function by its name; nil where the library has none.
  func function<Function>(_ name: String, as type: Function.Type = Function.self) -> Function? {
    dlsym(handle, name).map { unsafeBitCast($0, to: type) }
  }

  /// A function that every version of the library has.
  func required<Function>(_ name: String) -> Function {
    guard let function = function(name, as: Function.self) else { preconditionFailure("\(file) has no \(name)") }
    return function
  }

  /// Where the libraries may lie, in order: what `MASKSUB_CUDA_LIBRARIES` names (folders, or one file for all of them), the
  /// loader's own path, the toolkit, and the wheels of the Python environment that is active.
  private static let folders: [String] = {
    let own = Environment.value("MASKSUB_CUDA_LIBRARIES").map { $0.split(separator: ":").map(String.init) } ?? []
    var folders = own.map { $0.hasSuffix(".so") || $0.hasSuffix("/") ? $0 : $0 + "/" } + [""]
    folders += ["/usr/local/cuda/lib64/", "/usr/local/nvidia/lib64/", "/usr/lib/x86_64-linux-gnu/"]
    if let python = Environment.value("VIRTUAL_ENV") {
      let libraries = python + "/lib"
      let wheels = ["cu13/lib/", "cuda_nvrtc/lib/", "cublas/lib/", "nccl/lib/"]
      for version in names(in: libraries) where version.hasPrefix("python") {
        folders += wheels.map { "\(libraries)/\(version)/site-packages/nvidia/\($0)" }
      }
    }
    return folders
  }()

  private static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names.sorted()
  }
}
