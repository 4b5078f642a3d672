/// Sets of pictures that a classifier is evaluated on together, each with its own labels: a row of the paper's Table A.4.
public struct EvaluationSuite: Sendable {
  /// A figure that a set gives.
  public struct Measure: Sendable {
    /// What it is called: `imagenet_a`.
    public let name: String
    /// Under which heading it stands in the suite's row; nil: under none.
    public let title: String?
    /// What is right.
    public let space: LabelSpace
    /// Where groups of pictures are listed, over which accuracies are averaged too; nil: nowhere.
    public let groups: Groups?
  }

  /// Groups of a set's pictures: a table with a column `image_id`, whose values are the names of files, and some whose
  /// values tell groups apart.
  public struct Groups: Sendable {
    /// Where the table may lie, below the suite's folder.
    public let files: [String]
    /// The columns.
    public let columns: [String]
  }

  /// Pictures with everything that is measured on them.
  public struct Pictures: Sendable {
    /// The class folders' folder below the suite's, the first of these that is there.
    public let folders: [String]
    /// The classes, in the order of the classifier's rows.
    public let classNames: [String]
    /// What a classifier made of sentences calls them; nil: nothing says so.
    public let spokenNames: [String]?
    /// The sentences around them: a file, or a name that the zero-shot classifier knows; nil: nothing says so.
    public let templates: String?
    /// Pixels that are cut off on every side before anything else.
    public let border: Int
    /// What is measured.
    public let measures: [Measure]
  }

  /// What it is called.
  public let name: String
  /// The headings of its row, as a table of the literature has them.
  public let titles: [String]
  /// The sets.
  public let sets: [Pictures]
}
