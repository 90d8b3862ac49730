/// Why a caller was refused: the value of `reason` in `fedbroker_denied_total`, in the log and in the audit log.
enum Denial: String, Sendable, CaseIterable {
  /// `Host` is not allowed.
  case host
  /// A proxy forwarded the request.
  case forwarded
  /// A page of another site or origin asked.
  case origin
  /// The user at the other end of a unix socket is not admitted.
  case peer
  /// No bearer token, or a wrong one.
  case token
  /// A signature that the local key pairs did not make.
  case signature
  /// No rule of `[[access]]` gives it.
  case access
  /// The session name is not allowed.
  case sessionName = "session_name"
  /// The key of a status page is not good for it.
  case page
  /// The one-time code is not valid.
  case code
  /// The audit log cannot be written, and is required.
  case audit
}
