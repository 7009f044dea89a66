import Facade
import Hummingbird
import HTTPTypes

extension Site {
  /// The page for a request that is not answered as asked: what happened, what to do, and the number to name when asking.
  ///
  /// Needs no store, so that it comes also when all of them are away.
  func errorPage(_ refusal: Refusal, caller: Caller, trace: String) -> Response {
    let (title, advice) = Self.words(for: refusal.status)
    let model: Model = [
      "title": title, "heading": title, "message": refusal.message, "advice": advice, "reference": trace,
      "code": "\(refusal.status.code)", "signedIn": caller.actor.account != nil,
      "displayName": caller.actor.displayName, "bare": true,
      "formToken": haiju.accounts.formToken(holder: caller.formHolder),
      "asksToSignIn": refusal.status == .unauthorized, "navigation": Self.plainLinks, "bottomBar": Self.plainLinks,
    ]
    return .html(templates.render("error", model) ?? refusal.message, status: refusal.status)
  }

  private static let plainLinks: [Model] = [
    ["path": "/", "title": "首页", "current": false, "icon-home": true],
    ["path": "/services", "title": "服务", "current": false, "icon-services": true],
    ["path": "/me/cases", "title": "我的办件", "current": false, "icon-cases": true],
    ["path": "/me", "title": "我的", "current": false, "icon-me": true],
  ]

  private static func words(for status: HTTPResponse.Status) -> (title: String, advice: String) {
    switch status.code {
    case 400, 415, 422: ("提交的内容无法读取", "请返回上一页，检查后重新提交。")
    case 401: ("请先登录", "登录后即可继续。")
    case 403: ("您不能打开这一页", "如果您认为应该可以，请联系管理员，并告知下面的跟踪号。")
    case 404: ("没有找到这一页", "地址可能写错了，或者内容不对您开放。可以从首页重新进入。")
    case 409: ("没有完成", "请返回上一页，刷新后再试。")
    case 413: ("提交的内容过大", "请返回上一页；文件可以分成几份，一份一份上传。")
    case 423: ("账号已锁定", "请在提示的时间之后再试。")
    case 503: ("系统暂时不可用", "请过几分钟再试。已经提交成功的内容不会丢失。")
    default: ("系统出错了", "问题已经记录。请稍后再试；如仍不行，请告知下面的跟踪号。")
    }
  }
}
