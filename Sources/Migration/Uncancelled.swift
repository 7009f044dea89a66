/// Runs work to its end although the task around it is cancelled: what tidies up, and what records that work was done.
func uncancelled<T: Sendable>(_ work: @escaping @Sendable () async throws -> T) async throws -> T {
  // A new task does not inherit cancellation; waiting for it keeps the structure.
  try await Task { try await work() }.value
}
