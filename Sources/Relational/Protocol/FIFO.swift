/// A queue: first in, first out, in constant time on average.
struct FIFO<Element> {
  private var elements: [Element?] = []
  private var head = 0

  var isEmpty: Bool { head == elements.count }
  var count: Int { elements.count - head }
  var first: Element? { isEmpty ? nil : elements[head] }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    // Taken out rather than copied, so that nothing stays alive in the part that was served.
    let element = elements[head].take()
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: elements.count <= 4096)
      head = 0
    } else if head >= 1024, head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }

  /// Puts elements before all others, in their order; cost: linear.
  mutating func prepend(_ more: some Collection<Element>) {
    guard !more.isEmpty else { return }
    elements = more.map { $0 } + elements[head...]
    head = 0
  }

  /// Keeps the order of what stays; cost: linear.
  mutating func removeAll(where isUnwanted: (Element) -> Bool) {
    elements = elements[head...].filter { element in element.map { !isUnwanted($0) } ?? false }
    head = 0
  }

  /// Everything, first to last; nothing is left.
  mutating func takeAll() -> [Element] {
    defer {
      elements = []
      head = 0
    }
    return elements[head...].compactMap { $0 }
  }

  func forEach(_ body: (Element) -> Void) {
    for case let element? in elements[head...] { body(element) }
  }
}
