extension Actor {
  /// Whether the rows of a person may be seen: the own person, the own employer's people, all for reviewers.
  func maySee(_ person: PersonID, of employer: EmployerID) -> Bool {
    switch role {
    case .talent: self.person == person
    case .employerOfficer: self.employer == employer
    case .reviewer, .system: true
    // Administrators run, secure or audit the system; none of that needs anybody's data.
    case .anonymous, .windowClerk, .systemAdministrator, .securityAdministrator, .auditAdministrator: false
    }
  }
}
