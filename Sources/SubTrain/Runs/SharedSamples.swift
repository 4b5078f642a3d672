import SubCore
import SubData

extension Communicator {
  /// Throws, on all ranks, where one of them would train on other samples than rank 0.
  func check(_ identity: @autoclosure () -> JSON) throws {
    guard !isAlone else { return }
    let all = gatherUneven(Array(identity().text().utf8))
    guard let other = all.firstIndex(where: { $0 != all[0] }) else { return }
    let (first, theirs) = (String(decoding: all[0], as: UTF8.self), String(decoding: all[other], as: UTF8.self))
    throw InputError(
      "rank \(other) has other training data than rank 0: \(theirs), not \(first)", at: "--data",
      cure: "give every machine the same files, in the same order")
  }
}
