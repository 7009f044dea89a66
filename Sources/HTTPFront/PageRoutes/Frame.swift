import Facade
import Kernel

/// A place of the main navigation.
enum Place: String {
  case home, services, cases, me, care, inbox, desk, admin
}

extension PageCall {
  /// What every page shows around its content: title, navigation, who is signed in, a form token.
  func frame(title: String, at place: Place?) async -> Model {
    // The badge is decoration: when it cannot be read, the page comes without it.
    let unread = actor.role == .talent ? ((try? await haiju.inbox.unreadCount(as: actor)) ?? 0) : 0
    var model: Model = [
      "title": title,
      "navigation": links.map { $0.model(at: place, unread: Int(unread)) },
      "bottomBar": links.prefix(4).map { $0.model(at: place, unread: Int(unread), badge: .me) },
      "signedIn": isSignedIn,
      "displayName": actor.displayName,
      "roleTitle": actor.role.title,
      "formToken": haiju.accounts.formToken(holder: caller.formHolder),
      "staff": actor.role.isStaff,
      "trace": trace,
    ]
    if unread > 0 { model["unreadCount"] = "\(unread)" }
    if let flash {
      let isDone = !flash.hasPrefix(FlashCookie.attention)
      model["flash"] = isDone ? flash : String(flash.dropFirst())
      model["flashMeaning"] = (isDone ? Meaning.done : .attention).pill("")
    }
    if caller.sessionEnded { model["sessionEnded"] = true }
    return model
  }

  /// The places of the navigation; the first four make the bar at the bottom of a phone.
  private var links: [Link] {
    switch actor.role {
    case .talent:
      [.home, .services, .cases, .me, Link(.care, "/care", "爱心看护"), Link(.inbox, "/me/inbox", "消息")]
    case .employerOfficer, .reviewer, .windowClerk: [.home, .services, Link(.desk, "/desk", "待办")]
    case .systemAdministrator, .securityAdministrator, .auditAdministrator:
      [.home, .services, Link(.admin, "/admin", "管理")]
    case .anonymous, .system: [.home, .services, .cases, .me]
    }
  }

  private struct Link: Sendable {
    let place: Place
    let path: String
    let title: String

    static let home = Link(.home, "/", "首页")
    static let services = Link(.services, "/services", "服务")
    static let cases = Link(.cases, "/me/cases", "我的办件")
    static let me = Link(.me, "/me", "我的")

    init(_ place: Place, _ path: String, _ title: String) {
      self.place = place
      self.path = path
      self.title = title
    }

    func model(at current: Place?, unread: Int, badge: Place = .inbox) -> Model {
      var model: Model = ["path": path, "title": title, "current": place == current, "icon-\(place.rawValue)": true]
      if place == badge, unread > 0 { model["unread"] = "\(unread)" }
      return model
    }
  }
}

extension Role {
  /// What people call the role.
  var title: String {
    switch self {
    case .anonymous: "访客"
    case .talent: "人才"
    case .employerOfficer: "单位经办人"
    case .reviewer: "审核员"
    case .windowClerk: "窗口人员"
    case .systemAdministrator: "系统管理员"
    case .securityAdministrator: "安全管理员"
    case .auditAdministrator: "审计管理员"
    case .system: "系统"
    }
  }

  /// Whether it works here all day.
  var isStaff: Bool { self != .anonymous && self != .talent }
}
