/// A description of a value by all that it holds, private properties and referenced objects included.
///
/// Two values with the same fingerprint act alike. Times are written as seen from now, since what matters is how far away
/// they are; one that is farther away than anything waits for is written as such.
package struct Fingerprint {
  private let times: Set<String>
  private let ignored: Set<String>
  private let now: (String) -> Int64
  private let horizon: Int64
  private var text = ""

  /// Describes `value`, in which the numbers of these names are times, and what is of the ignored names changes nothing.
  ///
  /// `now` is the present on the clock of a name.
  package static func of(
    _ value: Any, times: Set<String>, ignoring ignored: Set<String>, horizon: Int64, now: (String) -> Int64
  ) -> String {
    withoutActuallyEscaping(now) { now in
      var fingerprint = Fingerprint(times: times, ignored: ignored, now: now, horizon: horizon)
      fingerprint.append(value, label: "")
      return fingerprint.text
    }
  }

  private init(times: Set<String>, ignored: Set<String>, now: @escaping (String) -> Int64, horizon: Int64) {
    self.times = times
    self.ignored = ignored
    self.now = now
    self.horizon = horizon
  }

  private mutating func append(_ value: Any, label: String) {
    guard !ignored.contains(label) else { return }
    switch value {
    case let number as Int: append(Int64(number), label: label)
    case let number as Int64: append(number, label: label)
    case let bytes as [UInt8]: text += "\(bytes)"
    case let truth as Bool: text += truth ? "+" : "-"
    case let string as String: text += string
    default: appendParts(of: value, label: label)
    }
  }

  private mutating func append(_ number: Int64, label: String) {
    guard times.contains(label), number != .max, number != .min else {
      text += "\(number)"
      return
    }
    let distance = number - now(label)
    text += abs(distance) > horizon ? (distance < 0 ? "past" : "far") : "@\(distance)"
  }

  private mutating func appendParts(of value: Any, label: String) {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .dictionary, .set:
      // These have no order.
      text +=
        mirror.children.map { child in
          var part = Fingerprint(times: times, ignored: ignored, now: now, horizon: horizon)
          part.append(child.value, label: label)
          return part.text
        }.sorted().description
    case .optional:
      if let some = mirror.children.first { append(some.value, label: label) } else { text += "nil" }
    case .collection:
      text += "["
      for child in mirror.children {
        append(child.value, label: label)
        text += ","
      }
      text += "]"
    case .none where mirror.children.isEmpty: text += "\(type(of: value))".contains("->") ? "" : "\(value)"
    case .enum where mirror.children.isEmpty: text += "\(value)"
    default:
      text += "("
      for child in mirror.children {
        append(child.value, label: child.label.flatMap { $0.first == "." ? nil : $0 } ?? label)
        text += " "
      }
      text += ")"
    }
  }
}
