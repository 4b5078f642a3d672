import SubCore
import SubData

/// The states of the ranks' data in one checkpoint.
enum RankStates {
  private static let key = "ranks"

  /// The states of all ranks, as rank 0 saves them; what is the same in all of them once.
  static func all(_ own: JSON, _ ranks: any Communicator) -> JSON {
    guard !ranks.isAlone else { return own }
    let states = ranks.gatherUneven(Array(own.text().utf8))
    if states.allSatisfy({ $0 == states[0] }) { return own }
    return [key: .array(states.compactMap { try? JSON.parse(String(decoding: $0, as: UTF8.self), at: "") })]
  }

  /// This rank's state of them; for another number of ranks `null`: the source begins from its position alone.
  static func own(_ all: JSON, _ ranks: any Communicator) -> JSON {
    guard let states = all[key]?.array else { return all }
    return states.count == ranks.count ? states[ranks.rank] : .null
  }
}
