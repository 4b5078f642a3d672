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

  /// A library of one of these majors, the first that can be opened: folder by folder, within one by majors in their order, and
  /// behind what a major needs (`before`) from the same folder.
  init?(
    _ name: String, majors: [Int], before needed: (Int) -> [String] = { _ in [] }, in folders: [String] = Self.folders
  ) {
    for folder in folders {
      for major in majors {
        for library in needed(major) { _ = dlopen(folder + library, RTLD_NOW | RTLD_GLOBAL) }
        let file = folder.hasSuffix(".so") ? folder : "\(folder)\(name).\(major)"
        guard let handle = dlopen(file, RTLD_NOW) else { continue }
        (self.file, self.handle) = (file, handle)
        return
      }
    }
    return nil
  }

  /// A function by its name; nil where the library has none.
  func function<Function>(_ name: String, as type: Function.Type = Function.self) -> Function? {
    dlsym(handle, name).map { unsafeBitCast($0, to: type) }
  }

  /// A function that every version of the library has.
  func required<Function>(_ name: String) -> Function {
    guard let function = function(name, as: Function.self) else {
      CUDAFailure.end("there is no \(name) (\(file)): install a newer version")
    }
    return function
  }

  /// Where the libraries may lie, in order: what `MASKSUB_CUDA_LIBRARIES` names (folders, or one file for all of them), the
  /// loader's own path, the toolkit, and the Python environment that is active: a conda's own, and the wheels of each.
  private static let folders = folders(Environment.value)

  /// The same by the variables that `value` knows.
  static func folders(_ value: (String) -> String?) -> [String] {
    let own = value("MASKSUB_CUDA_LIBRARIES").map { $0.split(separator: ":").map(String.init) } ?? []
    var folders = own.map { $0.hasSuffix(".so") || $0.hasSuffix("/") ? $0 : $0 + "/" } + [""]
    folders += ["/usr/local/cuda/lib64/", "/usr/local/nvidia/lib64/", "/usr/lib/x86_64-linux-gnu/"]
    for python in ["VIRTUAL_ENV", "CONDA_PREFIX"].compactMap(value) {
      let libraries = python + "/lib/"
      let wheels = ["cu13/lib/", "cuda_nvrtc/lib/", "cublas/lib/", "nccl/lib/"]
      folders.append(libraries)
      for version in names(in: libraries) where version.hasPrefix("python") {
        folders += wheels.map { "\(libraries)\(version)/site-packages/nvidia/\($0)" }
      }
    }
    return folders
  }

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
