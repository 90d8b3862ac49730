import Configuration

@testable import LocalAPI

extension AccessRules.Rule {
  static func rule(
    uids: Set<UInt32>? = nil, gids: Set<UInt32>? = nil, tokens: Set<String>? = nil, instances: Set<String>? = nil,
    sessionNames: [String]? = nil, may: Set<AccessRight> = Set(AccessRight.allCases)
  ) -> AccessRules.Rule {
    var rule = AccessRules.Rule(may: may)
    (rule.uids, rule.gids, rule.tokens, rule.instances) = (uids, gids, tokens, instances)
    rule.sessionNames = sessionNames?.compactMap { SessionNamePattern($0) }
    return rule
  }
}
