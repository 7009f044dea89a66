import Kernel

/// Fewer points that draw nearly the same line.
public enum Downsampling {
  /// At most `count` of the points, chosen so that a chart looks the same: largest triangle, three buckets.
  ///
  /// The points must be in order of time. The first and the last are kept, and from four points on also the smallest
  /// and the largest value (the earliest of equal ones), so that no excursion is drawn away. Exactly `count` points
  /// come back unless fewer are given. Pure; cost: two passes.
  ///
  /// Method: Sveinn Steinarsson, "Downsampling Time Series for Visual Representation", University of Iceland, 2013.
  public static func largestTriangles(_ points: [Point], count: Int) -> [Point] {
    guard points.count > count else { return points }
    guard count > 2 else { return count <= 0 ? [] : count == 1 ? [points[0]] : [points[0], points[points.count - 1]] }

    let extremes = count >= 4 ? extremes(points) : []
    let edges = bucketEdges(points.count, buckets: count - 2, separating: extremes)
    var chosen = [points[0]]
    chosen.reserveCapacity(count)
    for bucket in 0..<(count - 2) {
      let here = edges[bucket]..<edges[bucket + 1]
      if let extreme = extremes.first(where: here.contains) {
        chosen.append(points[extreme])
        continue
      }
      // The corner on the right is the middle of what follows; after the last bucket only the last point follows.
      let next = edges[bucket + 1]..<(bucket + 2 < edges.count ? edges[bucket + 2] : points.count)
      chosen.append(points[corner(of: points, in: here, left: chosen[chosen.count - 1], right: middle(points, next))])
    }
    chosen.append(points[points.count - 1])
    return chosen
  }

  /// The places of the smallest and the largest value, without the first and last point, which stay anyway.
  private static func extremes(_ points: [Point]) -> [Int] {
    var smallest = 0
    var largest = 0
    for place in points.indices {
      if points[place].value < points[smallest].value { smallest = place }
      if points[place].value > points[largest].value { largest = place }
    }
    return Set([smallest, largest]).filter { $0 > 0 && $0 < points.count - 1 }.sorted()
  }

  /// Where the buckets begin, and where the last one ends; never an empty one, never two extremes in one.
  private static func bucketEdges(_ count: Int, buckets: Int, separating extremes: [Int]) -> [Int] {
    var edges = (0...buckets).map { 1 + $0 * (count - 2) / buckets }
    guard extremes.count == 2, let home = (0..<buckets).last(where: { edges[$0] <= extremes[0] }),
      extremes[1] < edges[home + 1]
    else { return edges }
    // Both live in one bucket: the border to a neighbour moves between them.
    edges[home + 1 < buckets ? home + 1 : home] = extremes[1]
    return edges
  }

  private static func middle(_ points: [Point], _ places: Range<Int>) -> (time: Double, value: Double) {
    // Times are taken from the first point of the chart: differences stay exact where absolute microseconds would not.
    var time = 0.0
    var value = 0.0
    for place in places {
      time += Double(points[place].time.microseconds - points[0].time.microseconds)
      value += points[place].value
    }
    return (time / Double(places.count), value / Double(places.count))
  }

  /// The place whose triangle with the point kept before and the middle of the next bucket is largest.
  private static func corner(
    of points: [Point], in places: Range<Int>, left: Point, right: (time: Double, value: Double)
  ) -> Int {
    let start = points[0].time.microseconds
    let leftTime = Double(left.time.microseconds - start)
    var best = places.lowerBound
    var largest = -1.0
    for place in places {
      let time = Double(points[place].time.microseconds - start)
      // Twice the area; only the order matters.
      let area = abs(
        (leftTime - right.time) * (points[place].value - left.value)
          - (leftTime - time) * (right.value - left.value))
      if area > largest {
        largest = area
        best = place
      }
    }
    return best
  }
}
