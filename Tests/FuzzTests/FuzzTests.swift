import CSystem
import SubCore
import SubData
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Every reader on damaged copies of small whole files, in this process: an answer or an `InputError`, never a trap, and
/// memory that stays. The tests run a few hundred inputs per format. A campaign of its own:
///
///     MASKSUB_FUZZ=1000000 scripts/test --filter FuzzTests
///
/// prints counts, rates and the peak of memory, and holds that: here other suites use memory at the same time. An input that ends
/// the process is still there: it lies in /dev/shm/masksub-fuzz-PID/FORMAT, or below /tmp where there is no such folder.
@Suite(.serialized) struct FuzzTests {
  @Test(arguments: Format.all) func `damaged files are answers or errors`(format: Format) throws {
    try #require(!format.corpus.isEmpty, "no file to begin with")
    let variables = (getenv("MASKSUB_FUZZ").map { String(cString: $0) }, getenv("MASKSUB_FUZZ_SEED"))
    let count = variables.0.flatMap { Int($0) } ?? 200
    let seed = variables.1.flatMap { Int(String(cString: $0)) } ?? 1
    // In memory where there is a place for that.
    let place = FileSystem.kind("/dev/shm") == .folder ? "/dev/shm" : "/tmp"
    let root = "\(place)/masksub-fuzz-\(getpid())"
    let folder = "\(root)/\(format.name.filter { $0.isLetter })"
    try FileSystem.makeFolder(folder)
    for file in format.beside {
      try Self.put(TemporaryFolder.bytes(Repository.file(file)), at: "\(folder)/\(FileSystem.name(file))")
    }
    let path = "\(folder)/\(format.fileName)"
    let clock = ContinuousClock()
    let began = clock.now
    var (errors, peak) = (0, sys_peak_rss_kib())
    let before = peak
    for number in 0..<count {
      let key = RandomKey(seed: seed).fold(number)
      try Self.put(Mutation.damaged(format.corpus, key), at: path)
      do { try format.read(path) } catch is InputError { errors += 1 }
    }
    peak = sys_peak_rss_kib()
    FileSystem.remove(root)
    let seconds =
      Double((clock.now - began).components.attoseconds) / 1e18 + Double((clock.now - began).components.seconds)
    if variables.0 != nil {
      print(
        "fuzz: \(format.name): \(count) inputs, \(errors) errors, \(Int(Double(count) / seconds)) a second, peak "
          + "\(before >> 10) to \(peak >> 10) MiB")
      fflush(nil)
      #expect(peak - before < 1 << 20, "more than a GiB for files of a few KiB")
    }
  }

  /// Writes over the file of the input before: a new one each time would cost more than most readers.
  private static func put(_ bytes: [UInt8], at path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0, write(file, bytes, bytes.count) == bytes.count else { throw FileSystem.error("no room", path) }
    close(file)
  }
}
