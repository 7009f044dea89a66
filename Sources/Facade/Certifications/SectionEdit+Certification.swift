extension SectionEdit {
  /// What a certification says about a person; the rule vouches for it.
  mutating func setCertification(_ certification: Certification) {
    let (source, since) = (CertificationRule.title, certification.validFrom)
    set("scheme", .text(certification.scheme), source: source, validFrom: since)
    set("level", .text(certification.level.title), source: source, validFrom: since)
    set("code", .text(certification.code), source: source, validFrom: since)
    set("validFrom", .date(certification.validFrom), source: source, validFrom: since)
    set("validTo", .date(certification.validTo), source: source, validFrom: since)
    set("rule", .text("\(certification.rule) 第 \(certification.ruleVersion) 版"), source: source, validFrom: since)
  }
}
