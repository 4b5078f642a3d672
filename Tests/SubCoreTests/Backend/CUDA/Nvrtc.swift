import Foundation

/// NVIDIA's compiler of kernels, which needs no device.
struct Nvrtc: @unchecked Sendable {
  /// The compiler; nil where it is not installed.
  static let shared: Nvrtc? = folders.lazy.compactMap { Nvrtc(folder: $0) }.first

  private typealias Program = UnsafeMutableRawPointer
  private let handle: UnsafeMutableRawPointer

  private init?(folder: String) {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    guard let library = names.first(where: { $0.hasPrefix("libnvrtc.so.") }) else { return nil }
    // The compiler looks for these by their names alone.
    for name in names where name.hasPrefix("libnvrtc-builtins.so.") {
      dlopen("\(folder)/\(name)", RTLD_NOW | RTLD_GLOBAL)
    }
    guard let handle = dlopen("\(folder)/\(library)", RTLD_NOW) else { return nil }
    self.handle = handle
  }

  /// Where it may lie: what `MASKSUB_CUDA_LIBRARIES` names, the toolkit, the wheels of Python environments.
  private static var folders: [String] {
    let environment = ProcessInfo.processInfo.environment
    let own = environment["MASKSUB_CUDA_LIBRARIES"]?.split(separator: ":").map(String.init) ?? []
    let home = environment["HOME"] ?? ""
    let roots =
      ["VIRTUAL_ENV", "CONDA_PREFIX"].compactMap { environment[$0] }
      + ["\(home)/.local", "\(home)/.pyenv/versions/*", "/usr/local", "/usr"]
    return own + ["/usr/local/cuda/lib64"]
      + roots.flatMap { paths(like: "\($0)/lib/python3*/*-packages/nvidia/*/lib") }
  }

  private static func paths(like pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
  }

  /// Compiles a text: whether that went well, and what the compiler says.
  func compile(_ source: String, name: String, options: [String]) -> (succeeded: Bool, log: String) {
    let create:
      @convention(c) (
        UnsafeMutablePointer<Program?>, UnsafePointer<CChar>, UnsafePointer<CChar>, Int32, UnsafeRawPointer?,
        UnsafeRawPointer?
      ) -> Int32 = function("nvrtcCreateProgram")
    let compile: @convention(c) (Program?, Int32, UnsafePointer<UnsafePointer<CChar>?>) -> Int32 = function(
      "nvrtcCompileProgram")
    let size: @convention(c) (Program?, UnsafeMutablePointer<Int>) -> Int32 = function("nvrtcGetProgramLogSize")
    let text: @convention(c) (Program?, UnsafeMutablePointer<CChar>) -> Int32 = function("nvrtcGetProgramLog")
    let destroy: @convention(c) (UnsafeMutablePointer<Program?>) -> Int32 = function("nvrtcDestroyProgram")
    var program: Program?
    guard create(&program, source, "\(name).cu", 0, nil, nil) == 0 else { return (false, "no program") }
    defer { _ = destroy(&program) }
    let copies = options.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let status = compile(program, Int32(copies.count), copies.map { UnsafePointer($0) })
    var count = 0
    guard size(program, &count) == 0, count > 0 else { return (status == 0, "") }
    var log = [CChar](repeating: 0, count: count)
    _ = text(program, &log)
    return (status == 0, String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  private func function<Function>(_ name: String, as type: Function.Type = Function.self) -> Function {
    guard let address = dlsym(handle, name) else { preconditionFailure("NVRTC has no \(name)") }
    return unsafeBitCast(address, to: type)
  }
}
