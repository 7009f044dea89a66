import Kernel
import Testing
import TimeSeries

@Suite("Downsampling for charts")
struct DownsamplingTests {
  @Test("Any count gives exactly that many points, in order, with both ends", arguments: [2, 3, 4, 5, 7, 50, 333, 999])
  func counts(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    for _ in 0..<20 {
      let points = Self.walk(1000, using: &random)
      let fewer = Downsampling.largestTriangles(points, count: count)
      #expect(fewer.count == count)
      #expect(fewer.first == points.first && fewer.last == points.last)
      #expect(zip(fewer, fewer.dropFirst()).allSatisfy { $0.time < $1.time })
      #expect(Set(fewer).isSubset(of: points))
    }
  }

  @Test("From four points on the smallest and the largest value stay, wherever they are")
  func extremes() {
    var random = SeededRandom(seed: 4)
    for round in 0..<500 {
      let length = Int.random(in: 5...120, using: &random)
      var points = Self.walk(length, using: &random)
      // Every other round both extremes are neighbours, so that they would share a bucket.
      if round.isMultiple(of: 2) {
        let place = Int.random(in: 1..<length - 2, using: &random)
        points[place] = Point(time: points[place].time, value: 1e6)
        points[place + 1] = Point(time: points[place + 1].time, value: -1e6)
      }
      let count = Int.random(in: 4..<length, using: &random)
      let fewer = Downsampling.largestTriangles(points, count: count)
      #expect(fewer.count == count)
      #expect(fewer.map(\.value).max() == points.map(\.value).max())
      #expect(fewer.map(\.value).min() == points.map(\.value).min())
      #expect(zip(fewer, fewer.dropFirst()).allSatisfy { $0.time < $1.time })
    }
  }

  @Test("A single step in a flat line is drawn, not levelled")
  func spike() {
    let points = (0..<1000).map { Point(time: Instant(seconds: Int64($0)), value: $0 == 617 ? 140 : 70) }
    #expect(Downsampling.largestTriangles(points, count: 3)[1] == points[617])
    #expect(Downsampling.largestTriangles(points, count: 20).contains(points[617]))
  }

  @Test("Few points are returned as they are, and asking for none gives none")
  func small() {
    let points = (0..<5).map { Point(time: Instant(seconds: Int64($0)), value: Double($0)) }
    #expect(Downsampling.largestTriangles(points, count: 5) == points)
    #expect(Downsampling.largestTriangles(points, count: 99) == points)
    #expect(Downsampling.largestTriangles(points, count: 0).isEmpty)
    #expect(Downsampling.largestTriangles(points, count: -1).isEmpty)
    #expect(Downsampling.largestTriangles(points, count: 1) == [points[0]])
    #expect(Downsampling.largestTriangles([], count: 10).isEmpty)
  }

  private static func walk(_ count: Int, using random: inout SeededRandom) -> [Point] {
    var value = 80.0
    return (0..<count).map { index in
      value += Double.random(in: -3...3, using: &random)
      return Point(time: Instant(seconds: Int64(index) * 30), sequence: Int64(index), value: value)
    }
  }
}
