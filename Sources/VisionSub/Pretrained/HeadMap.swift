import SubCore
import SubData

/// Which rows of a file's classifier become the classes of a run: how Swin's finetuning takes the 1000 classes of
/// ImageNet-1k from a head of 21,841 (`map22kto1k.txt` in its repository).
public struct HeadMap: Sendable, Equatable {
  /// The file, for messages.
  public let place: String
  /// The row of every class, in the order of the classes.
  public let rows: [Int]
  private let lines: [Int]

  /// Reads a text file with a row's number, from 0, a line. Throws an `InputError` that names the first line that holds
  /// none.
  public init(_ path: String) throws {
    var (rows, lines): ([Int], [Int]) = ([], [])
    for (number, text) in try LineFile.entries(path) {
      guard let row = Int(text), row >= 0 else {
        throw InputError(
          "'\(text.prefix(40))' is no row of a head", at: "\(path), line \(number)",
          cure: "write one whole number from 0 a line")
      }
      rows.append(row)
      lines.append(number)
    }
    (place, self.rows, self.lines) = (path, rows, lines)
  }

  /// Throws an `InputError` where the head has not these rows, or the run not as many classes.
  func check(head: Int, classes: Int) throws {
    guard rows.count == classes else {
      throw InputError(
        "\(rows.count) rows are named for \(classes) classes", at: place,
        cure: "name a row for every class of the data, in the order of the classes")
    }
    guard let wrong = rows.firstIndex(where: { $0 >= head }) else { return }
    throw InputError(
      "row \(rows[wrong]) of a head of \(head)", at: "\(place), line \(lines[wrong])",
      cure: "name rows from 0 to \(head - 1); the map belongs to another head")
  }
}
