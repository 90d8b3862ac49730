internal import System

extension ValueForm where Value == String {
  /// Text of 1 to `limit` characters, without control characters, that `isAllowed` takes.
  private static func text(
    expecting expectation: String, limit: Int, _ isAllowed: @escaping @Sendable (String) -> Bool = { _ in true }
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
      renderText: \.self)
  }

  static var path: Self {
    text(expecting: "a path", limit: 4095)
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
        guard case .integer(let number) = value, 0..<Int(UInt32.max) ~= number else { return try name.parse(value) }
        return String(number)
      },
      render: name.render)
  }

  /// `.` and `..` would be removed from the path that is sent to AWS; the service sets the length.
  static var instanceID: Self {
    text(expecting: "an instance id or ARN of 1 to 100 characters", limit: 100) { $0 != "." && $0 != ".." }
  }

  /// A region becomes part of a host name, hence a label of RFC 1123 §2.1.
  static var region: Self {
    text(expecting: "a region such as us-west-2", limit: 63) { text in
      text.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "-") } && !text.hasPrefix("-")
        && !text.hasSuffix("-")
    }
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
    text(expecting: "a session name: 2 to 64 letters (a to z), digits and _+=,.@-", limit: 64, SessionName.isValid)
  }

  /// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
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
    Self(
      expecting: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
      acceptText: { Value(rawValue: $0) },
      renderText: \.rawValue)
  }
}
