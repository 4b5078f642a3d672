import ClipSub
import SubCore
import SubData
import SubTrain

/// What stays as it is.
struct FreezeOptions: OptionGroup {
  static let title = "Frozen"
  @Option(
    "--freeze", value: "PATTERN", default: "nothing",
    "parameters that stay as they are, by the weights' names with * for anything")
  var patterns: [String] = []

  var freezing: Freezing { Freezing(patterns) }
  /// As a run's configuration holds it.
  var json: JSON { .array(patterns.map { .string($0) }) }
}

/// Which towers of a CLIP stay as they are, by open_clip's names.
struct LockOptions: OptionGroup {
  static let title = "Locked towers"
  @Flag("--lock-image", "the image tower stays as it is") var locksImage: Bool
  @Option(
    "--lock-image-unlocked-groups", in: 0...1024,
    "groups of it that are trained nevertheless: the projection, the last block with its norm, the one before it, …")
  var imageGroups = 0
  @Flag("--lock-text", "the text tower stays as it is") var locksText: Bool
  @Option("--lock-text-unlocked-layers", in: 0...1024, "the same of the text tower") var textGroups = 0

  /// The lock. Throws a usage error where groups of a tower are unlocked that is not locked.
  var lock: ClipLock {
    get throws {
      for (isLocked, isGiven, option) in [
        (locksImage, $imageGroups.isGiven, "--lock-image"), (locksText, $textGroups.isGiven, "--lock-text"),
      ] where isGiven && !isLocked {
        throw InputError(
          "groups are unlocked of a tower that is not locked", at: option, cure: "add \(option)", isUsage: true)
      }
      return ClipLock(image: locksImage ? imageGroups : nil, text: locksText ? textGroups : nil)
    }
  }

  /// As a run's configuration holds it: the groups that are trained, null where a tower is not locked.
  var json: JSON {
    [
      "image": locksImage ? .integer(Int64(imageGroups)) : .null,
      "text": locksText ? .integer(Int64(textGroups)) : .null,
    ]
  }
}
