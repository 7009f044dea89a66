import Facade
import Hummingbird
import Kernel

extension PageRoutes {
  /// The first page: for visitors what this is, for talents where they stand; staff go straight to work.
  func addHome(to router: Router<FrontContext>) {
    get("/", on: router) { call in
      if call.actor.role.isStaff {
        return .seeOther(call.actor.role.hasDesk ? "/desk" : "/admin")
      }
      let list = try await call.haiju.services.list(ServiceQuery(), as: call.actor)
      var model: Model = [
        "total": "\(list.total)",
        "categories": list.categoryCounts.map {
          ["title": $0.category, "count": "\($0.count)", "path": "/services?category=\(percentEncoded($0.category))"]
            as Model
        },
        "areas": list.areaCounts.map {
          ["title": $0.area.title, "count": "\($0.count)", "path": "/services?area=\($0.area.rawValue)"] as Model
        },
      ]
      if let person = call.actor.person {
        model["mine"] = try await mine(person, call)
        model["openCount"] = "\(list.entries.count { $0.eligibility?.open ?? false })"
      }
      return await call.page("home", title: "首页", at: .home, model)
    }
  }

  /// The state of the own registration and the newest cases.
  private func mine(_ person: PersonID, _ call: PageCall) async throws -> Model {
    let known = try await call.haiju.people.require(person, as: call.actor)
    let cases = try await call.haiju.cases.list(.mine, page: .first(3), as: call.actor)
    return [
      "name": known.displayName, "pill": known.state.pill, "isSample": known.isSample,
      "certified": known.state == .certified, "returned": known.state == .returned,
      "cases": cases.items.map { $0.row(call.time) }, "hasCases": !cases.items.isEmpty,
    ]
  }
}

extension Role {
  /// Whether work waits for it in a queue.
  var hasDesk: Bool { self == .employerOfficer || self == .reviewer || self == .windowClerk }
}
