/// What the users of a load run do: operations with weights, and what each does once before the clock starts.
///
/// ```swift
/// LoadScenario(
///   name: "catalogue", prepare: { user in try await signIn(user) },
///   operations: [
///     LoadOperation("services.list", weight: 5) { user in try await user.send(.get, "/api/v1/services") },
///     LoadOperation("case.rate", when: { $0["case"] != nil }) { user in … },
///   ])
/// ```
public struct LoadScenario: Sendable {
  /// The name in reports.
  public let name: String
  /// The operations to choose from.
  public let operations: [LoadOperation]
  let prepare: @Sendable (LoadUser) async throws -> Void

  /// A scenario; `prepare` runs once for each user and is reported as the operation `prepare`.
  public init(
    name: String, prepare: @escaping @Sendable (LoadUser) async throws -> Void = { _ in }, operations: [LoadOperation]
  ) {
    self.name = name
    self.prepare = prepare
    self.operations = operations
  }

  /// Reads paths in turn at random, each as an operation of its own; a first check that a server answers under load.
  public static func reading(_ paths: [String]) -> LoadScenario {
    LoadScenario(
      name: "reading", operations: paths.map { path in LoadOperation("GET \(path)") { try await $0.send(.get, path) } })
  }
}

/// One thing that a user does; it may take several requests and is timed as a whole.
public struct LoadOperation: Sendable {
  /// The name in reports.
  public let name: String
  /// How often it is chosen, compared with the other operations.
  public let weight: Int
  let isPossible: @Sendable (LoadUser) -> Bool
  let body: @Sendable (LoadUser) async throws -> Void

  /// An operation; it counts as done unless the body throws. It is chosen only while `when` holds for the user.
  public init(
    _ name: String, weight: Int = 1, when isPossible: @escaping @Sendable (LoadUser) -> Bool = { _ in true },
    _ body: @escaping @Sendable (LoadUser) async throws -> Void
  ) {
    self.name = name
    self.weight = max(1, weight)
    self.isPossible = isPossible
    self.body = body
  }
}

extension LoadScenario {
  /// The place of the next operation for a user; `nil` when none is possible.
  func next(for user: LoadUser) -> Int? {
    let possible = operations.indices.filter { operations[$0].isPossible(user) }
    var place = user.random(below: possible.reduce(0) { $0 + operations[$1].weight })
    for index in possible {
      place -= operations[index].weight
      if place < 0 { return index }
    }
    return nil
  }
}
