/// Seeds: a number of them, or a list.
struct SeedList: OptionValue {
  let seeds: [Int]

  static var placeholder: String { "N|LIST" }
  static var expectation: String { "how many seeds, at most 1000, or different seeds joined by commas: 3,5,7" }
  static func parse(_ text: String, after previous: SeedList?) -> SeedList? {
    if let count = Int(text) { return (1...1000).contains(count) ? SeedList(seeds: Array(1...count)) : nil }
    let words = text.split(separator: ",")
    let seeds = words.compactMap { Int($0) }
    guard !seeds.isEmpty, seeds.count == words.count, Set(seeds).count == seeds.count else { return nil }
    return SeedList(seeds: seeds)
  }
  var defaultText: String? { seeds.map { "\($0)" }.joined(separator: ",") }
}
