/// What a rule of `[[access]]` can give a caller.
package enum AccessRight: String, Sendable, Hashable, CaseIterable {
  /// To get the token.
  case token
  /// To have it fetched now.
  case refresh
  /// To have it erased.
  case forget
  /// To open a browser that is signed in.
  case signIn = "sign-in"
  /// To see the instance and its state.
  case state
  /// To lock and unlock the tokens of all; counts in a rule without instances and session names.
  case lock
}
