import Facade
import Kernel

extension Person {
  /// What pages show of a person; secrets are masked.
  func detail(_ call: PageCall) -> Model {
    var model: Model = [
      "name": displayName, "identity": identityMasked, "phone": phoneMasked,
      "birthDate": ShanghaiTime.long(birthDate), "employer": employerName, "degree": degree.title, "pill": state.pill,
      "isSample": isSample, "registeredAt": call.time.full(createdAt),
    ]
    model["jobTitle"] = jobTitle
    return model
  }
}

extension RegistrationState {
  /// The way from registration to talent code, with where one stands.
  var pathModel: [Model] {
    let titles = ["提交注册", "单位审核", "主管部门审核", "认定赋码"]
    let reached =
      switch self {
      case .awaitingEmployer, .returned: 1
      case .awaitingDepartment: 2
      case .refused: 3
      case .certified: 4
      }
    return titles.enumerated().map { index, title in
      [
        "title": title, "done": index < reached, "current": index == reached && meaning == .waiting,
        "stopped": index == reached && meaning != .waiting, "number": "\(index + 1)",
        "word": index < reached ? "已完成" : index > reached ? "未开始" : wordOfCurrentStep,
      ]
    }
  }
}

extension RegistrationState {
  /// How the step at which a registration stands is going.
  private var wordOfCurrentStep: String {
    switch self {
    case .returned: "已退回，请补正"
    case .refused: "未通过"
    case .awaitingEmployer, .awaitingDepartment, .certified: "进行中"
    }
  }
}

/// The talent code and what it rests on.
extension Certification {
  func model(_ time: ShanghaiTime) -> Model {
    [
      "level": level.title, "code": groupedCode, "plainCode": code, "from": ShanghaiTime.long(validFrom),
      "to": ShanghaiTime.long(validTo), "rule": "\(rule) 第 \(ruleVersion) 版", "explanation": explanation,
      "issuedAt": time.full(issuedAt), "isSample": isSample,
    ]
  }

  /// The code in groups of four, as people read it out.
  private var groupedCode: String {
    code.enumerated().map { $0.offset > 0 && $0.offset % 4 == 0 ? " \($0.element)" : "\($0.element)" }.joined()
  }
}

/// The dossier as a document that can be printed.
extension Dossier {
  func model(_ history: [DossierChange], _ call: PageCall) -> Model {
    let time = call.time
    return [
      "revision": "\(revision)", "isSample": isSample, "printedAt": time.full(call.site.clock.now()),
      "sections": sections.map { section in
        [
          "title": section.title,
          "fields": section.fields.map { field in
            var model: Model = [
              "label": field.label, "value": readableDate(field.value), "source": field.source,
              "isSecret": field.isSecret,
              "recordedAt": time.full(field.recordedAt),
            ]
            model["validFrom"] = field.validFrom.map { ShanghaiTime.long($0) }
            return model
          },
        ] as Model
      },
      "history": history.map { change in
        [
          "revision": "\(change.revision)", "at": time.full(change.recordedAt), "who": change.actorName ?? "系统",
          "section": change.section.title, "labels": change.labels.joined(separator: "、"),
        ] as Model
      },
    ]
  }
}

/// A line of the inbox; its link is checked, because it is data.
extension Notice {
  func row(_ time: ShanghaiTime) -> Model {
    [
      "title": title, "body": body, "link": localPath(link, or: "/me"), "at": time.full(createdAt),
      "unread": readAt == nil, "readPath": "/me/inbox/\(id)/read",
      "isAlert": kind == .alert, "kind": kind.title,
    ]
  }
}

extension ServiceCase {
  /// Whether the promised day has passed without a result.
  func isLate(_ time: ShanghaiTime) -> Bool { !state.isFinished && promisedOn < CivilDate(time.now) }

  /// A line of a list of cases.
  func row(_ time: ShanghaiTime) -> Model {
    var model: Model = [
      "title": serviceTitle, "path": "/cases/\(id)", "id": "\(id)", "code": code, "pill": state.pill,
      "person": personName, "unit": unitName, "submittedAt": time.full(submittedAt), "promisedOn": time.day(promisedOn),
      "open": !state.isFinished, "late": isLate(time),
    ]
    if let finishedAt { model["finishedAt"] = time.full(finishedAt) }
    model["result"] = result
    return model
  }
}
