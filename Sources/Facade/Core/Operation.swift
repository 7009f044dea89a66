/// Everything that the facade does, with the roles that may do it.
///
/// This is the one table of permissions: pages, API and command line ask it through the facade, and an operation that
/// does not name a role is refused to it. Rows are narrowed further where the operation is carried out: a talent sees
/// the own person, an officer the own employer's people, a clerk the own unit's cases.
public enum Operation: String, Sendable, Hashable, CaseIterable {
  case sessionOpen = "session.open"
  case sessionClose = "session.close"
  case accountOpenStaff = "account.openStaff"
  case accountList = "account.list"
  case employerList = "employer.list"
  case employerInsert = "employer.insert"
  case personRegister = "person.register"
  case personRead = "person.read"
  case personReveal = "person.reveal"
  case personList = "person.list"
  case certificationRead = "certification.read"
  case certificationQueue = "certification.queue"
  case certificationApprove = "certification.approve"
  case certificationReturn = "certification.return"
  case certificationResubmit = "certification.resubmit"
  case dossierRead = "dossier.read"
  case serviceRead = "service.read"
  case servicePublish = "service.publish"
  case caseSubmit = "case.submit"
  case caseRead = "case.read"
  case caseQueue = "case.queue"
  case caseDecide = "case.decide"
  case caseWithdraw = "case.withdraw"
  case caseRate = "case.rate"
  case readingRecord = "reading.record"
  case readingUpload = "reading.upload"
  case readingRead = "reading.read"
  case noticeRead = "notice.read"
  case auditRead = "audit.read"
  case driftRead = "drift.read"
  case dossierRebuild = "dossier.rebuild"
  case statementRead = "statement.read"
  case sampleSeed = "sample.seed"
  /// A request that never became an operation: unreadable, too large, for no route.
  case requestParse = "request.parse"

  /// The roles that may do it; `system` may do everything, because it is Haiju itself.
  public var roles: Set<Role> {
    switch self {
    case .sessionOpen, .employerList, .personRegister, .serviceRead, .requestParse: Set(Role.allCases)
    case .sessionClose: Set(Role.allCases).subtracting([.anonymous])
    case .accountOpenStaff, .accountList: [.securityAdministrator, .system]
    case .employerInsert: [.reviewer, .system]
    case .personRead, .certificationRead, .dossierRead: [.talent, .employerOfficer, .reviewer, .system]
    case .personReveal: [.talent, .reviewer, .system]
    case .personList: [.employerOfficer, .reviewer, .system]
    case .certificationQueue, .certificationApprove, .certificationReturn: [.employerOfficer, .reviewer, .system]
    case .certificationResubmit, .caseSubmit, .caseWithdraw, .caseRate: [.talent]
    case .caseRead: [.talent, .windowClerk, .system]
    case .caseQueue, .caseDecide: [.windowClerk]
    case .readingRecord, .readingUpload, .readingRead, .noticeRead: [.talent, .system]
    case .auditRead: [.auditAdministrator, .system]
    case .driftRead, .dossierRebuild, .statementRead: [.systemAdministrator, .system]
    case .servicePublish: [.systemAdministrator, .system]
    case .sampleSeed: [.system]
    }
  }
}
