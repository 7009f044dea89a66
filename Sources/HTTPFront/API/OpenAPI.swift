import HTTPTypes

/// The description of the API for programs (OpenAPI 3.1), made from the declarations that serve it.
enum OpenAPI {
  /// The whole document; endpoints that share a path become one path with several operations.
  static func document(of endpoints: [Endpoint]) -> JSONValue {
    var paths: [(path: String, operations: [JSONValue.Member])] = []
    for endpoint in endpoints {
      let operation = JSONValue.Member(name: endpoint.method.rawValue.lowercased(), value: describe(endpoint))
      if let index = paths.firstIndex(where: { $0.path == endpoint.path }) {
        paths[index].operations.append(operation)
      } else {
        paths.append((endpoint.path, [operation]))
      }
    }
    return .object([
      "openapi": "3.1.0",
      "info": .object(["title": "海聚 JSON API", "version": "1"]),
      "servers": .array([.object(["url": "/api/v1"])]),
      "security": .array([.object(["session": .array([])])]),
      "paths": .object(paths.map { .init(name: $0.path, value: .object($0.operations)) }),
      "components": .object([
        "securitySchemes": .object(["session": .object(["type": "http", "scheme": "bearer"])]),
        "schemas": .object(["Error": errorSchema]),
      ]),
    ])
  }

  /// One operation: parameters of path and query, the body where there is one, and the kinds of answers.
  private static func describe(_ endpoint: Endpoint) -> JSONValue {
    let inPath = endpoint.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
      parameter(String(part.dropFirst().dropLast()), in: "path", required: true, note: nil)
    }
    let inQuery = endpoint.query.map { parameter($0.name, in: "query", required: false, note: $0.note) }
    var body: JSONValue?
    if let fields = endpoint.body, !fields.isEmpty {
      body = content("application/json", schema(of: fields))
    } else if let file = endpoint.file {
      body = content(file, .object(["type": "string"]))
    }
    return .object([
      "operationId": .text(endpoint.operation),
      "summary": .text(endpoint.summary),
      "parameters": .array(inPath + inQuery),
      "requestBody": body,
      "responses": .object([
        "2XX": .object(["description": "完成"]),
        "4XX": errorResponse("请求有误或不被允许"),
        "5XX": errorResponse("系统暂时不可用或出错"),
      ]),
    ])
  }

  private static func parameter(_ name: String, in place: String, required: Bool, note: String?) -> JSONValue {
    .object([
      "name": .text(name), "in": .text(place), "required": .bool(required), "description": .optional(note),
      "schema": .object(["type": "string"]),
    ])
  }

  private static func content(_ type: String, _ schema: JSONValue) -> JSONValue {
    .object([
      "required": true,
      "content": .object([.init(name: type, value: .object(["schema": schema]))]),
    ])
  }

  private static func errorResponse(_ description: String) -> JSONValue {
    .object([
      "description": .text(description),
      "content": .object([
        "application/json": .object(["schema": .object(["$ref": "#/components/schemas/Error"])])
      ]),
    ])
  }

  /// The schema of a body; unknown names are refused here as they are when serving.
  static func schema(of fields: [BodyField]) -> JSONValue {
    .object([
      "type": "object",
      "additionalProperties": false,
      "required": .texts(fields.filter(\.required).map(\.name)),
      "properties": .object(fields.map { .init(name: $0.name, value: schema(of: $0)) }),
    ])
  }

  private static func schema(of field: BodyField) -> JSONValue {
    switch field.kind {
    case .text: .object(["type": "string", "description": .text(field.note)])
    case .number: .object(["type": "number", "description": .text(field.note)])
    case .integer: .object(["type": "integer", "description": .text(field.note)])
    case .textMap:
      .object([
        "type": "object", "additionalProperties": .object(["type": "string"]), "description": .text(field.note),
      ])
    case .list(let fields):
      .object(["type": "array", "items": schema(of: fields), "description": .text(field.note)])
    }
  }

  /// What every refusal looks like; see `Refusal.json`.
  private static let errorSchema = JSONValue.object([
    "type": "object",
    "properties": .object([
      "error": .object([
        "type": "object",
        "properties": .object([
          "code": .object(["type": "string"]), "message": .object(["type": "string"]),
          "fields": .object(["type": "array", "items": .object(["type": "object"])]),
          "trace": .object(["type": "string"]),
        ]),
      ])
    ]),
  ])
}
