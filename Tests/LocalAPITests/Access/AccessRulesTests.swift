import Configuration
import Testing

@testable import LocalAPI

/// The pure decision: who may do what.
struct AccessRulesTests {
  private static func grants(
    _ rules: [AccessRules.Rule], uid: UInt32? = nil, gids: [UInt32] = [], token: String? = nil, name: String? = nil
  ) -> Grants {
    AccessRules(rules, owner: 500).grants(to: Caller(uid: uid, token: token), gids: gids, name: name)
  }

  @Test("Root and the daemon's own user may do everything, whatever the rules say", arguments: [0, 500])
  func unrestricted(uid: UInt32) {
    #expect(Self.grants([], uid: uid, token: "desk").isEverything)
  }

  @Test("Without a rule that is for it a caller may do nothing", arguments: AccessRight.allCases)
  func nothing(right: AccessRight) {
    let rules: [AccessRules.Rule] = [.rule(uids: [7]), .rule(gids: [70]), .rule(tokens: ["desk"])]
    let callers = [
      Self.grants(rules, uid: 8, gids: [80], token: "fedbroker"), Self.grants(rules), Self.grants([], uid: 7),
      // Nobody is in no group, whatever was looked up.
      Self.grants(rules, uid: nil, gids: [70]),
    ]
    for grants in callers { #expect(!grants.give(right) && !grants.give(right, instance: ["a"])) }
  }

  @Test("A rule is for those whom any of its users, groups and tokens names, and for everyone where it names none")
  func subjects() {
    let rules: [AccessRules.Rule] = [.rule(uids: [7], gids: [70], tokens: ["desk"])]
    #expect(Self.grants(rules, uid: 7).give(.token))
    #expect(Self.grants(rules, uid: 8, gids: [1, 70]).give(.token))
    #expect(Self.grants(rules, uid: nil, token: "desk").give(.token))
    #expect(!Self.grants(rules, uid: 8, gids: [1], token: "other").give(.token))
    for uid in [nil, 8] as [UInt32?] { #expect(Self.grants([.rule(may: [.state])], uid: uid).give(.state)) }
  }

  @Test("What any rule gives is given, each right on its own instances")
  func union() {
    let grants = Self.grants(
      [
        .rule(uids: [7], instances: ["a", "id-b"], may: [.token]), .rule(uids: [7], may: [.state]),
        .rule(uids: [8], may: [.forget]),
      ], uid: 7)
    #expect(grants.give(.token, instance: ["a"]) && grants.give(.token, instance: ["b", "id-b"]))
    #expect(!grants.give(.token, instance: ["c"]) && grants.give(.state, instance: ["c"]))
    #expect(!grants.give(.forget) && !grants.give(.refresh, instance: ["a"]))
  }

  @Test(
    "A rule with session names gives those only, and no token without one",
    arguments: [("agent7@x.org", true), ("agent8@x.org", false), (nil, false)] as [(String?, Bool)])
  func sessionNames(name: String?, isGiven: Bool) {
    let grants = Self.grants(
      [.rule(uids: [7], sessionNames: ["{peer}@x.org"], may: [.token])], uid: 7, name: "agent7")
    #expect(grants.give(.token, instance: ["a"]))
    #expect(grants.give(.token, instance: ["a"], sessionName: name) == isGiven)
    #expect(!grants.give(.refresh, instance: ["a"], sessionName: name))
  }

  @Test("A pattern of the caller's name matches for nobody whose name is not known")
  func unknownName() {
    let rules: [AccessRules.Rule] = [.rule(sessionNames: ["{peer}@x.org"])]
    #expect(!Self.grants(rules, uid: 7, name: nil).give(.token, instance: ["a"], sessionName: "@x.org"))
    #expect(!Self.grants(rules, uid: nil, name: "agent7").give(.token, instance: ["a"], sessionName: "agent7@x.org"))
  }

  @Test("A further rule gives every session name of its right")
  func widerRule() {
    let grants = Self.grants(
      [.rule(uids: [7], sessionNames: ["x@*"], may: [.token]), .rule(uids: [7], may: [.state])], uid: 7)
    #expect(grants.give(.state, instance: ["a"], sessionName: nil))
    #expect(!grants.give(.token, instance: ["a"], sessionName: nil))
  }

  @Test("Groups and names are looked up only where a rule needs them")
  func needs() {
    let plain = AccessRules([.rule(uids: [7])], owner: 500)
    #expect(!plain.asksForGroups && !plain.asksForName)
    #expect(AccessRules([.rule(gids: [7])], owner: 500).asksForGroups)
    #expect(AccessRules([.rule(sessionNames: ["{peer}"])], owner: 500).asksForName)
  }
}
