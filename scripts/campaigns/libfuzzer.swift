// What libFuzzer calls: one of FuzzTests' formats, which MASKSUB_FORMAT names, read from a file in memory. Its corpus goes to
// the folder MASKSUB_CORPUS first.
import Glibc
import SubCore
import SubData
import TestSupport

private let format: Format = {
  let name = getenv("MASKSUB_FORMAT").map { String(cString: $0) } ?? ""
  guard let format = Format.all.first(where: { $0.name == name }) else {
    print("formats: \(Format.all.map(\.name).joined(separator: "; "))")
    exit(2)
  }
  return format
}()

private let path: String = {
  let folder = "/dev/shm/masksub-libfuzzer-\(getpid())"
  do {
    try FileSystem.makeFolder(folder)
    for file in format.beside {
      put(try TemporaryFolder.bytes(Repository.file(file)), at: "\(folder)/\(FileSystem.name(file))")
    }
  } catch { fatalError("\(error)") }
  return "\(folder)/\(format.fileName)"
}()

private func put(_ bytes: some Collection<UInt8>, at path: String) {
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  let written = Array(bytes).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
  guard file >= 0, written == bytes.count else { fatalError("no room for \(path)") }
  close(file)
}

@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer) -> CInt {
  // Without a format the names are printed, and that is all.
  _ = format.name
  if let folder = getenv("MASKSUB_CORPUS").map({ String(cString: $0) }) {
    for (number, bytes) in format.corpus.enumerated() { put(bytes, at: "\(folder)/seed-\(number)") }
  }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func read(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  put(UnsafeBufferPointer(start: bytes, count: count), at: path)
  do { try format.read(path) } catch is InputError {} catch { fatalError("\(error)") }
  return 0
}
