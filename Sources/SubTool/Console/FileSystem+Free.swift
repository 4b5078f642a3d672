import SubCore
import SubData

extension FileSystem {
  /// Throws where there is something at a path at which a folder is to be made.
  static func checkFree(_ path: String, isUsage: Bool = false) throws {
    guard kind(path) == .absent else {
      throw InputError(
        "there is something there already", at: path, cure: "name a folder that does not exist yet", isUsage: isUsage)
    }
  }
}
