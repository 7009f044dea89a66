import Testing

@testable import HTTPFront

@Suite("The API describes itself")
struct DescriptionTests {
  @Test("The OpenAPI document has every declared endpoint, each operation once")
  func document() async throws {
    let answer = try await Client(RunningSite.shared()).get("/api/v1/openapi.json")
    #expect(answer.status == 200 && answer.json["openapi"] == "3.1.0")
    let paths = answer.json["paths"]
    for endpoint in APIRoutes.endpoints {
      let operation = paths[endpoint.path]["\(endpoint.method)".lowercased()]
      #expect(operation["operationId"].text == endpoint.operation)
    }
    let operations = APIRoutes.endpoints.map(\.operation)
    #expect(Set(operations).count == operations.count)
    let body = paths["/people"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    #expect(body["additionalProperties"] == false && body["properties"].names.contains("identityNumber"))
  }

  @Test("Health answers without an account")
  func health() async throws {
    let client = Client(try await RunningSite.shared())
    #expect(try await client.get("/health/live").status == 200)
    let ready = try await client.get("/health/ready")
    #expect(ready.status == 200 && ready.json["status"] == "ready")
  }
}
