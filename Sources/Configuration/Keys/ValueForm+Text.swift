internal import AWS
internal import System

extension ValueForm where Value == String {
  /// Text of 1 to `limit` characters, without control characters, that `isAllowed` takes.
  private static func text(
    expecting expectation: String, limit: Int,
    isAllowed: @escaping @Sendable (String) -> Bool = { _ in true },
    mend: @escaping @Sendable (String) -> String? = { _ in nil }
  ) -> Self {
    Self(
      expecting: expectation,
      acceptText: { text in
        let scalars = text.unicodeScalars
        guard 1...limit ~= scalars.count, !scalars.contains(where: { $0.properties.generalCategory == .control }),
          isAllowed(text)
        else { return nil }
        return text
      },
      mendText: mend,
      renderText: \.self)
  }

  /// `~` is the shell's; a slash at the end names a directory.
  static var path: Self {
    var form = text(
      expecting: "a path", limit: 4095,
      isAllowed: { text in
        !text.hasPrefix("~") && !text.hasSuffix("/") && !text.contains("\\") && !text.dropFirst().hasPrefix(":/")
      },
      mend: { text in
        if text.hasPrefix("~") { return "write the whole path: ~ is not replaced here" }
        if text.contains("\\") || text.dropFirst().hasPrefix(":") {
          return "this is a path of Windows, and this is Linux"
        }
        return text.hasSuffix("/") ? "the slash at its end makes it a directory" : nil
      })
    form.values = .files
    return form
  }

  static var profile: Self {
    text(expecting: "the name of an AWS profile", limit: 256)
  }

  /// A number may be written as one, too; the highest stands for no user at all (chown(2)).
  static var accountName: Self {
    let name = text(expecting: "a name or a numeric id", limit: 256) { text in
      text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: ":") }
    }
    return Self(
      expecting: name.expectation,
      parse: { (value) throws(ValueRefusal) in
        switch value {
        case .integer(let number) where 0..<Int(UInt32.max) ~= number: return String(number)
        // In quotation marks they would be the name of nobody.
        case .integer, .number: throw ValueRefusal(value: value, expectation: name.expectation, mend: nil)
        default: return try name.parse(value)
        }
      },
      render: name.render)
  }

  /// `.` and `..` would be removed from the path that is sent to AWS; the service sets the length.
  static var instanceID: Self {
    text(
      expecting: "an instance id or ARN of 1 to 100 characters", limit: 100,
      isAllowed: { text in
        text != "." && text != ".." && !text.contains("://") && (!text.hasPrefix("arn:") || isInstanceARN(text))
      },
      mend: { text in
        if text.hasPrefix("arn:") {
          return "write an ARN of Amazon Connect: arn:aws:connect:REGION:ACCOUNT:instance/ID"
        }
        return text.contains("://") ? "this is an address: the id stands behind instance/ in the instance's ARN" : nil
      })
  }

  private static func isInstanceARN(_ text: String) -> Bool {
    let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6, parts[1].hasPrefix("aws"), parts[2] == "connect", !parts[3].isEmpty, !parts[4].isEmpty
    else { return false }
    let resource = parts[5].split(separator: "/", omittingEmptySubsequences: false)
    return resource.count == 2 && resource[0] == "instance" && !resource[1].isEmpty
  }

  /// A region becomes part of a host name, hence a label of RFC 1123 §2.1.
  static var region: Self {
    var form = text(
      expecting: "a region such as us-west-2", limit: 63,
      isAllowed: { text in
        text.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "-") } && !text.hasPrefix("-")
          && !text.hasSuffix("-") && text == text.lowercased()
      },
      mend: { text in
        let plain = text.lowercased().split { " _".contains($0) }.joined(separator: "-")
        return plain != text && (try? Region(plain)) != nil ? "write \"\(plain)\"" : nil
      })
    form.values = .choices(Region.known)
    return form
  }
}

extension ValueForm where Value == String {
  /// AWS sets the length; the partition and the account are not checked.
  static var roleARN: Self {
    text(expecting: "a role's ARN such as arn:aws:iam::123456789012:role/NAME", limit: 2048) { text in
      let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
      return parts.count == 6 && parts[0] == "arn" && parts[2] == "iam" && parts[5].hasPrefix("role/")
        && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    }
  }

  static var sessionName: Self {
    text(
      expecting: "a session name: 2 to 64 letters (a to z), digits and _+=,.@-", limit: 64,
      isAllowed: SessionName.isValid)
  }

  /// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
  static var fleetName: Self {
    text(expecting: "a name of 1 to 64 letters (a to z), digits, hyphens and underscores", limit: 64) { text in
      text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-_".utf8.contains($0) }
    }
  }

  /// A number would lose its leading zeros.
  static var accountID: Self {
    text(expecting: "an AWS account of twelve digits, in quotation marks", limit: 12) { text in
      text.utf8.count == 12 && text.utf8.allSatisfy(\.isASCIIDigit)
    }
  }

  static var externalID: Self {
    text(expecting: "an external id: 2 to 1224 letters (a to z), digits and _+=,.@:/-", limit: 1224) { text in
      text.utf8.count >= 2 && text.utf8.allSatisfy { SessionName.isAllowed($0) || ":/".utf8.contains($0) }
    }
  }
}

extension ValueForm where Value == SessionNamePattern {
  static var sessionNamePattern: Self {
    Self(
      expecting: "a pattern of letters (a to z), digits, _+=,.@- and * or {peer}",
      acceptText: { SessionNamePattern($0) }, renderText: \.text)
  }
}

extension ValueForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  static var choice: Self {
    var form = Self(
      expecting: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
      acceptText: { Value(rawValue: $0) },
      mendText: { text in
        let other = ["warn": "warning", "err": "error", "fatal": "critical", "plain": "text"][text.lowercased()]
        let meant = Suggestion.closest(to: text.lowercased(), among: Value.allCases.map(\.rawValue))
        return (other.flatMap(Value.init(rawValue:))?.rawValue ?? meant).map { "write \"\($0)\"" }
      },
      renderText: \.rawValue)
    form.values = .choices(Value.allCases.map(\.rawValue))
    return form
  }
}
