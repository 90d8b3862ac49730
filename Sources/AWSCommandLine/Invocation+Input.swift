package import JSON

extension Invocation {
  /// The reason why a file that a value names cannot be read.
  package struct FileError: Error, Sendable {
    package let message: String

    package init(_ message: String) {
      self.message = message
    }
  }

  /// Reads the file at a path, which may begin with `~` and contain variables; returns the path without them as well.
  package typealias FileReader = (_ path: String) throws(FileError) -> (path: String, bytes: [UInt8])

  /// The operation's parameters, of any name and type.
  package struct Parameters: Sendable {
    package var members = JSONObject()
    /// `InstanceId` from a `fileb://` value, which JSON has no form for: as Python's `repr()` has it.
    var instanceIDBytes: String?
  }

  /// A value of the command line, or what the file has that it names.
  private enum Content {
    case text(String)
    case bytes([UInt8])
  }

  /// Returns the parameters on the command line.
  ///
  /// Values that begin with `file://` or `fileb://` are read from that file. `checkConfiguration` is called between the two
  /// sources, at the point where the AWS CLI reads its configuration.
  ///
  /// - Parameter followsAddresses: Whether the AWS CLI would fetch a value that is an address (`cli_follow_urlparam`).
  package func parameters(
    read: FileReader, followsAddresses: Bool, checkConfiguration: () throws(CommandFailure) -> Void
  ) throws(CommandFailure) -> Parameters {
    var parameters = Parameters()
    if let instanceID {
      // The AWS CLI fetches these. We do not: an address on a command line must not cause a network call.
      if followsAddresses, ["http://", "https://"].contains(where: instanceID.hasPrefix) {
        throw .parameter(
          "--instance-id", "Unable to retrieve \(instanceID): values are not fetched from addresses")
      }
      switch try Self.contents(of: instanceID, option: "--instance-id", read) {
      case .text(let text): parameters.members["InstanceId"] = .string(text)
      case .bytes(let bytes):
        parameters.instanceIDBytes = Self.representation(of: bytes)
        parameters.members["InstanceId"] = ""
      }
    }
    let json = try inputJSON.map { (text) throws(CommandFailure) in
      try Self.contents(of: text, option: "--cli-input-json", read)
    }
    try checkConfiguration()
    if let json {
      for member in try Self.members(of: json) where parameters.members[member.name] == nil {
        parameters.members[member.name] = member.value
      }
    }
    return parameters
  }

  /// Returns the instance id of valid parameters.
  package static func instanceID(in parameters: Parameters) throws(CommandFailure) -> String {
    var complaints: [String] = []
    let value = parameters.members["InstanceId"]
    if value == nil { complaints.append(#"Missing required parameter in input: "InstanceId""#) }
    for member in parameters.members.members where member.name != "InstanceId" {
      complaints.append("Unknown parameter in input: \"\(member.name)\", must be one of: InstanceId")
    }
    switch value {
    case nil: break
    case _ where parameters.instanceIDBytes != nil:
      complaints.append(Self.wrongType(parameters.instanceIDBytes ?? "", "bytes"))
    case .string(""): complaints.append("Invalid length for parameter InstanceId, value: 0, valid min length: 1")
    case .string(let id) where complaints.isEmpty: return id
    case .string: break
    case let other?: complaints.append(Self.wrongType(other.pythonRepresentation, other.pythonTypeName))
    }
    throw .exception("Parameter validation failed:\n\(complaints.joined(separator: "\n"))")
  }

  private static func wrongType(_ value: String, _ type: String) -> String {
    "Invalid type for parameter InstanceId, value: \(value), type: <class '\(type)'>, valid types: <class 'str'>"
  }

  /// Returns a value, or the content of the file that it names.
  private static func contents(
    of value: String, option: String, _ read: FileReader
  ) throws(CommandFailure) -> Content {
    guard let scheme = ["file://", "fileb://"].first(where: value.hasPrefix) else { return .text(value) }
    let file: (path: String, bytes: [UInt8])
    do { file = try read(String(value.dropFirst(scheme.count))) } catch {
      throw .parameter(option, "Unable to load paramfile \(value): \(error.message)")
    }
    guard scheme == "file://" else { return .bytes(file.bytes) }
    guard let text = String(validating: file.bytes, as: UTF8.self) else {
      throw .parameter(
        option,
        "Unable to load paramfile (\(file.path)), text contents could not be decoded.  If this is a binary file, please"
          + " use the fileb:// prefix instead of the file:// prefix.")
    }
    // Python reads text with universal newlines: CR and CRLF become LF.
    return .text(text.replacing("\r\n", with: "\n").replacing("\r", with: "\n"))
  }

  private static func members(of content: Content) throws(CommandFailure) -> [JSONObject.Member] {
    let (json, shown) =
      switch content {
      case .text(let text): (text, text)
      case .bytes(let bytes): (String(decoding: bytes, as: UTF8.self), representation(of: bytes))
      }
    let value: JSONValue
    do throws(PythonJSONReader.DecodeError) { value = try PythonJSONReader.value(in: json) } catch {
      throw .parameter("cli-input-json", "Invalid JSON: \(error)\nJSON received: \(shown)")
    }
    guard case .object(let object) = value else {
      throw .exception("'\(value.pythonTypeName)' object has no attribute 'keys'")
    }
    return object.members
  }

  /// Returns Python's `repr()` of bytes.
  private static func representation(of bytes: [UInt8]) -> String {
    let quote: Unicode.Scalar = bytes.contains(UInt8(ascii: "'")) && !bytes.contains(UInt8(ascii: "\"")) ? "\"" : "'"
    let text = bytes.map { byte -> String in
      let scalar = Unicode.Scalar(byte)
      switch scalar {
      case quote, "\\": return "\\\(scalar)"
      case "\n": return "\\n"
      case "\r": return "\\r"
      case "\t": return "\\t"
      case " "..."~": return String(scalar)
      default: return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return "b\(quote)\(text.joined())\(quote)"
  }
}
