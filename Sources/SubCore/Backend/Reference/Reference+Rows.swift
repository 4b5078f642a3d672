extension ReferenceBackend {
  func gatherRows(_ table: Tensor, _ indices: Tensor, adding: Bool, into y: Tensor) {
    let width = y.shape.columns
    for (row, index) in indices.indexList.enumerated() {
      for column in 0..<width {
        let value = Elements(table)[index * width + column]
        Elements(y)[row * width + column] = adding ? Elements(y)[row * width + column] + value : value
      }
    }
  }

  func scatterAddRows(_ values: Tensor, _ indices: Tensor, into table: Tensor, touched: Tensor?) {
    let width = values.shape.columns
    for (row, index) in indices.indexList.enumerated() {
      for column in 0..<width { Elements(table)[index * width + column] += Elements(values)[row * width + column] }
      if let touched { touched.pointer(UInt8.self)[index] = 1 }
    }
  }

  func clearRows(_ table: Tensor, touched: Tensor) {
    let width = table.shape.columns
    for (row, flag) in touched.flagList.enumerated() where flag != 0 {
      for column in 0..<width { Elements(table)[row * width + column] = 0 }
      touched.pointer(UInt8.self)[row] = 0
    }
  }

  func scatterRows(_ values: Tensor, _ indices: Tensor, into table: Tensor) {
    let width = values.shape.columns
    for (row, index) in indices.indexList.enumerated() where index >= 0 {
      for column in 0..<width { Elements(table)[index * width + column] = Elements(values)[row * width + column] }
    }
  }

  func segmentMean(_ x: Tensor, _ segments: Segments, into y: Tensor) {
    let (width, ends) = (x.shape.columns, segments.offsets.indexList)
    for segment in 0..<segments.count {
      let rows = ends[segment]..<ends[segment + 1]
      for column in 0..<width {
        let sum = rows.reduce(0) { $0 + Elements(x)[$1 * width + column] }
        Elements(y)[segment * width + column] = sum / Double(rows.count)
      }
    }
  }

  func segmentMeanBackward(_ dy: Tensor, _ segments: Segments, into dx: Tensor) {
    let (width, ends) = (dx.shape.columns, segments.offsets.indexList)
    for segment in 0..<segments.count {
      let rows = ends[segment]..<ends[segment + 1]
      for row in rows {
        for column in 0..<width {
          Elements(dx)[row * width + column] = Elements(dy)[segment * width + column] / Double(rows.count)
        }
      }
    }
  }

  func patchify(_ images: Tensor, patch: Int, patches: Tensor?, into y: Tensor) {
    let (channels, height, width) = (images.shape[1], images.shape[2], images.shape[3])
    let (down, across) = (height / patch, width / patch)
    let length = channels * patch * patch
    let list = patches?.indexList ?? Array(0..<images.shape[0] * down * across)
    for (row, index) in list.enumerated() {
      let (image, cell) = (index / (down * across), index % (down * across))
      let (top, left) = (cell / across * patch, cell % across * patch)
      for c in 0..<channels {
        for i in 0..<patch {
          for j in 0..<patch {
            Elements(y)[row * length + (c * patch + i) * patch + j] =
              Elements(images)[((image * channels + c) * height + top + i) * width + left + j]
          }
        }
      }
    }
  }

  func normalizeRows(_ x: Tensor, epsilon: Double, into y: Tensor, norms: Tensor) {
    let width = x.shape.columns
    for row in 0..<x.shape.rows {
      let squares = (0..<width).reduce(0) { $0 + Elements(x)[row * width + $1] * Elements(x)[row * width + $1] }
      Elements(norms)[row] = squares.squareRoot()
      for column in row * width..<(row + 1) * width {
        Elements(y)[column] = Elements(x)[column] / max(squares.squareRoot(), epsilon)
      }
    }
  }

  func normalizeRowsBackward(_ y: Tensor, norms: Tensor, epsilon: Double, _ dy: Tensor, into dx: Tensor) {
    let width = y.shape.columns
    for row in 0..<y.shape.rows {
      let range = row * width..<(row + 1) * width
      let norm = Elements(norms)[row]
      // Below epsilon the divisor is constant.
      let dot = norm > epsilon ? range.reduce(0) { $0 + Elements(y)[$1] * Elements(dy)[$1] } : 0
      for i in range { Elements(dx)[i] = (Elements(dy)[i] - Elements(y)[i] * dot) / max(norm, epsilon) }
    }
  }
}
